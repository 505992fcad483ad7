"""Download a file so that nothing is lost by a cut-off, and nothing wrong is kept.

Bytes go to NAME.part, with NAME.part.json saying of which version of the file they are. The
finished file takes its name only once its size and SHA-256 are right.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from edge_app.errors import EdgeError, SourceError
from edge_app.style import file_size
from host_tools.web import (
    CutOffError,
    first_byte,
    open_at,
    read_some,
    validator_of,
    whole_size,
)

_CHUNK = 1 << 18
Told = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """Name a file of the network, and what is known of it.

    size, sha256: None where nobody published them.
    limit: the most bytes that are taken, whatever the server says.
    """

    url: str
    name: str
    size: int | None = None
    sha256: str | None = None
    limit: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """Say how long to wait for a byte, how often to ask again, and how long to pause before."""

    timeout_s: float = 30.0
    resumes: int = 8
    pause_s: float = 1.0


def download(
    remote: Remote,
    folder: Path,
    *,
    patience: Patience | None = None,
    progress: Told = lambda _have, _total: None,
) -> Path:
    """Download to folder/NAME, going on from what an earlier try left; return the path.

    progress: told the bytes that are there, and how many there will be where that is known.
    Raises SourceError for a server or a file that is not right, EdgeError for a disk that is
    full. What Ctrl-C leaves is kept for the next time; bytes that are wrong are removed.
    """
    patience = patience or Patience()
    part = folder / f"{remote.name}.part"
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    faults = 0
    while not _complete(remote, part):
        try:
            _go_on(remote, part, patience.timeout_s, again=faults > 0, progress=progress)
            break
        except CutOffError as fault:
            faults += 1
            if faults > patience.resumes:
                raise SourceError(_given_up(remote, part, faults, fault)) from None
            time.sleep(min(patience.pause_s * 2 ** (faults - 1), 15))
    _check(remote, part)
    path = folder / remote.name
    with _writing(folder):
        part.replace(path)
        _note(part).unlink(missing_ok=True)
    return path


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _go_on(remote: Remote, part: Path, timeout_s: float, *, again: bool, progress: Told) -> None:
    """Take what one connection gives; raise CutOffError where that is not all."""
    have, validator = _kept(remote, part)
    try:
        response = open_at(remote.url, have, validator, timeout_s=timeout_s, again=again)
    except HTTPError as fault:  # 416: there is nothing from that byte on
        with fault:
            complete = whole_size(fault.headers, 416) == have
        if complete:
            return
        _drop(part)
        raise CutOffError("the file has changed on the server") from None
    with response:
        goes_on = response.status == 206
        changed = validator and validator_of(response.headers) not in {None, validator}
        if goes_on and (first_byte(response.headers) != have or changed):
            _drop(part)
            raise CutOffError("the server goes on with other bytes than were asked for")
        have = have if goes_on else 0
        total = whole_size(response.headers, response.status)
        if total is None and response.length is not None:
            total = have + response.length
        _check_size(remote, part, have, total)
        if not goes_on:
            _begin(remote, part, validator_of(response.headers))
        have = _take(remote, part, response, have, total, progress)
    if total is not None and have < total:
        raise CutOffError(f"the connection ended after {have:,} of {total:,} bytes")


def _take(
    remote: Remote,
    part: Path,
    response: HTTPResponse,
    have: int,
    total: int | None,
    progress: Told,
) -> int:
    """Write what arrives behind what is there; return how many bytes that makes."""
    most = min(remote.limit, remote.size or remote.limit)
    with _writing(part.parent), part.open("ab") as file:
        progress(have, total or remote.size)
        while chunk := read_some(response, _CHUNK):
            have += len(chunk)
            if have > most:
                break
            file.write(chunk)
            progress(have, total or remote.size)
    if have > most:
        _drop(part)
        raise SourceError(
            f"{remote.url} sends more than the {most:,} bytes that are expected, so it is another "
            "file, and what came was removed; try another network"
        )
    return have


def _kept(remote: Remote, part: Path) -> tuple[int, str | None]:
    """Return how many bytes an earlier try left, and the version they are of.

    Without a version or a known SHA-256 nobody could tell bytes of two files apart, so such a
    rest is not used.
    """
    try:
        note = json.loads(_note(part).read_text("utf-8"))
        url, validator = note["url"], note["validator"]
    except (OSError, ValueError, LookupError, TypeError):
        url = validator = None
    have = _size(part)
    if url != remote.url or not (isinstance(validator, str) or remote.sha256):
        have = 0
    return have, validator if isinstance(validator, str) else None


def _complete(remote: Remote, part: Path) -> bool:
    """Tell whether an earlier try was stopped with all bytes there, but not yet checked."""
    return bool(remote.sha256 and remote.size) and _size(part) == remote.size


def _begin(remote: Remote, part: Path, validator: str | None) -> None:
    """Empty the part file and note which version is to fill it."""
    with _writing(part.parent):
        part.write_bytes(b"")
        note = {"url": remote.url, "validator": validator}
        _note(part).write_text(json.dumps(note) + "\n", "utf-8")


def _check_size(remote: Remote, part: Path, have: int, total: int | None) -> None:
    """Raise where the file on the server cannot be the one, or has no room here."""
    if total is not None and (total != (remote.size or total) or total > remote.limit):
        expected = f"{remote.size:,}" if remote.size else f"at most {remote.limit:,}"
        raise SourceError(
            f"{remote.url} has {total:,} bytes where {expected} are expected: it is another file, "
            "perhaps a sign-in page; open the address in a browser, or try another network"
        )
    missing = (total or remote.size or 0) - have
    free = shutil.disk_usage(part.parent).free
    if missing > free:
        raise EdgeError(_full(part.parent, f"{file_size(missing)} to come, {file_size(free)} free"))


def _check(remote: Remote, part: Path) -> None:
    """Raise SourceError, and remove the bytes, where they are not the known file's."""
    size = _size(part)
    if remote.size is not None and size != remote.size:
        _drop(part)
        raise SourceError(
            f"{remote.url} ended after {size:,} of {remote.size:,} bytes, and what came was "
            "removed; try again, or another network"
        )
    if remote.sha256 is not None and (found := sha256_of(part)) != remote.sha256:
        _drop(part)
        raise SourceError(
            f"{remote.url} did not give the known file (SHA-256 {found[:16]}..., not "
            f"{remote.sha256[:16]}...), and what came was removed; try again, or another network"
        )


def _given_up(remote: Remote, part: Path, faults: int, fault: CutOffError) -> str:
    have = _size(part)
    kept = f"{have:,} bytes are kept in {part}; " if have and _kept(remote, part)[0] else ""
    return (
        f"{remote.url}: {fault}, after {faults} tries; {kept}"
        "run the same command again later, or try another network"
    )


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _drop(part: Path) -> None:
    with _writing(part.parent):
        part.unlink(missing_ok=True)
        _note(part).unlink(missing_ok=True)


def _full(folder: Path, why: str) -> str:
    return f"{folder} has no room for the file ({why}); free some space or name another --out"


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Put what a disk refuses into words."""
    try:
        yield
    except OSError as fault:
        if fault.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise EdgeError(_full(folder, fault.strerror or "full")) from None
        raise EdgeError(
            f"{folder} cannot be written ({fault.strerror}); name another folder with --out"
        ) from None

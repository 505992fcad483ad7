"""Unpack an archive from the network without letting it write anywhere else."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from edge_app.errors import EdgeError, SourceError

_MOST_FILES = 1000


class _Bounded(io.RawIOBase):
    """Read a stream, but no more than so many bytes: a small archive can unpack to any size."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream = stream
        self._left = most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        # tarfile keeps long headers in memory, and their length is the archive's own claim.
        block = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(block)
        if self._left < 0:
            raise _UnsafeError("it unpacks to more than it may")
        return block


class _UnsafeError(Exception):
    """Say why an archive is not unpacked."""


def unpack(archive: Path, out: Path, *, most_bytes: int) -> list[Path]:
    """Unpack a .tar.gz into a folder and return the files, in the archive's order.

    All of it is unpacked beside its place and checked before a single file takes its name.
    Raises SourceError for an archive that is damaged, holds anything but plain files and
    folders, or names a place outside; EdgeError where the disk refuses.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking.", dir=out) as folder:
            draft = Path(folder)
            names = _unpack_all(archive, draft, most_bytes)
            for name in names:
                path = out / name
                path.parent.mkdir(parents=True, exist_ok=True)
                (draft / name).replace(path)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise SourceError(f"{archive} is damaged ({fault}); fetch it again") from None
    except _UnsafeError as fault:
        raise SourceError(
            f"{archive} is not unpacked: {fault}; it is not the archive it should be, "
            "so remove it, and fetch it again over another network"
        ) from None
    except OSError as fault:
        raise EdgeError(
            f"{archive} cannot be unpacked into {out} ({fault.strerror or fault}); free some "
            "space or name another folder with --out"
        ) from None
    return [out / name for name in names]


def _unpack_all(archive: Path, draft: Path, most_bytes: int) -> list[str]:
    """Write every member below `draft`; return the names of the files."""
    names: list[str] = []
    with gzip.open(archive) as packed:
        # Headers and padding come on top of what the files hold.
        bounded = _Bounded(packed, most_bytes + _MOST_FILES * 2048)
        with tarfile.open(fileobj=bounded, mode="r|") as tar:
            for member in tar:
                name = _safe_name(member, draft)
                if member.size > most_bytes:
                    raise _UnsafeError(f"{name} alone claims {member.size:,} bytes")
                if len(names) >= _MOST_FILES:
                    raise _UnsafeError(f"it holds more than {_MOST_FILES} files")
                if member.isdir():
                    (draft / name).mkdir(parents=True, exist_ok=True)
                    continue
                content = tar.extractfile(member)
                path = draft / name
                if content is None or path.exists():
                    raise _UnsafeError(f"{name} is in it twice")
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:
                    shutil.copyfileobj(content, file)
                names.append(name)
    if not names:
        raise _UnsafeError("it holds no file")
    return names


def _safe_name(member: tarfile.TarInfo, draft: Path) -> str:
    """Return a member's plain relative name; raise _UnsafeError for anything else.

    tarfile's own filter (PEP 706) is asked as well; it lets links within the archive pass,
    which nothing here needs.
    """
    if not (member.isreg() or member.isdir()):
        raise _UnsafeError(f"{member.name!r} is neither a file nor a folder")
    parts = PurePosixPath(member.name).parts
    if member.name.startswith("/") or ".." in parts or set(member.name) & set("\\:\0"):
        raise _UnsafeError(f"{member.name!r} would be written outside of its folder")
    if not parts and member.isreg():
        raise _UnsafeError("a file in it has no name")
    try:
        tarfile.data_filter(member, str(draft))
    except tarfile.FilterError as fault:
        raise _UnsafeError(str(fault)) from None
    return "/".join(parts)

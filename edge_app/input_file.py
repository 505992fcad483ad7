"""Input files: refusing what is none before it is opened, and what is too large to be read.

A pipe waits for a writer for ever, /dev/zero and /proc/kmsg never end, and a sparse file of any
size takes no room on a disk.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edge_app.errors import EdgeError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_KERNEL = {"proc", "sys"}
_CHUNK = 1 << 20
_MAX_OWN_BYTES = 10**7  # of a cache: the largest has some 100 kB


def check_is_file(path: Path, error: type[EdgeError], *, pipes: bool = False) -> None:
    """Raise an error for what is neither a file nor a folder; a missing path is left to others.

    pipes: accept those that a shell makes, as in `edge-app compare <(zcat a.json.gz) b.json`.
    """
    try:
        mode = path.stat().st_mode
        place = path.resolve().parts[:2]
    except (OSError, RuntimeError):  # what is missing, closed or a loop of links says so when read
        return
    if pipes and stat.S_ISFIFO(mode) and str(path).startswith(("/dev/", "/proc/self/fd/")):
        return
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "")
    if not kind and stat.S_ISREG(mode) and place[-1] in _KERNEL and place[0] == "/":
        kind = "made by the kernel"
    if kind:
        raise error(f"{path} is {kind}, not a file on a disk; give a file")


def is_plain_file(path: Path) -> bool:
    """Return whether a path is a file on a disk, which can be opened without waiting."""
    with suppress(OSError, EdgeError):
        check_is_file(path, EdgeError)
        return path.is_file()
    return False


@contextmanager
def reachable(path: Path | str, error: type[EdgeError]) -> Iterator[None]:
    """Raise an error in place of an OSError of a `with` block that looks at a path.

    Its name is too long, or a folder above it is closed to this user.
    """
    try:
        yield
    except OSError as fault:
        raise error(f"{path} cannot be reached ({fault.strerror}); check the path") from None


def home_path(path: Path | str, error: type[EdgeError]) -> Path:
    """Return a path with the folder of `~` or `~user` in it; raise an error if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        home = Path(path).parts[0]
        raise error(
            f"{path}: {home} is the home folder of nobody here; write the path in full, or "
            f"./{path} for a name that begins so"
        ) from None


def read_limited(path: Path, most_bytes: int, too_large: EdgeError) -> bytes:
    """Return the content of a file; raise `too_large` for more bytes, mostly before reading.

    Raises OSError.
    """
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        if state.st_size > most_bytes:
            raise too_large
        if stat.S_ISREG(state.st_mode):
            return file.read()
        content = bytearray()  # a pipe tells its size at its end
        while chunk := file.read(_CHUNK):
            content += chunk
            if len(content) > most_bytes:
                raise too_large
        return bytes(content)


def own_json(path: Path) -> Any:
    """Return the content of a JSON file that this program wrote for itself.

    None if there is none that can be read: such a file is written again.
    """
    if not is_plain_file(path):
        return None
    with suppress(OSError, ValueError, RecursionError, EdgeError):
        return json.loads(
            read_limited(path, _MAX_OWN_BYTES, EdgeError(f"{path} is too large; remove it"))
        )
    return None

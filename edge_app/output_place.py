"""Places of output: trying them before the work starts."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge_app.disk_faults import disk_fault
from edge_app.errors import SinkError
from edge_app.output_lock import check_unlocked, locked
from edge_app.output_path import check_special, is_special, real_path

# An empty file fits on a full disk.
_SOME_BYTES = bytes(4096)


@contextmanager
def reserved(
    files: Iterable[Path | None] = (), folders: Iterable[Path | None] = ()
) -> Iterator[None]:
    """Check outputs as `check_outputs` does, and lock them for a `with` block.

    Every command that writes works in it, so that the second one on an output is refused.
    """
    outputs = tuple(files), tuple(folders)
    check_outputs(*outputs)
    with locked(*outputs):
        yield


def check_outputs(files: Iterable[Path | None] = (), folders: Iterable[Path | None] = ()) -> None:
    """Raise SinkError for the first output that could not be written, or is just being written.

    It leaves no trace. Two outputs of one name are refused, too.
    Every command calls it, or `reserved`, first: nobody should measure for ten minutes in vain.
    None stands for an output that is not wanted.
    """
    outputs = [(path, False) for path in files] + [(path, True) for path in folders]
    seen: set[Path] = set()
    for path, folder in outputs:
        if path is None:
            continue
        try:
            real = _try_folder(path) if folder else try_file(path, _SOME_BYTES)
        except OSError as fault:
            raise disk_fault(path, fault) from None
        check_unlocked(path, folder=folder)
        if real in seen:
            raise SinkError(f"{path} is named twice as an output; give each a name of its own")
        if not is_special(path):
            seen.add(real)


def try_file(path: Path, content: bytes = b"") -> Path:
    """Return the file that a path means; raise OSError if the content cannot be written there.

    The folders that are missing are made when it is written.
    """
    if path.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if is_special(path):
        check_special(path)
        return path
    real = real_path(path)
    if path.is_symlink() and not real.parent.exists():  # of a disk that is not mounted, perhaps
        raise OSError(
            errno.ENOENT, f"it links into {real.parent}, which does not exist; create that"
        )
    _try_inside(real.parent, content)
    return real


def _try_folder(path: Path) -> Path:
    """Return the folder that a path means; raise OSError if no file can be written in it."""
    if path.exists() and not path.is_dir():
        raise OSError(errno.EEXIST, "it is a file; choose another folder")
    real = real_path(path)
    _try_inside(real, _SOME_BYTES)
    return real


def _try_inside(folder: Path, content: bytes) -> None:
    """Write an unnamed file in a folder, or in the lowest one above it that exists."""
    place = folder.absolute()
    missing = None
    while not place.exists():
        missing, place = place, place.parent
    if not place.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if missing is not None and place == place.parent:
        # Of a mistyped path, root would otherwise make a folder beside /usr.
        raise OSError(
            errno.ENOENT, f"there is no folder {missing}; create it, or choose another one"
        )
    # Without a buffer, since closing one that a full disk refused would raise again.
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        file.write(content)


Stamps = dict[Path, tuple[int, int, int]]


def stamps(paths: Iterable[Path | None]) -> Stamps:
    """Return what shows whether a file was written again, for those that are on a disk."""
    found = {}
    for path in paths:
        with suppress(OSError):
            if path is not None and path.is_file():
                state = path.stat()
                found[path] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


def changed(before: Stamps) -> list[Path]:
    """Return the files that were written again since."""
    now = stamps(before)
    return [path for path, stamp in before.items() if now.get(path, stamp) != stamp]

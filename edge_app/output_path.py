"""What the path of an output means: the file behind links, a device, or a pipe."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

# What takes bytes without having been made for it. Pipes of the shell, `>(gzip)`, are /dev/fd/63.
_OPEN_FILES = ("/dev/fd/", "/proc/self/fd/")
_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/full")


def real_path(path: Path) -> Path:
    """Return the file or folder that a path means, which need not exist.

    Links are followed, `a/../b` is `b`, also without a folder `a`. A device or pipe stays.
    Raises OSError for a link that leads to itself, and for a name that is too long.
    """
    if is_special(path):
        return path
    real = Path(os.path.realpath(path))
    if any(one.is_symlink() for one in (real, *real.parents)):  # all others are followed by now
        raise OSError(errno.ELOOP, "it is a link that leads to itself; remove it")
    return real


def without_detours(path: Path) -> Path:
    """Return a path as it is, or without its `..`, whose folders need not exist. Raises OSError."""
    return real_path(path) if ".." in path.parts else path


def is_special(path: Path) -> bool:
    """Return whether a path is a device, pipe or socket, which takes bytes but has no draft."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def check_special(path: Path) -> None:
    """Raise OSError for a device or pipe that is no place for an output.

    Opening a named pipe waits for its reader, perhaps for ever; a disk or camera would be harmed.
    """
    if not str(path).startswith(_OPEN_FILES) and not any(
        is_same_file(path, Path(one)) for one in _DEVICES
    ):
        kind = "a pipe" if stat.S_ISFIFO(path.stat().st_mode) else "a device"
        raise OSError(errno.EINVAL, f"it is {kind}; give the name of a file")
    if not os.access(path, os.W_OK):  # not opened: the reader of a pipe would take it for the end
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def is_trap(path: Path) -> bool:
    """Return whether writing at a path, which is ours, would change something else.

    A link leads there, a second name is the same file, and a pipe or device is no file at all.
    Raises OSError if that cannot be found out.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(found.st_mode) or found.st_nlink > 1


def is_same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file, as far as they exist and can be looked at."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def keep_other_names(path: Path) -> None:
    """Remove a name that is about to be written if its file has others (hard links).

    These keep what they had, as with a file that is replaced as a whole: a backup, or what another
    process is writing.
    """
    with suppress(OSError):
        if path.stat().st_nlink > 1 and path.is_file():
            real_path(path).unlink()

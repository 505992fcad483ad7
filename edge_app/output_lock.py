"""Locks on outputs: two programs that write the same file would spoil both results."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from edge_app.closeable import Closeable
from edge_app.errors import SinkError
from edge_app.output_path import is_special, is_trap, real_path
from edge_app.unwinding import unwound

if sys.platform != "win32":
    import fcntl

# Whoever only looks at a lock holds it for an instant.
_TRIES, _PAUSE_S = 5, 0.01
_SERIES = "series"
_IN_SERIES = re.compile(r"(.+)-\d{4,}")
# A link in the lock's place, in a folder of somebody else, would have its file overwritten.
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class OutputLock(Closeable):
    """Lock on a file or folder that this process writes; the folder of the lock has to exist.

    It is a hidden file beside the output, or in the folder, on which the kernel holds the lock: it
    ends with the process, also after SIGKILL, and a file that is left behind locks nothing. Where
    the disk or the system has no such locks, nothing is locked. A link locks what it leads to.
    series: lock the files `name-0001.mp4` and so on, too.
    Raises SinkError, with the process that writes there, or if the lock is no plain file.
    """

    def __init__(self, path: Path, *, folder: bool = False, series: bool = False) -> None:
        self._path = _lock_path(path, folder=folder)
        self._descriptor: int | None = None
        _check_series(path)
        for left in range(_TRIES, 0, -1):
            try:
                self._descriptor = _take(self._path, _SERIES if series else "")
                break
            except BlockingIOError:
                if left == 1:
                    raise SinkError(_refusal(path, self._path)) from None
                time.sleep(_PAUSE_S)

    def _release(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                self._path.unlink()  # while it is held: nobody else's can be removed
            os.close(self._descriptor)


@contextmanager
def locked(
    files: Iterable[Path | None] = (), folders: Iterable[Path | None] = ()
) -> Iterator[None]:
    """Lock outputs for a `with` block; None stands for one not wanted.

    Their folders are made, and removed if nothing was written, also after SIGTERM.
    """
    outputs = [(path, False) for path in files] + [(path, True) for path in folders]
    with unwound(), ExitStack() as stack:
        for path, folder in outputs:
            if path is not None and not is_special(path):  # a pipe has its readers to itself
                stack.enter_context(folder_for(_lock_path(path, folder=folder)))
                stack.enter_context(OutputLock(path, folder=folder))
        yield


@contextmanager
def folder_for(path: Path) -> Iterator[None]:
    """Make the folders of a path; in the end remove those that are still empty."""
    made = [folder for folder in path.parents if not folder.exists()]
    with suppress(OSError):  # the writer reports it
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


def check_unlocked(path: Path, *, folder: bool = False) -> None:
    """Raise SinkError if another process writes a file, or in a folder."""
    lock = _lock_path(path, folder=folder)
    if _is_held(lock) and not _is_own(lock):
        raise SinkError(_refusal(path, lock))
    _check_series(path)


def _check_series(path: Path) -> None:
    """Raise SinkError if a file is one of a series that another process writes."""
    if found := _IN_SERIES.fullmatch(path.stem):
        lock = _lock_path(path.with_stem(found[1]), folder=False)
        if _is_held(lock) and _holder(lock)[3] == _SERIES and not _is_own(lock):
            raise SinkError(_refusal(path, lock))


def _is_held(lock: Path) -> bool:
    """Return whether any process holds a lock; False if that cannot be found out."""
    with suppress(OSError):
        if lock.is_file() and not lock.is_symlink():
            with lock.open("rb") as file:
                try:
                    _flock(file.fileno(), exclusive=False)
                except BlockingIOError:
                    return True
    return False


def _is_own(lock: Path) -> bool:
    return _holder(lock)[:2] == (str(os.getpid()), _host())


def _lock_path(path: Path, *, folder: bool) -> Path:
    with suppress(OSError):  # the writer reports it
        path = real_path(path)
    return path / ".edge-app.lock" if folder else path.with_name(f".{path.name}.lock")


def _take(path: Path, kind: str) -> int | None:
    """Return the descriptor of the locked file; None if there are no locks here.

    Raises BlockingIOError, and SinkError for a link or for what is no file.
    """
    while True:
        _check_plain(path)
        try:
            descriptor = os.open(path, _OPEN, 0o666)
        except OSError:  # a disk that takes no other file, or a name that is too long with ours
            return None
        try:
            _flock(descriptor, exclusive=True)
            # The one who held it may have removed the file since it was opened.
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                _write(descriptor, f"{os.getpid()}\n{_host()}\n{_program()}\n{kind}\n")
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise
        except FileNotFoundError:
            pass
        except OSError:  # no locks on this disk
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
            return None
        os.close(descriptor)


def _check_plain(path: Path) -> None:
    """Raise SinkError for a lock that is a link, has a second name, or is no file."""
    with suppress(OSError):
        if is_trap(path):
            raise SinkError(f"{path} is a link or a device, not a lock of this program; remove it")


def _write(descriptor: int, text: str) -> None:
    """Write who holds a lock; a full disk takes no text, but it is held all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode("utf-8", "replace"))


def _flock(descriptor: int, *, exclusive: bool) -> None:
    """Lock a file until it is closed. Raises BlockingIOError if another process holds it."""
    if sys.platform != "win32":
        how = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)


def _host() -> str:
    return os.uname().nodename if sys.platform != "win32" else ""


def _program() -> str:
    """Return the program and its command; further arguments may hold a password."""
    path = Path(sys.argv[0] if sys.argv else "")
    name = path.name if path.suffix != ".py" else path.parent.name  # python -m edge_app
    return " ".join([name, *sys.argv[1:2]])


def _holder(lock: Path) -> tuple[str, str, str, str]:
    """Return process, machine and program that hold a lock, and its kind; empty if unknown."""
    try:
        number, host, program, kind = lock.read_text("utf-8", "replace").split("\n")[:4]
    except (OSError, ValueError):
        return "", "", "", ""
    return number, host, program, kind


def _refusal(path: Path, lock: Path) -> str:
    """Return that an output is being written, and by whom."""
    number, host, program, _ = _holder(lock)
    who = f"process {number}" if number else "another process"
    if host and host != _host():
        who += f" on {host}"
    what = f" ({program})" if program else ""
    return f"{path} is being written by {who}{what}; wait for its end, or choose another place"

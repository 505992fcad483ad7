"""Locks on outputs: two programs that write the same file would spoil both results."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from edge_app.closeable import Closeable
from edge_app.errors import SinkError

if sys.platform != "win32":
    import fcntl

# Whoever only looks at a lock holds it for an instant.
_TRIES, _PAUSE_S = 5, 0.01


class OutputLock(Closeable):
    """Lock on a file or folder that this process writes; the folder of the lock has to exist.

    It is a hidden file beside the output, or in the folder, on which the kernel holds the lock: it
    ends with the process, also after SIGKILL, and a file that is left behind locks nothing. Where
    the disk or the system has no such locks, nothing is locked.
    Raises SinkError, with the process that writes there.
    """

    def __init__(self, path: Path, *, folder: bool = False) -> None:
        self._path = _lock_path(path, folder=folder)
        self._file: IO[str] | None = None
        for left in range(_TRIES, 0, -1):
            try:
                self._file = _take(self._path)
                break
            except BlockingIOError:
                if left == 1:
                    raise SinkError(_refusal(path, self._path)) from None
                time.sleep(_PAUSE_S)

    def _release(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._path.unlink()  # while it is held: nobody else's can be removed
            self._file.close()


@contextmanager
def locked(
    files: Iterable[Path | None] = (), folders: Iterable[Path | None] = ()
) -> Iterator[None]:
    """Hold the locks of outputs; None stands for one not wanted.

    Their folders are made, and removed if nothing was written.
    """
    outputs = [(path, False) for path in files] + [(path, True) for path in folders]
    with ExitStack() as stack:
        for path, folder in outputs:
            if path is not None:
                stack.enter_context(_folder_for(_lock_path(path, folder=folder)))
                stack.enter_context(OutputLock(path, folder=folder))
        yield


@contextmanager
def _folder_for(path: Path) -> Iterator[None]:
    """Make the folders of a path; in the end remove those that are still empty."""
    made = [folder for folder in path.absolute().parents if not folder.exists()]
    with suppress(OSError):  # told by what writes there
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
    with suppress(OSError):
        if not lock.is_file():
            return
    try:
        with lock.open(encoding="utf-8") as file:
            _flock(file, exclusive=False)
    except BlockingIOError:
        if _holder(lock)[:2] != (str(os.getpid()), _host()):
            raise SinkError(_refusal(path, lock)) from None
    except OSError:
        return


def _lock_path(path: Path, *, folder: bool) -> Path:
    return path / ".edge-app.lock" if folder else path.with_name(f".{path.name}.lock")


def _take(path: Path) -> IO[str] | None:
    """Return the locked file; None if there are no locks here. Raises BlockingIOError."""
    while True:
        try:
            file = path.open("a+", encoding="utf-8")
        except OSError:  # a disk that takes no other file, or a name that is too long with ours
            return None
        try:
            _flock(file, exclusive=True)
            # The one who held it may have removed the file since it was opened.
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                file.truncate(0)
                file.write(f"{os.getpid()}\n{_host()}\n{_program()}\n")
                file.flush()
                return file
        except BlockingIOError:
            file.close()
            raise
        except FileNotFoundError:
            pass
        except OSError:
            file.close()
            return None
        file.close()


def _flock(file: IO[str], *, exclusive: bool) -> None:
    """Lock a file until it is closed. Raises BlockingIOError if another process holds it."""
    if sys.platform != "win32":
        how = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        fcntl.flock(file.fileno(), how | fcntl.LOCK_NB)


def _host() -> str:
    return os.uname().nodename if sys.platform != "win32" else ""


def _program() -> str:
    """Return the program and its command; further arguments may hold a password."""
    path = Path(sys.argv[0] if sys.argv else "")
    name = path.name if path.suffix != ".py" else path.parent.name  # python -m edge_app
    return " ".join([name, *sys.argv[1:2]])


def _holder(lock: Path) -> tuple[str, str, str]:
    """Return the process, the machine and the program that hold a lock, empty if unknown."""
    try:
        number, host, program = lock.read_text("utf-8", "replace").split("\n")[:3]
    except (OSError, ValueError):
        return "", "", ""
    return number, host, program


def _refusal(path: Path, lock: Path) -> str:
    """Return that an output is being written, and by whom."""
    number, host, program = _holder(lock)
    who = f"process {number}" if number else "another process"
    if host and host != _host():
        who += f" on {host}"
    what = f" ({program})" if program else ""
    return f"{path} is being written by {who}{what}; wait for its end, or choose another place"

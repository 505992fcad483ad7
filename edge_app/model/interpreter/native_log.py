"""Capturing what native code writes to the error stream."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO


class _Redirection:
    """What the error stream of the process leads to: a file while it is captured, or nowhere.

    All captures that overlap, nested or in several threads, share one file: if each put back what
    it had found, one that ended later would bring back the file of another.
    During a capture nothing is silenced, and what is written is captured too. A capture waits for
    the end of the silence, which is near.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._captures = self._users = 0
        self._original = -1
        self._file: IO[bytes] | None = None

    def begin_capture(self) -> int:
        """Lead the stream into the file; return the place from which a capture's lines come."""
        with self._changed:
            self._captures += 1  # before waiting: no further silence begins
            self._changed.wait_for(lambda: not self._users)
            if self._file is None:
                self._redirect()
            _flush()
            return os.fstat(self._file.fileno()).st_size if self._file else 0

    def _redirect(self) -> None:
        try:
            original = os.dup(2)
        except OSError:  # started without an error stream, as some services are
            return
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by end_capture
        except OSError:  # no room for it: what is written is shown
            os.close(original)
            return
        self._original = original
        _flush()
        os.dup2(self._file.fileno(), 2)

    def end_capture(self, start: int) -> bytes:
        """Return what was written from a place on; restore the stream after the last capture."""
        with self._changed:
            _flush()
            text = b""
            if self._file is not None:
                size = os.fstat(self._file.fileno()).st_size
                text = os.pread(self._file.fileno(), size - start, start)
            self._captures -= 1
            if not self._captures:
                self._restore()
                if self._file is not None:
                    self._file.close()
                    self._file = None
            return text

    def begin(self) -> bool:
        """Redirect the stream, unless it is; return whether `end` has to follow."""
        with self._changed:
            if self._captures:
                return False
            self._users += 1
            if self._users == 1:
                with suppress(OSError):  # started without an error stream
                    self._original = os.dup(2)
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, 2)
                    os.close(nowhere)
            return True

    def end(self) -> None:
        """Restore the stream after the last user."""
        with self._changed:
            self._users -= 1
            if self._users:
                return
            self._restore()
            self._changed.notify_all()

    def _restore(self) -> None:
        if self._original >= 0:
            os.dup2(self._original, 2)
            os.close(self._original)
            self._original = -1


_redirection = _Redirection()


@contextmanager
def silenced_native_stderr() -> Iterator[None]:
    """Drop what native code writes to the error stream for the short time of the block.

    Some system calls (microseconds), in contrast to a capture, which must not begin inside.
    """
    redirected = _redirection.begin()
    try:
        yield
    finally:
        if redirected:
            _redirection.end()


@contextmanager
def capture_native_stderr() -> Iterator[list[str]]:
    """Redirect file descriptor 2 and yield a list that has its lines when the block ends.

    Inside it is empty: whoever explains an error with it catches that outside of the block.
    Runtimes write to it when they load (`INFO: Created TensorFlow Lite XNNPACK delegate`),
    which looks like an error in the middle of a table. The descriptor belongs to the whole
    process: use this around loading, not around inference.
    """
    lines: list[str] = []
    start = _redirection.begin_capture()
    try:
        yield lines
    finally:
        text = _redirection.end_capture(start).decode("utf-8", "replace")
        lines.extend(line.strip() for line in text.splitlines() if line.strip())


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()

"""Capturing what native code writes to the error stream."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class _Silence:
    """Redirection of the error stream to nowhere, by any number of threads at once.

    During a capture there is none, and what is written is captured too. A capture waits for the
    end of the redirection, which is near.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._captures = self._users = 0
        self._original = -1

    def begin_capture(self) -> None:
        """Wait until the stream is not redirected, and keep it so."""
        with self._changed:
            self._captures += 1
            self._changed.wait_for(lambda: not self._users)

    def end_capture(self) -> None:
        """Allow redirection again."""
        with self._changed:
            self._captures -= 1

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
            if self._original >= 0:
                os.dup2(self._original, 2)
                os.close(self._original)
                self._original = -1
            self._changed.notify_all()


_silence = _Silence()


@contextmanager
def silenced_native_stderr() -> Iterator[None]:
    """Drop what native code writes to the error stream for the short time of the block.

    Some system calls (microseconds), in contrast to a capture, which must not begin inside.
    """
    redirected = _silence.begin()
    try:
        yield
    finally:
        if redirected:
            _silence.end()


@contextmanager
def capture_native_stderr() -> Iterator[list[str]]:
    """Redirect file descriptor 2 and yield a list that has its lines when the block ends.

    Runtimes write to it when they load (`INFO: Created TensorFlow Lite XNNPACK delegate`),
    which looks like an error in the middle of a table. The descriptor belongs to the whole
    process: use this around loading, not around inference.
    """
    _silence.begin_capture()
    try:
        with _captured() as lines:
            yield lines
    finally:
        _silence.end_capture()


@contextmanager
def _captured() -> Iterator[list[str]]:
    lines: list[str] = []
    try:
        original = os.dup(2)
    except OSError:  # started without an error stream, as some services are
        yield lines
        return
    with tempfile.TemporaryFile() as captured:
        _flush()
        os.dup2(captured.fileno(), 2)
        try:
            yield lines
        finally:
            _flush()
            os.dup2(original, 2)
            os.close(original)
            captured.seek(0)
            text = captured.read().decode("utf-8", "replace")
            lines.extend(line.strip() for line in text.splitlines() if line.strip())


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()

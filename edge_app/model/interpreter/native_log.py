"""Catch what native code writes past Python to the error stream."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def capture_native_stderr() -> Iterator[list[str]]:
    """Hold back file descriptor 2 and fill the list with its lines at the end.

    Runtimes report through it at load (`INFO: Created TensorFlow Lite XNNPACK delegate`),
    which reads like an error in the middle of a table. It is the whole process's stream:
    use it around a load, not around a run.
    """
    lines: list[str] = []
    try:
        kept = os.dup(2)
    except OSError:  # started without an error stream, as some services are
        yield lines
        return
    with tempfile.TemporaryFile() as caught:
        _flush()
        os.dup2(caught.fileno(), 2)
        try:
            yield lines
        finally:
            _flush()
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            text = caught.read().decode("utf-8", "replace")
            lines.extend(line.strip() for line in text.splitlines() if line.strip())


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()

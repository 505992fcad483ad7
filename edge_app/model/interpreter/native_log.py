"""Capturing what native code writes to the error stream."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def capture_native_stderr() -> Iterator[list[str]]:
    """Redirect file descriptor 2 and yield a list that has its lines when the block ends.

    Runtimes write to it when they load (`INFO: Created TensorFlow Lite XNNPACK delegate`),
    which looks like an error in the middle of a table. The descriptor belongs to the whole
    process: use this around loading, not around inference.
    """
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

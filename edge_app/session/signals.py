"""Signals that stop a run after the current frame."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Signals:
    """The signal that stopped a run.

    stop: set by the first signal. number: of that signal, None without one.
    A second signal raises KeyboardInterrupt.
    """

    def __init__(self, stop: threading.Event) -> None:
        self.number: int | None = None
        self._stop = stop

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch Ctrl-C, SIGTERM and a closed terminal within a `with` block."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self._catch) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        self._stop.set()

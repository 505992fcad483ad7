"""Signals that stop a run after the frame in hand."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Signals:
    """Remember the signal that stopped a run.

    number: of the first one, None so far. A second one of any kind raises KeyboardInterrupt.
    """

    def __init__(self, stop: threading.Event) -> None:
        self.number: int | None = None
        self._stop = stop

    def _catch(self, number: int, _where: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        self._stop.set()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Turn Ctrl-C, SIGTERM and a closed terminal into a stop after the frame in hand."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self._catch) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

"""Signals that stop a run after the current frame."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from edge_app.program import ignore_late_signals
from edge_app.unwinding import not_ignored, resume_output

# Of impatience at the end of a run: a recording on a dead network disk may never be closed.
_IMPATIENT = 4
_SAME_WISH_S = 0.5


class Signals:
    """The signal that stopped a run.

    stop: set by the first signal. number: of that signal, None without one.
    A second signal raises KeyboardInterrupt, once. It does not within half a second, since an
    impatient finger means one wish, and not while the run is ending and its results are being
    written. The fourth one raises it anyway.
    """

    def __init__(self, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        self.number: int | None = None
        self._stop = stop
        self._clock = clock
        self._first_s = 0.0
        self._count = 0
        self._ending = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch Ctrl-C, SIGTERM and a closed terminal within a `with` block, unless ignored."""
        before = {number: signal.signal(number, self._catch) for number in not_ignored()}
        try:
            yield
        finally:
            # Another one must not find the handlers of before, which would change the exit code.
            if self.number is None or not ignore_late_signals():
                for number, handler in before.items():
                    signal.signal(number, handler)

    def end(self) -> None:
        """Note that the run is ending, which only the fourth signal interrupts."""
        self._ending = True

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        resume_output()
        if self.number is None:
            self.number = number
            self._first_s = self._clock()
            self._stop.set()
            return
        early = self._ending or self._clock() - self._first_s < _SAME_WISH_S
        if not early or self._count >= _IMPATIENT:
            self._ending = True
            raise KeyboardInterrupt

"""Keep a camera or stream alive: time-outs, coming back, and a state that can be shown.

Opening, reading and closing a device can each hang for good when it is unplugged, in drivers
that Python cannot interrupt. So every connection is a thread of its own, which is left behind
where it hangs; whoever reads the source only ever waits for a picture, and not for long.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from edge_app.closeable import Closeable
from edge_app.errors import SourceError, UsageError
from edge_app.frame import Frame
from edge_app.sources.capture_thread import (
    BusyError,
    CameraBackend,
    CapturedImage,
    CaptureThread,
    DeviceInfo,
)
from edge_app.sources.files import MAX_NOTES
from edge_app.state import CLOSED, RUNNING, State, StateKind

# A camera that another program is just letting go of is worth these waits, in first delays.
_BUSY_WAITS = (1, 2, 4)
# A driver that does not let go by then does not let go at all.
_RELEASE_S = 3.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Say how long to wait for a camera.

    open_s: for it to open. read_s: for the next picture.
    first_delay_s: before the first attempt to come back; doubled each time up to longest_delay_s.
    attempts: to come back before giving up; None for ever.
    """

    open_s: float = 20.0
    read_s: float = 5.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 5.0
    attempts: int | None = None


class LiveSource(Closeable):
    """Deliver a camera's pictures, newest first come, as `base.Source` asks.

    opener: opens the device and returns what reads it; called again for every attempt.
    state: may be read by any thread, also while the iteration waits for the next image.
    Raises SourceError where the device cannot be opened at first; later it is waited for.
    """

    live = True
    has_clock = True
    truth_labels: str | None = None

    def __init__(
        self, opener: Callable[[], CameraBackend], patience: RetryPolicy | None = None
    ) -> None:
        self._opener = opener
        self._patience = patience or RetryPolicy()
        self._ending = threading.Event()
        self._turn = threading.Lock()  # connections change hands one at a time
        self._max_frames: int | None = None
        self._attempt = 0
        self.state = State(StateKind.OPENING, "opening")
        self.damaged = 0
        self.frame_count: int | None = None
        self._link, facts = self._first_link()
        self.name = facts.name
        self.rate_hz = facts.rate_hz
        self.notes = list(facts.notes)

    def limit(self, *, loop: bool = False, max_frames: int | None = None) -> None:
        """Stop after `max_frames`; a camera has no end, so `loop` changes nothing.

        Raises UsageError for a number of frames below 1.
        """
        if max_frames is not None and max_frames < 1:
            raise UsageError(f"{max_frames} frames cannot be shown; ask for at least 1")
        del loop
        self._max_frames = self.frame_count = max_frames

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures from now on, numbered from 0. Raises SourceError."""
        if self._ending.is_set():
            raise SourceError(f"{self.name} was closed; open it again to read it")
        return islice(self._frames(), self._max_frames)

    def _frames(self) -> Iterator[Frame]:
        index, origin_s, last_s = 0, math.nan, -math.inf
        while True:
            shot = self._next_shot()
            if shot is None:
                return
            # A camera that came back may run on another clock: time still never goes back.
            last_s = max(last_s, shot.taken_s)
            origin_s = last_s if not index else origin_s
            self.damaged += shot.damaged
            time_s = last_s - origin_s
            yield Frame(shot.image, index, last_s, shot.capture_ms, str(index), time_s)
            index += 1

    def _next_shot(self) -> CapturedImage | None:
        """Wait for the next picture, through any number of lost connections; None at the end."""
        while not self._ending.is_set():
            try:
                shot = self._link.next(self._patience.read_s)
            except Exception as fault:  # noqa: BLE001 - drivers raise anything when they break
                if not self._ending.is_set():
                    self._reconnect(fault)
                continue
            if shot is not None:
                self._attempt = 0
                self._enter(RUNNING)
            return shot
        return None

    def _reconnect(self, fault: Exception) -> None:
        """Say what was lost, wait, and make one attempt to come back."""
        patience, why = self._patience, _reason(fault)
        if not self._attempt:
            self._note(f"{self.name} was lost: {why}")
        self._link.end()
        self._attempt += 1
        if patience.attempts is not None and self._attempt > patience.attempts:
            raise SourceError(
                f"{self.name} did not come back in {patience.attempts} attempts ({why}); "
                "check its cable and its power"
            ) from fault
        head = f"reconnecting (attempt {self._attempt})"
        self._enter(State(StateKind.RECONNECTING, head, why))
        delay_s = patience.first_delay_s * 2.0 ** min(self._attempt - 1, 30)
        if self._ending.wait(min(patience.longest_delay_s, delay_s)):
            return
        with self._turn:
            if not self._ending.is_set():
                self._link = CaptureThread(self._opener, patience.open_s)

    def _first_link(self) -> tuple[CaptureThread, DeviceInfo]:
        for wait in (*_BUSY_WAITS, None):
            link = CaptureThread(self._opener, self._patience.open_s)
            try:
                return link, link.opened()
            except BusyError:
                if wait is None:
                    raise
                time.sleep(wait * self._patience.first_delay_s)
            except BaseException:
                link.end()
                raise
        raise AssertionError  # the last one has no wait after it

    def _enter(self, state: State) -> None:
        if not self._ending.is_set():
            self.state = state

    def _note(self, note: str) -> None:
        if note not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(note)

    def close(self) -> None:
        """End every iteration and let go of the device, as far as its driver does."""
        self._ending.set()
        self.state = CLOSED
        with self._turn:
            self._link.end()
        self._link.wait(_RELEASE_S)


def _reason(fault: Exception) -> str:
    """Return the part of an error that says what happened, without the advice after it."""
    text = str(fault).partition(";")[0].partition("\n")[0].strip()
    return text if text and isinstance(fault, SourceError) else f"{type(fault).__name__} {text}"

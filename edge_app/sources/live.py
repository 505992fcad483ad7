"""Live sources: cameras and streams with time-outs, reconnection and a state.

Opening, reading and closing a device can each hang for good when it is unplugged, in drivers
that Python cannot interrupt. So every connection has its own thread, which is abandoned if it
hangs; whoever reads the source only waits for an image, and only for a limited time.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from edge_app.closeable import Closeable
from edge_app.errors import SourceError
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

# Another program may be about to release a busy camera: waits in units of the first delay.
_BUSY_WAITS = (1, 2, 4)
# A driver that has not released its device after this time never will.
_RELEASE_S = 3.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait for a camera, and how often to reconnect.

    open_s: time to open. read_s: time for the next image.
    first_delay_s: pause before the first attempt to reconnect; doubled up to longest_delay_s.
    attempts: how many before giving up; None for no limit.
    """

    open_s: float = 20.0
    read_s: float = 5.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 5.0
    attempts: int | None = None


class LiveSource(Closeable):
    """A camera or stream as a source; only its newest image is kept.

    opener: opens the device; called again for every attempt to reconnect.
    max_frames: stop after so many.
    state: any thread may read it, even while the iteration waits for the next image.
    Raises SourceError if the device cannot be opened at first; later losses are waited out.
    """

    live = True
    has_clock = True
    truth_labels: str | None = None

    def __init__(
        self,
        opener: Callable[[], CameraBackend],
        retry: RetryPolicy | None = None,
        max_frames: int | None = None,
    ) -> None:
        self._opener = opener
        self._retry = retry or RetryPolicy()
        self._ending = threading.Event()
        # Only one thread at a time replaces or ends the connection, or changes the state.
        self._swap = threading.Lock()
        self.frame_count = max_frames
        self._attempt = 0
        self.state = State(StateKind.OPENING, "opening")
        self.damaged = 0
        self._capture_thread, info = self._connect()
        self.name = info.name
        self.rate_hz = info.rate_hz
        self.notes = list(info.notes)
        self._advice = info.advice

    def __iter__(self) -> Iterator[Frame]:
        """Yield images from now on, numbered from 0. Raises SourceError."""
        if self._ending.is_set():
            raise SourceError(f"{self.name} was closed; open it again to read it")
        return islice(self._frames(), self.frame_count)

    def _frames(self) -> Iterator[Frame]:
        index, origin_s, last_s = 0, math.nan, -math.inf
        while True:
            captured = self._next_image()
            if captured is None:
                return
            # After reconnecting the camera's clock may differ; time still never goes back.
            last_s = max(last_s, captured.taken_s)
            origin_s = last_s if not index else origin_s
            self.damaged += captured.damaged
            time_s = last_s - origin_s
            yield Frame(captured.image, index, last_s, captured.capture_ms, str(index), time_s)
            index += 1

    def _next_image(self) -> CapturedImage | None:
        """Wait for the next image, across lost connections; None at the end."""
        while not self._ending.is_set():
            try:
                captured = self._capture_thread.next(self._retry.read_s)
            except Exception as fault:  # noqa: BLE001 - broken drivers raise anything
                if not self._ending.is_set():
                    self._reconnect(fault)
                continue
            if captured is not None:
                self._attempt = 0
                self._enter(RUNNING)
            return captured
        return None

    def _reconnect(self, fault: Exception) -> None:
        """Note the loss, wait, and start one attempt to reconnect."""
        retry, why = self._retry, _reason(fault)
        note = f"{self.name} was lost: {why}"
        if not self._attempt and note not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(note)
        self._capture_thread.end()
        self._attempt += 1
        if retry.attempts is not None and self._attempt > retry.attempts:
            raise SourceError(
                f"{self.name} did not come back in {retry.attempts} attempts ({why}); "
                f"{self._advice}"
            ) from fault
        head = f"reconnecting (attempt {self._attempt})"
        self._enter(State(StateKind.RECONNECTING, head, why))
        delay_s = retry.first_delay_s * 2.0 ** min(self._attempt - 1, 30)
        if self._ending.wait(min(retry.longest_delay_s, delay_s)):
            return
        with self._swap:
            if not self._ending.is_set():
                self._capture_thread = CaptureThread(self._opener, retry.open_s)

    def _connect(self) -> tuple[CaptureThread, DeviceInfo]:
        waits = iter(_BUSY_WAITS)
        while True:
            capture = CaptureThread(self._opener, self._retry.open_s)
            try:
                return capture, capture.opened()
            except BusyError:
                wait = next(waits, None)
                if wait is None:
                    raise
                time.sleep(wait * self._retry.first_delay_s)
            except BaseException:
                capture.end()
                raise

    def _enter(self, state: State) -> None:
        with self._swap:
            if not self._ending.is_set():
                self.state = state

    def close(self) -> None:
        """End every iteration and release the device, if its driver does."""
        with self._swap:
            self._ending.set()
            self.state = CLOSED
            self._capture_thread.end()
        self._capture_thread.wait(_RELEASE_S)


def _reason(fault: Exception) -> str:
    """Return the first part of an error, without the advice after the semicolon."""
    text = str(fault).partition(";")[0].partition("\n")[0].strip()
    return text if text and isinstance(fault, SourceError) else f"{type(fault).__name__} {text}"

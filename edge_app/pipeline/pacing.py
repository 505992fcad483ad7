"""Frames of a source at their own time stamps, with red and blue the right way round."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass, field, replace

import cv2
import numpy as np

from edge_app.frame import Frame
from edge_app.sources.source import Source
from edge_app.state import RUNNING, State

_TURN_S = 0.03  # between two looks whether the next image is asked for


@dataclass(slots=True)
class PacedSource:
    """Iterator over a source that releases each frame at its time stamp.

    A held-back frame gets a new capture time, so pacing does not count as latency.

    paced: whether frames of a file wait for their time. pace_hz: rate of frames without a time.
    swap: whether to swap red and blue; called for every frame.
    on_captured: called with the capture time of each frame of a live source, by its thread.
    turned: how often someone has asked for the next image; each one stays until this grows. None
        for frames that follow one another by themselves.
    ended: whether the source has no more frames.
    """

    source: Source
    stop: threading.Event
    _: KW_ONLY
    paced: bool = False
    pace_hz: float | None = None
    swap: Callable[[], bool] = lambda: False
    on_captured: Callable[[float], None] | None = None
    turned: Callable[[], int] | None = None
    ended: bool = field(default=False, init=False)
    _last_state: State = field(default=RUNNING, init=False)
    _given_up: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def waits(self) -> bool:
        """Whether frames are held back until their time."""
        source = self.source
        return self.paced and not source.live and (source.has_clock or self.pace_hz is not None)

    def is_retrying(self) -> bool:
        """Return whether a lost camera was tried again since the last call.

        Each attempt to open it has a state of its own.
        """
        before, self._last_state = self._last_state, self.source.state
        return self._last_state not in {before, RUNNING}

    def frames(self) -> Iterator[Frame]:
        """Yield the frames until their end or a stop."""
        anchor_s: float | None = None
        stopped, live = self.stop.is_set, self.source.live
        paced = self.paced and not live
        for frame in self.source:
            if stopped():
                return
            due_s = frame.time_s
            if due_s is None and self.pace_hz:
                due_s = frame.index / self.pace_hz
            if paced and due_s is not None:
                now_s = time.monotonic()
                # If the network is slower than the source, the clock starts again instead of
                # racing through the frames that are late.
                if anchor_s is None or now_s > anchor_s + due_s:
                    anchor_s = now_s - due_s
                early_s = anchor_s + due_s - now_s
                if self.stop.wait(max(0.0, early_s)):
                    return
                if early_s > 0:
                    frame = replace(frame, captured_s=time.monotonic())
            if live and self.on_captured is not None:
                self.on_captured(frame.captured_s)
            turned = self.turned() if self.turned is not None else 0
            yield swapped(frame) if self.swap() else frame
            if self.turned is not None and not self._wait_for_turn(turned):
                return
        if paced and self.pace_hz and not self.source.has_clock:
            self.stop.wait(1 / self.pace_hz)  # the last image stays as long as the others
        self.ended = True

    def _wait_for_turn(self, before: int) -> bool:
        """Wait until the next image is asked for; return False at the end of the run."""
        while self.turned is not None and self.turned() == before:
            if self._given_up.is_set() or self.stop.wait(_TURN_S):
                return False
        return True

    def give_up(self) -> None:
        """End the waiting for a next image: nobody reads the frames any more."""
        self._given_up.set()


def swapped(frame: Frame) -> Frame:
    """Return a frame with red and blue swapped."""
    return replace(frame, image=np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8))

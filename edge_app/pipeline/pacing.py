"""Frames of a source at their own time stamps, with red and blue the right way round."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np

from edge_app.frame import Frame
from edge_app.sources.source import Source
from edge_app.state import RUNNING


class OnCaptured(Protocol):
    """Receiver of the capture time of each frame of a live source; called by its thread."""

    def __call__(self, captured_s: float, /) -> None:
        """Take the monotonic time in seconds."""
        ...


class PacedSource:
    """Iterator over a source that releases each frame at its time stamp.

    A held-back frame gets a new capture time, so pacing does not count as latency.

    paced: whether frames of a file wait for their time. pace_hz: rate of frames without a time.
    flipped: whether to swap red and blue; called for every frame.
    ended: whether the source has no more frames.
    """

    def __init__(
        self,
        source: Source,
        stop: threading.Event,
        *,
        paced: bool = False,
        pace_hz: float | None = None,
        flipped: Callable[[], bool] = lambda: False,
        on_captured: OnCaptured | None = None,
    ) -> None:
        self.source = source
        self.ended = False
        self._stop = stop
        self._paced = paced and not source.live
        self._pace_hz = pace_hz
        self._flipped = flipped
        self._on_captured = on_captured
        self._last_state = RUNNING

    @property
    def waits(self) -> bool:
        """Whether frames are held back until their time."""
        return self._paced and (self.source.has_clock or self._pace_hz is not None)

    def is_retrying(self) -> bool:
        """Return whether a lost camera was tried again since the last call.

        Each attempt to open it has a state of its own.
        """
        before, self._last_state = self._last_state, self.source.state
        return self._last_state not in {before, RUNNING}

    def frames(self) -> Iterator[Frame]:
        """Yield the frames until their end or a stop."""
        anchor_s: float | None = None
        stopped, live = self._stop.is_set, self.source.live
        for frame in self.source:
            if stopped():
                return
            due_s = frame.time_s
            if due_s is None and self._pace_hz:
                due_s = frame.index / self._pace_hz
            if self._paced and due_s is not None:
                now_s = time.monotonic()
                # If the network is slower than the source, the clock starts again instead of
                # racing through the frames that are late.
                if anchor_s is None or now_s > anchor_s + due_s:
                    anchor_s = now_s - due_s
                early_s = anchor_s + due_s - now_s
                if self._stop.wait(max(0.0, early_s)):
                    return
                if early_s > 0:
                    frame = replace(frame, captured_s=time.monotonic())
            if live and self._on_captured is not None:
                self._on_captured(frame.captured_s)
            yield swapped(frame) if self._flipped() else frame
        self.ended = True


def swapped(frame: Frame) -> Frame:
    """Return a frame with red and blue swapped."""
    return replace(frame, image=np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8))

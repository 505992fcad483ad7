"""Deliver a source's frames when they are due, with red and blue the right way round."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from edge_app.frame import Frame
from edge_app.sources.source import Source


class PacedSource:
    """Read a source once, not before each frame's own time where the run is paced.

    A frame that waited for its time counts as captured then: its age is not the waiting.

    pace_hz: for sources whose frames have no time of their own.
    delivered: told when each frame of a live source was taken.
    flip: whether red and blue are swapped; may be changed by another thread.
    ended: whether the source has no more frames.
    """

    def __init__(
        self,
        source: Source,
        stop: threading.Event,
        *,
        paced: bool = False,
        pace_hz: float | None = None,
        delivered: Callable[[float], None] = lambda captured_s: None,  # noqa: ARG005
    ) -> None:
        self._source = source
        self._stop = stop
        self._paced = paced and not source.live
        self._pace_hz = pace_hz
        self._delivered = delivered
        self.flip = False
        self.ended = False

    def frames(self) -> Iterator[Frame]:
        """Yield the frames until their end or a stop."""
        anchor_s: float | None = None
        stopped, live = self._stop.is_set, self._source.live
        for frame in self._source:
            if stopped():
                return
            due_s = frame.time_s
            if due_s is None and self._pace_hz:
                due_s = frame.index / self._pace_hz
            if self._paced and due_s is not None:
                now_s = time.monotonic()
                # Where the network is slower than the source, the clock is set anew instead
                # of racing through the frames that are late.
                if anchor_s is None or now_s > anchor_s + due_s:
                    anchor_s = now_s - due_s
                early_s = anchor_s + due_s - now_s
                if self._stop.wait(max(0.0, early_s)):
                    return
                if early_s > 0:  # it is as if a camera had taken it now
                    frame = replace(frame, captured_s=time.monotonic())
            if live:
                self._delivered(frame.captured_s)
            yield swapped(frame) if self.flip else frame
        self.ended = True


def swapped(frame: Frame) -> Frame:
    """Return a frame with red and blue changed about."""
    return replace(frame, image=np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8))

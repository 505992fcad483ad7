"""The fixed rate of a live recording, whatever the rate of its images."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from edge_app.frame import Image
from edge_app.sinks.encoder_thread import EncoderThread

# Share of its time that a live source may wait for the encoder before it drops an image.
_WAIT_SHARE = 0.02


class LiveSlots:
    """Slots of a recording that lasts as long as it took: one image each, repeated or dropped.

    dropped: number of images that came while the encoder was busy.
    """

    def __init__(self, rate_hz: Fraction, clock: Callable[[], float]) -> None:
        self.dropped = 0
        self._rate_hz = rate_hz
        self._clock = clock
        self._origin_s: float | None = None  # of the first image
        self._waited_s = 0.0
        self._taken = 0  # slots that have an image or are in the past
        self._next = 0  # the next slot to be written; the encoder's thread alone uses it

    def now_s(self) -> Fraction:
        """Return the time of the slot that this moment is in."""
        return self._due() / self._rate_hz

    def _due(self) -> int:
        # A hair is added because 0.04 * 25 may come out below 1.
        return math.floor(self._elapsed_s() * float(self._rate_hz) + 1e-6)

    def _elapsed_s(self) -> float:
        now_s = self._clock()
        self._origin_s = now_s if self._origin_s is None else self._origin_s
        return now_s - self._origin_s

    def put(self, image: Image, encoder: EncoderThread[tuple[Image | None, Fraction]]) -> None:
        """Queue an image for this moment's slot, unless the slot has one already."""
        slot = self._due()
        if slot < self._taken:
            return
        began_s = self._elapsed_s()
        until_s = (1 + _WAIT_SHARE) * began_s - self._waited_s
        if encoder.put((image, slot / self._rate_hz), lambda: self._elapsed_s() < until_s):
            self._taken = slot + 1
        else:
            self.dropped += 1
        self._waited_s += self._elapsed_s() - began_s

    def fill(self, time_s: Fraction) -> Iterator[Fraction]:
        """Yield the times before `time_s` at which the last image is repeated.

        In gaps above a second, one per second: a pause of minutes would otherwise take seconds
        to encode, at a moment when frames are waiting.
        """
        slot, second = round(time_s * self._rate_hz), max(1, round(self._rate_hz))
        while self._next < slot:
            yield self._next / self._rate_hz
            self._next += second if slot - self._next > second else 1
        self._next = slot + 1

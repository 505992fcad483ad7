"""Corrected rates and time stamps of video files."""

from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction

from edge_app.timing import FALLBACK_HZ

# A higher rate is a time base that a writer put into the wrong field (90000, 1000000).
MAX_HZ = 1000.0
# A longer gap between two frames is a broken stamp: a paced run would seem to hang. Slow time
# lapses stay below it.
LONGEST_GAP_S = 60.0


def plausible_rate(*rates_hz: Fraction | float | None) -> float | None:
    """Return the first plausible rate: finite, above 0, at most 1000 Hz; None if none is."""
    for rate_hz in rates_hz:
        with suppress(ZeroDivisionError, OverflowError):
            if rate_hz is not None and 0 < float(rate_hz) <= MAX_HZ:
                return float(rate_hz)
    return None


def plausible_count(count: int | None) -> int | None:
    """Return a plausible number of frames, or None."""
    return count if count and 0 < count < 2**31 else None


class FrameClock:
    """Time stamps of one stream as seconds since its first frame, always increasing."""

    def __init__(self, rate_hz: float | None) -> None:
        self._step_s = 1 / (rate_hz or FALLBACK_HZ)
        self._origin_s: float | None = None
        self._last_s = 0.0

    def stamp(self, raw_s: float | None) -> float:
        """Return the time of the next frame, in seconds since the first.

        raw_s: the file's stamp, None if it has none.
        A frame without a stamp, or whose stamp does not increase, follows its predecessor by the
        nominal interval; after a jump the clock continues from there.
        """
        if raw_s is not None and not math.isfinite(raw_s):
            raw_s = None
        if self._origin_s is None:
            self._origin_s = raw_s or 0.0
            return 0.0
        time_s = expected_s = self._last_s + self._step_s
        if raw_s is not None:
            moved_s = raw_s - self._origin_s - self._last_s
            if abs(moved_s) > LONGEST_GAP_S:
                self._origin_s = raw_s - expected_s
            elif moved_s > 0:
                time_s = raw_s - self._origin_s
        self._last_s = time_s
        return time_s

"""Mend the clocks of video files: rates that cannot be and time stamps that run wrong."""

from __future__ import annotations

import math
from fractions import Fraction

from edge_app.sources.files import FALLBACK_HZ

# Past this a rate is a time base that a writer put in the wrong field (90000, 1000000).
MAX_HZ = 1000.0
# A longer hole between two frames is a broken stamp: nobody plays a minute of standstill, and
# a paced run would look hung. Slow time lapses stay below it.
LONGEST_GAP_S = 60.0


def believable_rate(*rates_hz: Fraction | float | None) -> float | None:
    """Return the first rate that can be: finite, above 0, at most 1000 Hz; None if none is."""
    for rate_hz in rates_hz:
        try:
            value = float(rate_hz) if rate_hz is not None else math.nan
        except (ZeroDivisionError, OverflowError):
            continue
        if 0 < value <= MAX_HZ:
            return value
    return None


def believable_count(count: int | None) -> int | None:
    """Return a number of frames that can be, or None."""
    return count if count and 0 < count < 2**31 else None


class FrameClock:
    """Turn the stamps of one stream into seconds from its first frame that always grow."""

    def __init__(self, rate_hz: float | None) -> None:
        self._step_s = 1 / (rate_hz or FALLBACK_HZ)
        self._origin_s: float | None = None
        self._last_s = 0.0

    def stamp(self, raw_s: float | None) -> float:
        """Return the time of the next frame, in seconds from the first.

        A frame without a stamp, or one that stands still or goes back, follows its
        predecessor by the nominal interval; after a leap the clock starts anew from there.
        """
        usable = raw_s is not None and math.isfinite(raw_s)
        if self._origin_s is None:
            self._origin_s = raw_s if usable and raw_s is not None else 0.0
            return 0.0
        expected_s = self._last_s + self._step_s
        time_s = expected_s
        if usable and raw_s is not None:
            moved_s = raw_s - self._origin_s - self._last_s
            if abs(moved_s) > LONGEST_GAP_S:
                self._origin_s = raw_s - expected_s
            elif moved_s > 0:
                time_s = raw_s - self._origin_s
        self._last_s = time_s
        return time_s

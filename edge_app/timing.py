"""Latencies and rates: durations of `time.perf_counter`, time stamps of `time.monotonic`."""

from __future__ import annotations

import math
import random
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

# The stages of one frame, in the order in which they happen and are shown.
STAGES = ("capture", "prepare", "invoke", "decode", "overlay", "end_to_end")

# The rate assumed for a source that states none that is plausible: that of film.
FALLBACK_HZ = 25.0
# Fewer frames of a pipeline have no rate: they come out together, at 3,628 a second.
MIN_RATE_FRAMES = 10


class Timings(NamedTuple):
    """Duration of each stage of one frame, in milliseconds.

    A named tuple, since there is one per frame: a frozen dataclass takes three times as long
    to create (1.0 against 0.3 us), and the whole digit network takes 8 us.
    end_to_end_ms: from the start of the capture to the finished canvas, with all waiting.
    """

    capture_ms: float = 0.0
    prepare_ms: float = 0.0
    invoke_ms: float = 0.0
    decode_ms: float = 0.0
    overlay_ms: float = 0.0
    end_to_end_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency percentiles of one stage: n durations in milliseconds, interpolated linearly."""

    n: int
    mean_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, durations_ms: Iterable[float]) -> Latency | None:
        """Return the summary of durations in milliseconds; None if there are none."""
        ordered = sorted(durations_ms)
        if not ordered:
            return None
        return cls(
            n=len(ordered),
            mean_ms=math.fsum(ordered) / len(ordered),
            p50_ms=percentile(ordered, 50),
            p90_ms=percentile(ordered, 90),
            p95_ms=percentile(ordered, 95),
            p99_ms=percentile(ordered, 99),
            max_ms=ordered[-1],
        )


class TimingsLog:
    """Timings of a run in bounded memory.

    Exact up to `keep` frames; above that a uniform sample of them (Vitter's algorithm R), so
    that a run of weeks does not grow. Stored as doubles, 48 bytes per frame: tuples of floats
    took about 250, and a run grew by 12 MB in its first half hour.
    """

    def __init__(self, keep: int = 50_000) -> None:
        self.n = 0
        self._keep = keep
        self._values = array("d")  # frame by frame, the stages of a frame in order
        self._random = random.Random(0)  # noqa: S311 - a sample, not a secret

    def add(self, timings: Timings) -> None:
        """Add the timings of one frame."""
        self.n += 1
        if self.n <= self._keep:
            self._values.extend(timings)
        else:
            place = self._random.randrange(self.n) * len(STAGES)
            if place < len(self._values):
                self._values[place : place + len(STAGES)] = array("d", timings)

    @property
    def kept(self) -> Sequence[Timings]:
        """The timings that are kept, as new tuples."""
        return [Timings(*values) for values in zip(*map(self._of, STAGES), strict=True)]

    def latencies(self) -> dict[str, Latency]:
        """Return a summary by stage; above `keep` frames only `n` counts all of them."""
        found = {stage: Latency.of(self._of(stage)) for stage in STAGES}
        return {stage: replace(latency, n=self.n) for stage, latency in found.items() if latency}

    def _of(self, stage: str) -> array[float]:
        """Return the kept durations of one stage, in ms."""
        return self._values[STAGES.index(stage) :: len(STAGES)]


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of ascending values, interpolated linearly (Hyndman and Fan's type 7)."""
    position = (len(ordered) - 1) * percent / 100
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def reliable_rate(rate_hz: float | None, frames: int) -> float | None:
    """Return the rate of a whole run, or None if it has too few frames to have one."""
    return rate_hz if frames >= MIN_RATE_FRAMES else None


class Rate:
    """Rate of a stream of events: over the last `window_s` seconds and over the whole run."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        # Bounded, since nobody may read the rate; 200 frames are 2 s at 100 fps.
        self._recent: deque[tuple[float, int]] = deque(maxlen=200)
        self._first_s: float | None = None
        self._last_s = 0.0
        self._count = 0  # events after the first stamp: n stamps have n - 1 intervals

    def tick(self, now_s: float, events: int = 1) -> None:
        """Add one event at a time in seconds, or several that ended together."""
        if self._first_s is None:
            self._first_s = now_s
        else:
            self._count += events
        self._last_s = now_s
        self._recent.append((now_s, events))

    def rest(self, span_s: float) -> None:
        """Leave out a pause: a time in which no events were expected."""
        if self._first_s is not None:
            self._first_s += span_s
            self._last_s += span_s
            moved = [(at_s + span_s, events) for at_s, events in self._recent]
            self._recent.clear()
            self._recent.extend(moved)

    @property
    def recent_hz(self) -> float | None:
        """The rate over the last seconds in 1/s, for displays; None below two stamps."""
        # A copy in one step, since a camera's thread may add events meanwhile.
        recent = self._recent.copy()
        if len(recent) < 2:
            return None
        last_s = recent[-1][0]
        # Two stamps count however old they are, so that a rate below 1/window_s is shown too.
        while len(recent) > 2 and last_s - recent[0][0] > self._window_s:
            recent.popleft()
        # The first stamp only starts the interval, so its events do not count.
        first_s, _ = recent.popleft()
        events = sum(events for _, events in recent)
        return events / (last_s - first_s) if last_s > first_s else None

    @property
    def total(self) -> tuple[int, float]:
        """The events after the first stamp, and the seconds that they took."""
        return self._count, self._last_s - (self._first_s or 0.0)

    @property
    def overall_hz(self) -> float | None:
        """The rate over the whole run in 1/s, for records; None below two stamps."""
        events, seconds = self.total
        return events / seconds if events and seconds > 0 else None

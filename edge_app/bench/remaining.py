"""How long a benchmark still takes, by what its steps took so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import fmean

from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case
from edge_app.sinks.screen_parts import clock_face

# Starting a process and loading a small network; what it really takes is known after one trial.
_START_S = 2.0


class Remaining:
    """Estimate of the time that is left.

    frames: to be scored of each case, None if unknown.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        frames: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._benchmark = benchmark
        self._frames = frames
        self._clock = clock
        self._steps = benchmark.steps()
        self._took_s: dict[str, list[float]] = {}  # by kind of step
        self._place = -1
        self._first_s = self._step_s = clock()

    def text(self, progress: str, case: Case) -> str:
        """Return which step of how many this is, and what is left of the whole time."""
        now_s = self._clock()
        place = self._steps.index((progress, case))
        if place != self._place:
            if self._place >= 0:
                kind = _kind(self._steps[self._place][0])
                self._took_s.setdefault(kind, []).append(now_s - self._step_s)
            self._place, self._step_s = place, now_s
        kinds = [
            _kind(name) for name, one in self._steps[place:] if one not in self._benchmark.failed
        ]
        left = [self._usual_s(kind) for kind in kinds]
        known_s = [seconds for seconds in left if seconds is not None]
        left_s = max(0.0, sum(known_s) - (now_s - self._step_s))
        total_s = now_s - self._first_s + left_s
        about = "about" if len(known_s) == len(left) else "at least"
        step = f"{place + 1} of {len(self._steps)}"
        return f"{step}, {about} {clock_face(left_s)} of {clock_face(total_s)} left"

    def _usual_s(self, kind: str) -> float | None:
        """Return what a step takes: the mean of those before it, else by its budget."""
        if kind in self._took_s:
            return fmean(self._took_s[kind])
        budget = self._benchmark.request.budget
        if kind == "round":
            return (3 if budget.pace_hz else 2) * budget.round_secs + _START_S
        if kind == "sustained":
            return (budget.sustained_s or 0.0) + _START_S
        frame_s = [
            run.seconds / run.intervals
            for trials in self._benchmark.trials.values()
            for run in (trial.end_to_end for trial in trials)
            if run and run.intervals
        ]
        if not frame_s or self._frames is None:
            return None
        return 2 * fmean(frame_s) * self._frames + _START_S  # float32 runs beside it


def _kind(progress: str) -> str:
    return progress.partition(" ")[0]

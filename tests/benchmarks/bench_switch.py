"""Gaps of the view while variants change.

    python -m tests.benchmarks.bench_switch [MODEL [SWITCHES [KEEP]]]

The shipped sample is run at its own rate, drawn and shown to a screen that only looks at its
clock, while keys ask for variants at random: each as soon as the one before has answered.
"""

from __future__ import annotations

import random
import sys
import time
from itertools import pairwise

from edge_app.frame import Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.card import read_card
from edge_app.model.catalog import sample
from edge_app.model.engine import Engine, EngineKey, load_engine, warm_up
from edge_app.overlay import Overlay
from edge_app.paths import assets_dir
from edge_app.pipeline.controller import thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.session.session import resident_bytes
from edge_app.sources.factory import open_source
from edge_app.timing import Latency
from tests.support.runs import make_run

_KEYS = {"float32": "1", "float16": "2", "dynamic_range": "3", "int8": "4"}


class Screen:
    """Note when each frame was shown, and ask for another variant once the last one answers.

    A change is one of the variant that is shown; `most` of them end the run.
    """

    wants_canvas = True
    every_frame = True

    def __init__(self, pool: EnginePool, most: int) -> None:
        self._pool = pool
        self._most = most
        self._chance = random.Random(7)
        self._asked_s = 0.0
        self._rest = 0
        self.indices: list[int] = []
        self.shown_s: list[float] = []
        self.asked_to_shown_ms: list[float] = []
        self.resident: list[int] = []
        self._variant = ""

    def write(self, step: Step, status: Status) -> None:
        """Note a frame, as a window would show it."""
        now_s = time.perf_counter()
        self.indices.append(step.frame.index)
        self.shown_s.append(now_s)
        if self._variant and step.variant != self._variant:
            self.asked_to_shown_ms.append((now_s - self._asked_s) * 1e3)
            self.resident.append(resident_bytes())
            self._rest = self._chance.randrange(4)
        self._variant = step.variant

    def press(self) -> list[str]:
        """Ask for a variant other than the one that answers."""
        if len(self.asked_to_shown_ms) >= self._most:
            return ["q"]
        requested = self._pool.requested.variant
        self._rest -= 1
        if self._variant != requested or self._rest >= 0:
            return []
        self._asked_s = time.perf_counter()
        return [_KEYS[self._chance.choice([name for name in _KEYS if name != requested])]]

    def close(self) -> None:
        """Hold nothing."""


def main(model: str, switches: int, keep: int) -> None:
    """Print what was lost, how long the view stood still, and what changes took."""
    spec = read_card(assets_dir() / "models" / model)
    threads = thread_choices()[-1]
    loads_ms: list[float] = []
    swaps_ms: list[float] = []

    def load(key: EngineKey) -> Engine:
        began_s = time.perf_counter()
        engine = load_engine(key.spec, key.variant, threads=key.threads)
        warm_up(engine)
        loads_ms.append((time.perf_counter() - began_s) * 1e3)
        return engine

    class Timed(EnginePool):
        """Note how long it takes to take the next engine."""

        def acquire(self):  # type: ignore[no-untyped-def]
            began_s = time.perf_counter()
            before = self._first
            engines = super().acquire()
            if engines[0] is not before and engines[0].key != before.key:
                swaps_ms.append((time.perf_counter() - began_s) * 1e3)
            return engines

    first = load_engine(spec, "int8", threads=threads)
    overlay = Overlay(spec.labels)
    with (
        Timed(first, load, keep=keep, partner=partner) as pool,
        open_source(sample(spec)[0], loop=True) as source,
    ):
        screen = Screen(pool, switches)
        rate_hz = float(source.rate_hz or 25)
        run = make_run(
            source,
            first,
            [screen],
            draw=overlay.draw,
            keys=screen.press,
            paced=True,
            pace_hz=rate_hz,
            pool=pool,
        )
        run.go()
    shown_s = screen.shown_s
    gaps = Latency.of((b - a) * 1e3 for a, b in pairwise(shown_s))
    lost = sum(b - a != 1 for a, b in pairwise(screen.indices))
    bound_ms = 2e3 / rate_hz + 50
    assert gaps is not None
    tenth = max(1, len(screen.resident) // 10)
    parts = [screen.resident[i : i + tenth] for i in range(0, tenth * 10, tenth)]
    _say(
        f"{spec.name}, {threads} threads, keep {keep}: {len(screen.asked_to_shown_ms)} switches in "
        f"{len(shown_s)} frames at {rate_hz:g} fps, lost or out of order: {lost}"
    )
    _say(
        f"gap between shown frames: p50 {gaps.p50_ms:.1f}  p99 {gaps.p99_ms:.1f}  max "
        f"{gaps.max_ms:.1f} ms; bound (two frame times and 50 ms) {bound_ms:.0f} ms: "
        f"{'kept' if gaps.p99_ms <= bound_ms else 'MISSED'}"
    )
    for what, times_ms in (
        ("load and warm", loads_ms),
        ("swap", swaps_ms),
        ("key to first answer", screen.asked_to_shown_ms),
    ):
        latency = Latency.of(times_ms)
        if latency is not None:
            _say(f"{what}: p50 {latency.p50_ms:.2f}  p99 {latency.p99_ms:.2f} ms, n {latency.n}")
    course = " ".join(f"{sum(part) / len(part) / 1e6:.1f}" for part in parts if part)
    _say(f"resident, mean of each tenth: {course} MB")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        arguments[0] if arguments else "street",
        int(arguments[1]) if len(arguments) > 1 else 200,
        int(arguments[2]) if len(arguments) > 2 else 2,
    )

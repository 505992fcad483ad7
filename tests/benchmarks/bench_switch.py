"""Gaps in the view while variants change: python -m tests.benchmarks.bench_switch.

The shipped sample runs at its own rate, is drawn, and is shown on a screen that only records the
time. Keys request variants at random, each soon after the one before is shown.
"""

from __future__ import annotations

import random
import time
from itertools import pairwise

from edge_app.frame import Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.engine import Engine, EngineKey, load_engine, warm_up
from edge_app.overlay import Overlay
from edge_app.pipeline.controller import thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.session.memory import resident_bytes
from edge_app.sources.factory import open_source
from edge_app.timing import Latency
from tests.benchmarks.script import bench_parser, say, verdict
from tests.support.runs import make_run

_KEYS = {"float32": "1", "float16": "2", "dynamic_range": "3", "int8": "4"}


class SwitchingScreen:
    """A display that records when frames are shown, and requests another variant once one is.

    switches: of the shown variant, after which the run ends.
    """

    wants_canvas = True
    every_frame = True

    def __init__(self, pool: EnginePool, switches: int) -> None:
        self._pool = pool
        self._switches = switches
        self._rng = random.Random(7)
        self._requested_s = 0.0
        self._rest = 0
        self.indices: list[int] = []
        self.shown_s: list[float] = []
        self.request_to_shown_ms: list[float] = []
        self.resident: list[int] = []
        self._variant = ""

    def write(self, step: Step, status: Status) -> None:
        """Record a frame, as a window would show it."""
        now_s = time.perf_counter()
        self.indices.append(step.frame.index)
        self.shown_s.append(now_s)
        if self._variant and step.variant != self._variant:
            self.request_to_shown_ms.append((now_s - self._requested_s) * 1e3)
            self.resident.append(resident_bytes())
            self._rest = self._rng.randrange(4)
        self._variant = step.variant

    def press(self) -> list[str]:
        """Return the key of another variant, or the one that ends the run."""
        if len(self.request_to_shown_ms) >= self._switches:
            return ["q"]
        requested = self._pool.requested.variant
        self._rest -= 1
        if self._variant != requested or self._rest >= 0:
            return []
        self._requested_s = time.perf_counter()
        return [_KEYS[self._rng.choice([name for name in _KEYS if name != requested])]]

    def close(self) -> None:
        """Do nothing."""


def measure(model: str, switches: int, keep: int) -> None:
    """Print lost frames, gaps between shown frames, and what the switches took."""
    spec = resolve_model(model)
    threads = thread_choices()[-1]
    loads_ms: list[float] = []
    swaps_ms: list[float] = []

    def load(key: EngineKey) -> Engine:
        started_s = time.perf_counter()
        engine = load_engine(key.spec, key.variant, threads=key.threads)
        warm_up(engine)
        loads_ms.append((time.perf_counter() - started_s) * 1e3)
        return engine

    class TimedPool(EnginePool):
        """A pool that records how long it takes to change engines."""

        def acquire(self):  # type: ignore[no-untyped-def]
            started_s = time.perf_counter()
            before = self._active
            engines = super().acquire()
            if engines[0] is not before and engines[0].key != before.key:
                swaps_ms.append((time.perf_counter() - started_s) * 1e3)
            return engines

    first = load_engine(spec, "int8", threads=threads)
    overlay = Overlay(spec.labels)
    with (
        TimedPool(first, load, keep=keep, partner=partner) as pool,
        open_source(sample(spec)[0], loop=True) as source,
    ):
        screen = SwitchingScreen(pool, switches)
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
    say(
        f"{spec.name}, {threads} threads, keep {keep}: {len(screen.request_to_shown_ms)} switches "
        f"in {len(shown_s)} frames at {rate_hz:g} fps, lost or out of order: {lost}"
    )
    say(
        f"gap between shown frames: p50 {gaps.p50_ms:.1f}  p99 {gaps.p99_ms:.1f}  max "
        f"{gaps.max_ms:.1f} ms; bound (two frame times and 50 ms) {bound_ms:.0f} ms: "
        f"{verdict(gaps.p99_ms <= bound_ms)}"
    )
    for what, times_ms in (
        ("load and warm", loads_ms),
        ("swap", swaps_ms),
        ("key to first result", screen.request_to_shown_ms),
    ):
        latency = Latency.of(times_ms)
        if latency is not None:
            say(f"{what}: p50 {latency.p50_ms:.2f}  p99 {latency.p99_ms:.2f} ms, n {latency.n}")
    tenths = " ".join(f"{sum(part) / len(part) / 1e6:.1f}" for part in parts if part)
    say(f"resident, mean of each tenth: {tenths} MB")


def main() -> None:
    """Measure one model."""
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", default="street", help="model (default: street)")
    parser.add_argument("switches", nargs="?", type=int, default=200, help="(default: 200)")
    parser.add_argument("keep", nargs="?", type=int, default=2, help="engines (default: 2)")
    options = parser.parse_args()
    measure(options.model, 3 if options.smoke else options.switches, options.keep)


if __name__ == "__main__":
    main()

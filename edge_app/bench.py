"""Measure a variant: loading, first run, warm-up, the network alone, the whole line.

The network alone and the whole line take turns within one run, so that a machine that gets
slower in the middle slows both, and their ratio holds. Terms as in LiteRT's `benchmark_model`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from edge_app.board import peak_rss_mb, reset_peak_rss
from edge_app.overlay import Overlay
from edge_app.pipeline.engine import Engine, load_engine
from edge_app.pipeline.run import Run
from edge_app.pipeline.tally import Tally
from edge_app.sources.base import Source
from edge_app.spec import ModelSpec
from edge_app.timing import Latency, TimingsLog

_TURNS = 3


@dataclass(frozen=True, slots=True)
class Effort:
    """Say how long to measure: at least so many seconds and runs of each kind."""

    min_secs: float = 5.0
    num_runs: int = 30
    warmup_runs: int = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold what was measured of one variant; durations in ms, sizes as named.

    invoke_only: the bare network. stages: of the whole line, drawing included.
    ratio: end-to-end FPS over invoke-only FPS, 1 where everything else costs nothing.
    peak_rss_mb: highest resident memory of the process from loading on, 10^6 bytes.
    complete: False where the measuring was stopped early.
    """

    variant: str
    bytes: int
    runtime: str
    threads: int
    delegation: str
    init_ms: float
    first_ms: float
    warmup: Latency | None
    invoke_only: Latency | None
    invoke_only_fps: float | None
    end_to_end_fps: float | None
    ratio: float | None
    stages: dict[str, Latency] = field(default_factory=dict)
    peak_rss_mb: float | None = None
    complete: bool = True

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def measure(
    spec: ModelSpec,
    variant: str,
    open_slice: Callable[[int], Source],
    effort: Effort,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    stop: threading.Event | None = None,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> Measured:
    """Measure one variant; a stop keeps what is measured so far.

    open_slice: opens the source for so many frames, repeating it as often as needed.
    progress: told the step in hand and the share done, 0 to 1.
    """
    stop = stop or threading.Event()
    stopped = stop.is_set
    reset_peak_rss()
    progress("loading", 0.0)
    engine = load_engine(spec, variant, runtime=runtime, threads=threads)
    with open_slice(1) as source:
        frame = next(iter(source))
    engine.network.write(engine.preprocess.fill, frame.image)
    first_ms = _invoke_ms(engine)
    warmup = [_invoke_ms(engine) for _ in range(effort.warmup_runs) if not stopped()]
    alone: list[float] = []
    line = _Line(engine, open_slice, stop)
    frame_ms = line.warm_up(effort.warmup_runs + 1) if not stopped() else None
    for turn in range(_TURNS):
        share = turn / _TURNS
        progress("network alone", share)
        alone += _alone(engine, effort, stopped)
        progress("whole line", share + 0.5 / _TURNS)
        if not stopped():
            line.take(_frames_for(frame_ms or first_ms, effort))
    progress("done", 1.0)
    invoke_only = Latency.of(alone)
    invoke_fps = 1e3 / invoke_only.mean_ms if invoke_only else None
    line_fps = line.fps()
    return Measured(
        variant=variant,
        bytes=engine.variant.bytes,
        runtime=engine.network.runtime.title,
        threads=engine.network.threads,
        delegation=engine.network.delegation.words(),
        init_ms=engine.network.init_ms,
        first_ms=first_ms,
        warmup=Latency.of(warmup),
        invoke_only=invoke_only,
        invoke_only_fps=invoke_fps,
        end_to_end_fps=line_fps,
        ratio=line_fps / invoke_fps if line_fps and invoke_fps else None,
        stages=line.log.latencies(),
        peak_rss_mb=peak_rss_mb(),
        complete=not stopped(),
    )


def _invoke_ms(engine: Engine) -> float:
    started = time.perf_counter()
    engine.network.invoke()
    return (time.perf_counter() - started) * 1e3


def _alone(engine: Engine, effort: Effort, stopped: Callable[[], bool]) -> list[float]:
    """Run the bare network for a turn's share of the seconds and runs."""
    runs = max(1, effort.num_runs // _TURNS)
    end_s = time.perf_counter() + effort.min_secs / _TURNS
    durations: list[float] = []
    while (len(durations) < runs or time.perf_counter() < end_s) and not stopped():
        durations.append(_invoke_ms(engine))
    return durations


def _frames_for(frame_ms: float, effort: Effort) -> int:
    """Return how many frames a turn needs to last as long as the network's own turn."""
    by_time = effort.min_secs / _TURNS * 1e3 / max(frame_ms, 0.01)
    # One more than the intervals wanted: n frames have n-1 intervals between them.
    return max(effort.num_runs // _TURNS, round(by_time)) + 1


class _Line:
    """Run the whole line in turns and add them up."""

    def __init__(
        self,
        engine: Engine,
        open_slice: Callable[[int], Source],
        stop: threading.Event,
    ) -> None:
        self.log = TimingsLog()
        self._engine = engine
        self._open_slice = open_slice
        self._stop = stop
        self._overlay = Overlay(engine.spec.labels)
        self._intervals = 0
        self._seconds = 0.0

    def warm_up(self, frames: int) -> float | None:
        """Run a few frames that are not counted; return how long one takes, in ms.

        Drawing a digit takes a hundred times as long as its network, so the network's own time
        says nothing of the line's.
        """
        rate = self._run(frames).shown_hz
        return 1e3 / rate if rate else None

    def take(self, frames: int) -> None:
        """Run so many frames as fast as they come, drawn but not shown."""
        tally = self._run(frames)
        rate = tally.shown_hz
        if rate:
            self._intervals += tally.frames - 1
            self._seconds += (tally.frames - 1) / rate
        for timings in tally.timings():
            self.log.add(timings)

    def _run(self, frames: int) -> Tally:
        with self._open_slice(frames) as source:
            run = Run(source, self._engine, [], draw=self._overlay.draw, stop=self._stop)
            run.go()
        return run.tally

    def fps(self) -> float | None:
        """Return frames per second over all turns."""
        return self._intervals / self._seconds if self._seconds else None

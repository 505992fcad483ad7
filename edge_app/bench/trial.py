"""Measure one case once: loading, first run, warm-up, the network alone, paced, the whole line.

Runs in a process of its own. Terms as in LiteRT's `benchmark_model`.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge_app.bench.cases import Budget, WorkerRequest
from edge_app.board import peak_rss_mb, reset_peak_rss
from edge_app.model.engine import Engine, load_engine
from edge_app.model.interpreter.delegation import Delegation
from edge_app.model.interpreter.undelegated import undelegated_ms
from edge_app.overlay import Overlay
from edge_app.pipeline.run import Run
from edge_app.sources.factory import open_source
from edge_app.timing import Timings

Tell = Callable[[str], None]


@dataclass(slots=True)
class Trial:
    """Hold what one turn of a case measured; durations in ms unless named otherwise.

    alone_cpu_ms, line_cpu_ms: CPU time of the whole process for one frame.
    line_cores: how many cores the line kept busy, filling and draining it included.
    line_s, line_intervals: of the whole line; n frames hold n-1 intervals.
    undelegated_ms: of one run without the delegate, where it was asked for.
    """

    variant: str
    bytes: int
    runtime: str
    runtime_name: str
    threads: int
    delegation: Delegation
    init_ms: float
    first_ms: float = 0.0
    warmup: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    alone_cpu_ms: float | None = None
    paced: list[float] = field(default_factory=list)
    line: list[Timings] = field(default_factory=list)
    line_s: float = 0.0
    line_intervals: int = 0
    line_cpu_ms: float | None = None
    line_cores: float | None = None
    peak_rss_mb: float | None = None
    undelegated_ms: float | None = None
    complete: bool = True


def measure_trial(ask: WorkerRequest, stop: threading.Event, tell: Tell) -> Trial:
    """Measure one turn; a stop keeps what is measured so far.

    tell: hears the step in hand.
    """
    effort, stopped = ask.effort, stop.is_set
    reset_peak_rss()
    tell("loading")
    engine, turn = load_case(ask)
    turn.first_ms = invoke_ms(engine)
    turn.warmup = [invoke_ms(engine) for _ in range(effort.warmup_runs) if not stopped()]
    frame_ms = None
    if not stopped():
        tell("warm-up")
        frame_ms = _line(engine, ask, effort.warmup_runs + 1, stop, turn, count=False)
    tell("network alone")
    _alone(engine, turn, effort, stopped)
    if effort.pace_hz and not stopped():
        tell(f"at {effort.pace_hz:g} a second")
        _paced(engine, turn, effort.pace_hz, effort, stopped)
    if not stopped():
        tell("whole line")
        frames = frames_for(frame_ms or turn.first_ms, effort)
        _line(engine, ask, frames, stop, turn, count=True)
    turn.peak_rss_mb = peak_rss_mb()
    if ask.explain and not stopped():
        tell("without the delegate")
        turn.undelegated_ms = undelegated_ms(
            engine.variant.path,
            engine.network.runtime,
            engine.network.threads,
            engine.spec.input.size_wh,
        )
    turn.complete = not stopped()
    return turn


def load_case(ask: WorkerRequest) -> tuple[Engine, Trial]:
    """Load a case and put a frame into its input."""
    case = ask.case
    engine = load_engine(ask.spec, case.variant, runtime=case.runtime, threads=case.threads)
    with open_source(ask.source, loop=True, max_frames=1) as source:
        frame = next(iter(source))
    network = engine.network
    network.write(engine.preprocess.fill, frame.image)
    return engine, Trial(
        variant=engine.variant.name,
        bytes=engine.variant.bytes,
        runtime=network.runtime.title,
        runtime_name=network.runtime.name,
        threads=network.threads,
        delegation=network.delegation,
        init_ms=network.init_ms,
    )


def invoke_ms(engine: Engine) -> float:
    """Run the bare network once; return how long it took."""
    started = time.perf_counter()
    engine.network.invoke()
    return (time.perf_counter() - started) * 1e3


def _alone(engine: Engine, turn: Trial, effort: Budget, stopped: Callable[[], bool]) -> None:
    """Run the bare network for a turn's share of the seconds and runs."""
    invoke, clock, durations = engine.network.invoke, time.perf_counter, turn.alone
    gc.collect()
    cpu_s = time.process_time()
    end_s = clock() + effort.turn_secs
    while (len(durations) < effort.turn_runs or clock() < end_s) and not stopped():
        started = clock()
        invoke()
        durations.append((clock() - started) * 1e3)
    if durations:
        turn.alone_cpu_ms = (time.process_time() - cpu_s) * 1e3 / len(durations)


def _paced(
    engine: Engine, turn: Trial, pace_hz: float, effort: Budget, stopped: Callable[[], bool]
) -> None:
    """Run the network once per tick: between two the clock falls and the caches cool."""
    due_s = time.perf_counter()
    end_s = due_s + effort.turn_secs
    while (len(turn.paced) < effort.turn_runs or time.perf_counter() < end_s) and not stopped():
        wait_s = due_s - time.perf_counter()
        if wait_s > 0:
            time.sleep(wait_s)
        turn.paced.append(invoke_ms(engine))
        # A network slower than the camera takes the next frame there is, not all it missed.
        due_s = max(due_s + 1 / pace_hz, time.perf_counter())


def frames_for(frame_ms: float, effort: Budget) -> int:
    """Return how many frames a turn needs to last as long as the network's own turn."""
    by_time = effort.turn_secs * 1e3 / max(frame_ms, 0.01)
    # One more than the intervals wanted: n frames have n-1 intervals between them.
    return max(effort.turn_runs, round(by_time)) + 1


def _line(
    engine: Engine,
    ask: WorkerRequest,
    frames: int,
    stop: threading.Event,
    turn: Trial,
    *,
    count: bool,
) -> float | None:
    """Run frames as fast as they come, drawn but not shown; return how long one takes, in ms.

    count: whether it goes into the turn. Drawing a digit takes a hundred times as long as its
    network, so the network's own time says nothing of the line's.
    """
    overlay = Overlay(engine.spec.labels)
    with open_source(ask.source, loop=True, max_frames=frames) as source:
        run = Run(source, engine, [], draw=overlay.draw, stop=stop)
        started, cpu_s = time.perf_counter(), time.process_time()
        run.go()
        cpu_s = time.process_time() - cpu_s
        whole_s = time.perf_counter() - started
    stats = run.stats
    rate = stats.shown_hz
    if count and stats.frames:
        turn.line = list(stats.timings())
        turn.line_cpu_ms = cpu_s * 1e3 / stats.frames
        turn.line_cores = cpu_s / whole_s
        if rate:
            turn.line_intervals = stats.frames - 1
            turn.line_s = turn.line_intervals / rate
    return 1e3 / rate if rate else None

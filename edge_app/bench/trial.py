"""One trial of a case: loading, first run, warm-up, invoke-only, paced and end-to-end.

Runs in a worker process. Terms as in LiteRT's `benchmark_model`.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_app.bench.cases import OnPhase, WorkerRequest
from edge_app.board.facts import peak_rss_mb, reset_peak_rss
from edge_app.model.engine import Engine, load_engine
from edge_app.model.interpreter.delegation import Delegation
from edge_app.model.interpreter.undelegated import undelegated_ms
from edge_app.overlay import Overlay
from edge_app.pipeline.run import plain_run
from edge_app.results.bench_result import Budget, CaseSetup
from edge_app.sources.factory import open_source
from edge_app.timing import Timings


@dataclass(frozen=True, slots=True)
class EndToEndTrial:
    """Frames from capture to overlay, drawn but not shown.

    timings: of the frames; of more than 50,000, a uniform sample.
    seconds: from the first to the last finished frame; intervals: between them.
    cpu_ms: CPU time of the process per frame.
    busy_cores: cores kept busy, start and end of the run included.
    """

    timings: list[Timings]
    seconds: float
    intervals: int
    cpu_ms: float
    busy_cores: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Durations of one round of a case, in ms; a list is empty where nothing was measured.

    init_ms: of loading. invoke_cpu_ms: CPU time of the process per invoke-only run.
    undelegated_ms: of one run without the delegate, with --explain. complete: False if it was
    stopped early. kind: which of the canonical four the file is by its types, whatever its name.
    """

    setup: CaseSetup
    delegation: Delegation
    init_ms: float
    first_ms: float
    warmup: list[float]
    invoke_only: list[float]
    invoke_cpu_ms: float | None = None
    paced: list[float] | None = None
    end_to_end: EndToEndTrial | None = None
    peak_rss_mb: float | None = None
    undelegated_ms: float | None = None
    complete: bool = True
    kind: str = ""


def measure_trial(request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Trial:
    """Measure one trial; a stop keeps what is measured so far."""
    budget, stopped = request.budget, stop.is_set
    reset_peak_rss()
    on_phase("loading")
    engine = load_case(request)
    network = engine.network
    first_ms = invoke_ms(engine)
    warmup = [invoke_ms(engine) for _ in range(budget.warmup_runs) if not stopped()]
    frame_ms = first_ms
    if not stopped():
        on_phase("warm-up")
        # Drawing a digit takes a hundred times as long as its network, so the time of the network
        # says nothing about the time of a frame.
        few = _end_to_end(engine, request, budget.warmup_runs + 1, stop)
        if few and few.intervals:
            frame_ms = 1e3 * few.seconds / few.intervals
    on_phase("invoke-only")
    invoke_only, invoke_cpu_ms = _invoke_only(engine, budget, stopped)
    paced: list[float] = []
    if budget.pace_hz and not stopped():
        on_phase(f"paced at {budget.pace_hz:g} Hz")
        paced = _paced(engine, budget, budget.pace_hz, stopped)
    end_to_end = None
    if not stopped():
        on_phase("end-to-end")
        end_to_end = _end_to_end(engine, request, frames_for(frame_ms, budget), stop)
    peak_mb, without_ms = peak_rss_mb(), None
    if request.explain and not stopped():
        on_phase("without the delegate")
        without_ms = undelegated_ms(
            engine.variant.path, network.runtime, network.threads, engine.spec.input.size_wh
        )
    return Trial(
        setup=CaseSetup(
            variant=engine.variant.name,
            bytes=engine.variant.bytes,
            runtime=network.runtime.title,
            runtime_name=network.runtime.name,
            threads=network.threads,
            delegation=network.delegation.summary(),
        ),
        delegation=network.delegation,
        init_ms=network.init_ms,
        first_ms=first_ms,
        warmup=warmup,
        invoke_only=invoke_only,
        invoke_cpu_ms=invoke_cpu_ms,
        paced=paced,
        end_to_end=end_to_end,
        peak_rss_mb=peak_mb,
        undelegated_ms=without_ms,
        complete=not stopped(),
        kind=network.variant_name(),
    )


def load_case(request: WorkerRequest) -> Engine:
    """Return the engine of a case, with a frame in its input."""
    case = request.case
    engine = load_engine(request.spec, case.variant, runtime=case.runtime, threads=case.threads)
    with open_source(request.source, loop=True, max_frames=1) as source:
        frame = next(iter(source))
    engine.network.write(engine.preprocess.fill, frame.image)
    return engine


def invoke_ms(engine: Engine) -> float:
    """Run the network once; return the duration in ms."""
    started = time.perf_counter()
    engine.network.invoke()
    return (time.perf_counter() - started) * 1e3


def _invoke_only(
    engine: Engine, budget: Budget, stopped: Callable[[], bool]
) -> tuple[list[float], float | None]:
    """Run the network for a round's seconds and runs; return durations and CPU per run, in ms."""
    invoke, clock, durations = engine.network.invoke, time.perf_counter, list[float]()
    gc.collect()
    cpu_s = time.process_time()
    end_s = clock() + budget.round_secs
    while (len(durations) < budget.round_runs or clock() < end_s) and not stopped():
        started = clock()
        invoke()
        durations.append((clock() - started) * 1e3)
    if not durations:
        return durations, None
    return durations, (time.process_time() - cpu_s) * 1e3 / len(durations)


def _paced(
    engine: Engine, budget: Budget, pace_hz: float, stopped: Callable[[], bool]
) -> list[float]:
    """Run the network once per tick: in between the clock falls and the caches cool."""
    durations: list[float] = []
    due_s = time.perf_counter()
    end_s = due_s + budget.round_secs
    while (len(durations) < budget.round_runs or time.perf_counter() < end_s) and not stopped():
        wait_s = due_s - time.perf_counter()
        if wait_s > 0:
            time.sleep(wait_s)
        durations.append(invoke_ms(engine))
        # A network slower than the camera takes the newest frame, not all it missed.
        due_s = max(due_s + 1 / pace_hz, time.perf_counter())
    return durations


def frames_for(frame_ms: float, budget: Budget) -> int:
    """Return how many frames make an end-to-end run as long as the invoke-only one."""
    by_time = budget.round_secs * 1e3 / max(frame_ms, 0.01)
    # One more than the intervals wanted: n frames have n-1 intervals between them.
    return max(budget.round_runs, round(by_time)) + 1


def _end_to_end(
    engine: Engine, request: WorkerRequest, frames: int, stop: threading.Event
) -> EndToEndTrial | None:
    """Run frames as fast as they come; None if a stop left no frame."""
    overlay = Overlay(engine.spec.labels)
    with open_source(request.source, loop=True, max_frames=frames) as source:
        run = plain_run(source, engine, draw=overlay.draw, stop=stop)
        started, cpu_s = time.perf_counter(), time.process_time()
        run.go()
        cpu_s = time.process_time() - cpu_s
        whole_s = time.perf_counter() - started
    stats = run.stats
    rate = stats.shown_hz
    if not stats.frames:
        return None
    return EndToEndTrial(
        timings=list(stats.timings()),
        seconds=(stats.frames - 1) / rate if rate else 0.0,
        intervals=stats.frames - 1 if rate else 0,
        cpu_ms=cpu_s * 1e3 / stats.frames,
        busy_cores=cpu_s / whole_s,
    )

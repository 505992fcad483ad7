"""Figures of a case from its trials."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec.structs import asdict

from edge_app.bench.confidence import bootstrap_ci
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.trial import Trial
from edge_app.results.bench_result import CaseResult, Sustained
from edge_app.timing import Latency, TimingsLog


def aggregate(
    trials: Sequence[Trial],
    cores: int,
    *,
    answers: QualityResult | None = None,
    sustained: Sustained | None = None,
    why: tuple[str, ...] = (),
    complete: bool = True,
) -> CaseResult:
    """Return the figures of a case; trials: at least one."""
    invoke_only = Latency.of(ms for trial in trials for ms in trial.invoke_only)
    invoke_only_fps = 1e3 / invoke_only.mean_ms if invoke_only else None
    cpu_invoke_ms = _mean(trial.invoke_cpu_ms for trial in trials)
    runs = [trial.end_to_end for trial in trials if trial.end_to_end]
    seconds = sum(run.seconds for run in runs)
    fps = sum(run.intervals for run in runs) / seconds if seconds else None
    log = TimingsLog()
    for run in runs:
        for timings in run.timings:
            log.add(timings)
    cpu_ms = _mean(run.cpu_ms for run in runs)
    outside_ms = None
    if cpu_ms is not None and cpu_invoke_ms is not None:
        outside_ms = max(0.0, cpu_ms - cpu_invoke_ms)
    # FPS over cores / (CPU seconds per frame) equals CPU seconds over seconds and cores, whatever
    # the frames; both over one span, so that few frames do not make it look better than it is.
    busy_cores = _mean(run.busy_cores for run in runs)
    return CaseResult(
        **asdict(trials[0].setup),
        rounds=len(trials),
        complete=complete and all(trial.complete for trial in trials),
        why=why,
        init_ms=_median(trial.init_ms for trial in trials),
        first_ms=_median(trial.first_ms for trial in trials),
        warmup=Latency.of(ms for trial in trials for ms in trial.warmup),
        peak_rss_mb=max((t.peak_rss_mb for t in trials if t.peak_rss_mb), default=None),
        invoke_only=invoke_only,
        range_ms=bootstrap_ci([trial.invoke_only for trial in trials]),
        paced=Latency.of(ms for trial in trials for ms in trial.paced or ()),
        invoke_only_fps=invoke_only_fps,
        cpu_invoke_ms=cpu_invoke_ms,
        undelegated_ms=min((t.undelegated_ms for t in trials if t.undelegated_ms), default=None),
        sustained=sustained,
        end_to_end_fps=fps,
        ratio=fps / invoke_only_fps if fps and invoke_only_fps else None,
        cpu_ms=cpu_ms,
        cpu_outside_ms=outside_ms,
        of_bound=busy_cores / cores if busy_cores else None,
        stages=log.latencies(),
        end_to_end_range_ms=bootstrap_ci([[t.end_to_end_ms for t in r.timings] for r in runs]),
        agreement=answers.agreement if answers else None,
        answered=answers.frames if answers else 0,
        answer_s=answers.seconds if answers else None,
        quality=answers.quality if answers else None,
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _median(values: Iterable[float]) -> float:
    latency = Latency.of(values)
    return latency.p50_ms if latency else math.nan

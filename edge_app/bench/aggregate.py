"""Fold the turns of a case into its figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from edge_app.bench.confidence import Range, bootstrap_ci
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.sustained import Sustained
from edge_app.bench.trial import Trial
from edge_app.timing import Latency, TimingsLog


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Hold what was measured of one case; durations in ms, sizes as named.

    init_ms, first_ms: medians over the turns. invoke_only: the bare network; range_ms of its
    median. paced: the same once per tick of a camera.
    stages: of the whole line, drawing included. line_range_ms: of its median time per frame.
    ratio: end-to-end FPS over invoke-only FPS, 1 where everything else costs nothing.
    cpu_ms: CPU of the whole process for one frame of the line; cpu_outside_ms: less the
    network's. of_bound: end-to-end FPS over cores / CPU seconds per frame.
    peak_rss_mb: highest resident memory of a process that runs only this case, 10^6 bytes.
    complete: False where the measuring was stopped early.
    """

    variant: str
    bytes: int
    runtime: str
    runtime_name: str
    threads: int
    delegation: str
    init_ms: float
    first_ms: float
    warmup: Latency | None
    invoke_only: Latency | None
    range_ms: Range | None
    paced: Latency | None
    invoke_only_fps: float | None
    end_to_end_fps: float | None
    ratio: float | None
    cpu_ms: float | None
    cpu_invoke_ms: float | None
    cpu_outside_ms: float | None
    of_bound: float | None
    stages: dict[str, Latency] = field(default_factory=dict)
    line_range_ms: Range | None = None
    peak_rss_mb: float | None = None
    undelegated_ms: float | None = None
    turns: int = 0
    agreement: float | None = None
    answered: int = 0
    answer_s: float | None = None
    quality: Mapping[str, Any] | None = None
    sustained: Sustained | None = None
    why: tuple[str, ...] = ()
    complete: bool = True

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def aggregate(
    turns: Sequence[Trial],
    cores: int,
    *,
    answers: QualityResult | None = None,
    sustained: Sustained | None = None,
    why: tuple[str, ...] = (),
    complete: bool = True,
) -> CaseResult:
    """Make one case's figures of its turns, at least one."""
    one = turns[0]
    alone = [ms for turn in turns for ms in turn.alone]
    invoke_only = Latency.of(alone)
    invoke_fps = 1e3 / invoke_only.mean_ms if invoke_only else None
    line_s = sum(turn.line_s for turn in turns)
    line_fps = sum(turn.line_intervals for turn in turns) / line_s if line_s else None
    log = TimingsLog()
    for turn in turns:
        for timings in turn.line:
            log.add(timings)
    cpu_ms, cpu_invoke_ms = _mean(turns, "line_cpu_ms"), _mean(turns, "alone_cpu_ms")
    # FPS over cores / (CPU seconds a frame) is CPU seconds over seconds and cores, whatever the
    # frames; taken over the same span, so that few frames do not make it look better than it is.
    busy = _mean(turns, "line_cores")
    outside = cpu_ms - cpu_invoke_ms if cpu_ms is not None and cpu_invoke_ms is not None else None
    return CaseResult(
        variant=one.variant,
        bytes=one.bytes,
        runtime=one.runtime,
        runtime_name=one.runtime_name,
        threads=one.threads,
        delegation=one.delegation.summary(),
        init_ms=_median([turn.init_ms for turn in turns]),
        first_ms=_median([turn.first_ms for turn in turns]),
        warmup=Latency.of(ms for turn in turns for ms in turn.warmup),
        invoke_only=invoke_only,
        range_ms=bootstrap_ci([turn.alone for turn in turns]),
        paced=Latency.of(ms for turn in turns for ms in turn.paced),
        invoke_only_fps=invoke_fps,
        end_to_end_fps=line_fps,
        ratio=line_fps / invoke_fps if line_fps and invoke_fps else None,
        cpu_ms=cpu_ms,
        cpu_invoke_ms=cpu_invoke_ms,
        cpu_outside_ms=outside if outside is None else max(0.0, outside),
        of_bound=busy / cores if busy else None,
        stages=log.latencies(),
        line_range_ms=bootstrap_ci([[t.end_to_end_ms for t in turn.line] for turn in turns]),
        peak_rss_mb=max((t.peak_rss_mb for t in turns if t.peak_rss_mb), default=None),
        undelegated_ms=min((t.undelegated_ms for t in turns if t.undelegated_ms), default=None),
        turns=len(turns),
        agreement=answers.agreement if answers else None,
        answered=answers.frames if answers else 0,
        answer_s=answers.seconds if answers else None,
        quality=answers.quality if answers else None,
        sustained=sustained,
        why=why,
        complete=complete and all(turn.complete for turn in turns),
    )


def _mean(turns: Sequence[Trial], name: str) -> float | None:
    values = [value for turn in turns if (value := getattr(turn, name)) is not None]
    return math.fsum(values) / len(values) if values else None


def _median(values: Sequence[float]) -> float:
    latency = Latency.of(values)
    return latency.p50_ms if latency else math.nan

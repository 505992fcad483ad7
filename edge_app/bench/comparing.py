"""Comparison of two bench results: what became slower, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge_app.bench.confidence import ratio_range
from edge_app.quality import Quality
from edge_app.results.bench_result import BenchResult, CaseResult, Range
from edge_app.style import count

# Facts of a board that have to be equal for times to be compared, and their names.
_BOARD = (("model", "boards"), ("cpu", "processors"), ("cores", "numbers of cores"))


@dataclass(frozen=True, slots=True)
class CasePair:
    """One case of two results; ratios are the second over the first.

    time: of the invoke-only medians, above 1 if the second is slower; time_range: the widest that
        both intervals allow, None if a file has none. end_to_end: of the time per frame.
        memory, size: likewise. quality: the second's minus the first's.
    """

    variant: str
    runtime: str
    threads: int
    first_ms: float
    second_ms: float
    time: float
    time_range: Range | None
    end_to_end: float | None
    memory: float | None
    size: float | None
    quality: float | None

    def slower(self, limit: float) -> bool:
        """Return whether the second is slower by more than a share, beyond noise."""
        beyond_noise = self.time_range is None or self.time_range[0] > 1.0
        return self.time > 1 + limit and beyond_noise


def different_boards(first: BenchResult, second: BenchResult) -> list[str]:
    """Return the differences of two results' machines, as text."""
    one, other = first.board.before, second.board.before
    # A fact that a file lacks is not a difference: old files lack `cpu`.
    return [
        f"{text} ({one[name]} and {other[name]})"
        for name, text in _BOARD
        if name in one and name in other and one[name] != other[name]
    ]


def pairs_of(first: BenchResult, second: BenchResult) -> list[CasePair]:
    """Return the cases that both results have, in the first one's order."""
    others = _by_key(second)
    pairs = [_pair(key, one, others[key]) for key, one in _by_key(first).items() if key in others]
    return [pair for pair in pairs if pair is not None]


def unmatched_cases(one: BenchResult, other: BenchResult) -> list[str]:
    """Return the cases of a result that another one lacks, as text."""
    keys = sorted(_by_key(one).keys() - _by_key(other).keys())
    return [
        f"{variant} on {runtime}, {count(threads, 'thread')}" for variant, runtime, threads in keys
    ]


def _by_key(result: BenchResult) -> Mapping[tuple[str, str, int], CaseResult]:
    """Return cases by variant, runtime and threads; versions of a runtime are to be compared."""
    return {
        (
            case.variant,
            case.runtime_name or case.runtime.rpartition(" ")[0],
            case.threads or 0,
        ): case
        for case in result.variants
    }


def _pair(key: tuple[str, str, int], one: CaseResult, other: CaseResult) -> CasePair | None:
    if one.invoke_only is None or other.invoke_only is None:
        return None
    first_ms, second_ms = one.invoke_only.p50_ms, other.invoke_only.p50_ms
    return CasePair(
        *key,
        first_ms=first_ms,
        second_ms=second_ms,
        time=second_ms / first_ms,
        time_range=ratio_range(other.range_ms, one.range_ms)
        if one.range_ms and other.range_ms
        else None,
        end_to_end=_ratio(one.end_to_end_fps, other.end_to_end_fps),
        memory=_ratio(other.peak_rss_mb, one.peak_rss_mb),
        size=_ratio(other.bytes, one.bytes),
        quality=_gain(one.quality, other.quality),
    )


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _gain(one: Quality | None, other: Quality | None) -> float | None:
    if one is None or other is None:
        return None
    for before, after in ((one.top1, other.top1), (one.miou, other.miou)):
        if before is not None and after is not None:
            return after - before
    return None

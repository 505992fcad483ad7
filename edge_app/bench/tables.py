"""Measurements as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.table import Table

from edge_app.bench.comparing import CasePair
from edge_app.console import coloured, compact_table
from edge_app.quality import Quality
from edge_app.results.bench_result import CaseResult, Range
from edge_app.style import NOTHING, file_size, percent, significant, spaced
from edge_app.timing import STAGES, Latency

_SPEED: dict[str, Callable[[CaseResult], str]] = {
    "size": lambda case: file_size(case.bytes or 0),
    "init\nms": lambda case: significant(case.init_ms),
    "first\nms": lambda case: _fine(case.first_ms),
    "invoke\np50 ms": lambda case: _of_latency(case.invoke_only, "p50_ms"),
    "\np90": lambda case: _of_latency(case.invoke_only, "p90_ms"),
    "\np99": lambda case: _of_latency(case.invoke_only, "p99_ms"),
    "invoke-\nonly\nfps": lambda case: significant(case.invoke_only_fps),
    "end-\nto-end\nfps": lambda case: significant(case.end_to_end_fps),
    "ratio": lambda case: _places(case.ratio, 2),
    "peak\nMB": lambda case: _places(case.peak_rss_mb, 0),
}
_COST: dict[str, Callable[[CaseResult], str]] = {
    "p50 within\n(95 %)": lambda case: _span(case.range_ms),
    "paced\np50": lambda case: _of_latency(case.paced, "p50_ms"),
    "\np90": lambda case: _of_latency(case.paced, "p90_ms"),
    "CPU ms\na frame": lambda case: significant(case.cpu_ms),
    "not in\nnetwork": lambda case: significant(case.cpu_outside_ms),
    "of\nbound": lambda case: _places(case.of_bound, 2),
    "like\nfloat32": lambda case: percent(case.agreement),
    "top-1\nmIoU": lambda case: _score(case.quality),
    "last/\nfirst": lambda case: _places(case.sustained.ratio if case.sustained else None, 2),
}


def speed_table(title: str, cases: Sequence[CaseResult]) -> Table:
    """Return the invoke-only and end-to-end speed of each case."""
    return _case_table(title, cases, _SPEED)


def cost_table(cases: Sequence[CaseResult]) -> Table:
    """Return what each case costs and how good its answers are."""
    return _case_table("Range, camera rate, CPU and answers", cases, _COST)


def _case_table(
    title: str, cases: Sequence[CaseResult], columns: Mapping[str, Callable[[CaseResult], str]]
) -> Table:
    table = compact_table(title, ("variant", *columns), 1)
    several = _several(cases)
    for case in cases:
        table.add_row(_name(case, several), *(text(case) for text in columns.values()))
    return table


def stage_table(cases: Sequence[CaseResult]) -> Table:
    """Return the percentiles of every stage, end to end."""
    columns = ("variant", "stage", "n", "mean", "p50", "p90", "p95", "p99", "max")
    table = compact_table("Stages end to end, ms", columns, 2)
    several = _several(cases)
    for case in cases:
        for place, (stage, one) in enumerate(case.stages.items()):
            figures = one.mean_ms, one.p50_ms, one.p90_ms, one.p95_ms, one.p99_ms, one.max_ms
            table.add_row(
                _name(case, several) if place == 0 else "",
                spaced(stage),
                f"{one.n:,}",
                *map(significant, figures),
                end_section=stage == STAGES[-1],
            )
    return table


def pair_table(title: str, pairs: Sequence[CasePair], limit: float | None) -> Table:
    """Return two results side by side; limit: share from which on a case is marked as slower."""
    table = compact_table(
        title,
        ("variant", "first\np50 ms", "second\np50 ms", "time\nratio", "\nrange", "end to\nend",
         "peak\nmemory", "size", "quality", ""),
        1,
    )  # fmt: skip
    for pair in pairs:
        low_high = f"{pair.time_range[0]:.2f}..{pair.time_range[1]:.2f}" if pair.time_range else ""
        table.add_row(
            _long_name(pair.variant, pair.runtime, pair.threads),
            _fine(pair.first_ms),
            _fine(pair.second_ms),
            f"{pair.time:.3f}",
            low_high,
            *(_places(value, 2) for value in (pair.end_to_end, pair.memory, pair.size)),
            f"{pair.quality:+.4f}" if pair.quality is not None else NOTHING,
            "[bold red]slower[/]" if limit is not None and pair.slower(limit) else "",
        )
    return table


def board_line(board: Mapping[str, Any]) -> str:
    """Return the board and its state as one line."""
    temperature, clock = board["temperature_c"], board["clock_mhz"]
    parts = [
        str(board["model"]),
        f"{board['cores']} cores",
        " ".join(board["cpu_features"]) or "CPU features unknown",
        f"governor {board['governor']}",
        f"{clock} MHz" if isinstance(clock, int) else "clock unknown",
        f"{temperature:.0f} °C" if isinstance(temperature, float) else "temperature unknown",
        f"throttle bits {board['throttled']}",
    ]
    return " · ".join(parts)


def _several(cases: Sequence[CaseResult]) -> bool:
    return len({(case.runtime, case.threads) for case in cases}) > 1


def _name(case: CaseResult, several: bool) -> str:
    if not several:
        return coloured(case.variant)
    return _long_name(case.variant, case.runtime_name, case.threads)


def _long_name(variant: str, runtime: str, threads: int | None) -> str:
    return f"{coloured(variant)}\n[dim]{runtime.removesuffix('-runtime')} x{threads}[/]"


def _places(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _score(quality: Quality | None) -> str:
    if quality is None:
        return NOTHING
    return _places(quality.miou if quality.top1 is None else quality.top1, 4)


def _of_latency(latency: Latency | None, name: str) -> str:
    return _fine(getattr(latency, name, None))


def _span(found: Range | None) -> str:
    return f"{_fine(found[0])}-{_fine(found[1])}" if found else NOTHING


def _fine(value_ms: float | None) -> str:
    """Return a duration in ms; below 0.1 with four places, since a digit's network takes 0.007."""
    if value_ms is not None and value_ms < 0.0995:
        return f"{value_ms:.4f}"
    return significant(value_ms)

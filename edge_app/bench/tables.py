"""Measurements as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from edge_app.bench.comparing import CasePair
from edge_app.console import coloured, compact_table
from edge_app.results.bench_result import CaseResult, Range
from edge_app.style import NOTHING, file_size, percent, significant, spaced
from edge_app.timing import STAGES


def speed_table(title: str, cases: Sequence[CaseResult]) -> Table:
    """Return the invoke-only and end-to-end speed of each case."""
    table = compact_table(
        title,
        ("variant", "size", "init\nms", "first\nms", "invoke\np50 ms", "\np90", "\np99",
         "invoke-\nonly\nfps", "end-\nto-end\nfps", "ratio", "peak\nMB"),
        1,
    )  # fmt: skip
    several = _several(cases)
    for case in cases:
        latency, fps = case.invoke_only, case.invoke_only_fps
        ratio, peak_mb = case.ratio, case.peak_rss_mb
        table.add_row(
            _name(case, several),
            file_size(case.bytes or 0),
            significant(case.init_ms),
            _fine(case.first_ms),
            _fine(latency.p50_ms if latency else None),
            _fine(latency.p90_ms if latency else None),
            _fine(latency.p99_ms if latency else None),
            significant(fps),
            significant(case.end_to_end_fps),
            f"{ratio:.2f}" if ratio else NOTHING,
            f"{peak_mb:.0f}" if peak_mb else NOTHING,
        )
    return table


def cost_table(cases: Sequence[CaseResult]) -> Table:
    """Return what each case costs and how good its answers are."""
    table = compact_table(
        "Range, camera rate, CPU and answers",
        ("variant", "p50 within\n(95 %)", "paced\np50", "\np90", "CPU ms\na frame",
         "not in\nnetwork", "of\nbound", "like\nfloat32", "top-1\nmIoU", "last/\nfirst"),
        1,
    )  # fmt: skip
    several = _several(cases)
    for case in cases:
        quality, paced = case.quality, case.paced
        score = None
        if quality is not None:
            score = quality.miou if quality.top1 is None else quality.top1
        sustained, of_bound = case.sustained, case.of_bound
        table.add_row(
            _name(case, several),
            _span(case.range_ms),
            _fine(paced.p50_ms if paced else None),
            _fine(paced.p90_ms if paced else None),
            significant(case.cpu_ms),
            significant(case.cpu_outside_ms),
            f"{of_bound:.2f}" if of_bound else NOTHING,
            percent(case.agreement),
            f"{score:.4f}" if score is not None else NOTHING,
            f"{sustained.ratio:.2f}" if sustained else NOTHING,
        )
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
            f"{coloured(pair.variant)}\n[dim]{_short(pair.runtime)} x{pair.threads}[/]",
            _fine(pair.first_ms),
            _fine(pair.second_ms),
            f"{pair.time:.3f}",
            low_high,
            *(
                NOTHING if value is None else f"{value:.2f}"
                for value in (pair.end_to_end, pair.memory, pair.size)
            ),
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
    name = coloured(case.variant)
    return f"{name}\n[dim]{_short(case.runtime_name)} x{case.threads}[/]" if several else name


def _short(runtime: str) -> str:
    return runtime.removesuffix("-runtime")


def _span(found: Range | None) -> str:
    return f"{_fine(found[0])}-{_fine(found[1])}" if found else NOTHING


def _fine(value_ms: float | None) -> str:
    """Return a duration in ms; below 0.1 with four places, since a digit's network takes 0.007."""
    if value_ms is not None and value_ms < 0.0995:
        return f"{value_ms:.4f}"
    return significant(value_ms)

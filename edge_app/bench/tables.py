"""Show measurements as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from edge_app.bench.aggregate import CaseResult
from edge_app.bench.comparing import CasePair
from edge_app.bench.confidence import Range
from edge_app.style import (
    NOTHING,
    file_size,
    percent,
    significant,
    spaced,
    variant_colour,
)
from edge_app.timing import STAGES, Latency


def speed_table(title: str, measured: Sequence[CaseResult]) -> Table:
    """Return the network's and the line's speed of each case."""
    table = _table(
        title,
        ("variant", "size", "init\nms", "first\nms", "invoke\np50 ms", "\np90", "\np99",
         "network\nfps", "whole\nline fps", "ratio", "peak\nMB"),
        1,
    )  # fmt: skip
    several = _several(measured)
    for one in measured:
        alone = one.invoke_only
        table.add_row(
            _name(one, several),
            file_size(one.bytes),
            significant(one.init_ms),
            _fine(one.first_ms),
            _fine(alone.p50_ms if alone else None),
            _fine(alone.p90_ms if alone else None),
            _fine(alone.p99_ms if alone else None),
            significant(one.invoke_only_fps),
            significant(one.end_to_end_fps),
            f"{one.ratio:.2f}" if one.ratio else NOTHING,
            f"{one.peak_rss_mb:.0f}" if one.peak_rss_mb else NOTHING,
        )
    return table


def use_table(measured: Sequence[CaseResult]) -> Table:
    """Return what each case costs and what its answers are worth."""
    table = _table(
        "Range, camera rate, CPU and answers",
        ("variant", "p50 within\n(95 %)", "paced\np50", "\np90", "CPU ms\na frame",
         "not in\nnetwork", "of\nbound", "like\nfloat32", "top-1\nmIoU", "last/\nfirst"),
        1,
    )  # fmt: skip
    several = _several(measured)
    for one in measured:
        quality = one.quality or {}
        score = quality.get("top1") if quality.get("top1") is not None else quality.get("miou")
        table.add_row(
            _name(one, several),
            span(one.range_ms),
            _fine(one.paced.p50_ms if one.paced else None),
            _fine(one.paced.p90_ms if one.paced else None),
            significant(one.cpu_ms),
            significant(one.cpu_outside_ms),
            f"{one.of_bound:.2f}" if one.of_bound else NOTHING,
            percent(one.agreement),
            f"{score:.4f}" if score is not None else NOTHING,
            f"{one.sustained.ratio:.2f}" if one.sustained else NOTHING,
        )
    return table


def stage_table(measured: Sequence[CaseResult]) -> Table:
    """Return the percentiles of every stage of the whole line."""
    columns = ("variant", "stage", "n", "mean", "p50", "p90", "p95", "p99", "max")
    table = _table("Stages of the whole line, ms", columns, 2)
    several = _several(measured)
    for one in measured:
        for place, (stage, latency) in enumerate(one.stages.items()):
            table.add_row(
                _name(one, several) if place == 0 else "",
                spaced(stage),
                f"{latency.n:,}",
                *_figures(latency),
                end_section=stage == STAGES[-1],
            )
    return table


def pair_table(title: str, pairs: Sequence[CasePair], limit: float | None) -> Table:
    """Return two results side by side."""
    table = _table(
        title,
        ("variant", "first\np50 ms", "second\np50 ms", "time\nratio", "\nrange", "line\ntime",
         "peak\nmemory", "size", "quality", ""),
        1,
    )  # fmt: skip
    for pair in pairs:
        low_high = f"{pair.time_range[0]:.2f}..{pair.time_range[1]:.2f}" if pair.time_range else ""
        table.add_row(
            f"[{variant_colour(pair.variant)}]{pair.variant}[/]\n"
            f"[dim]{_short(pair.runtime)} x{pair.threads}[/]",
            _fine(pair.first_ms),
            _fine(pair.second_ms),
            f"{pair.time:.3f}",
            low_high,
            *(_times(value) for value in (pair.line, pair.memory, pair.size)),
            f"{pair.quality:+.4f}" if pair.quality is not None else NOTHING,
            "[bold red]slower[/]" if limit is not None and pair.slower(limit) else "",
        )
    return table


def span(found: Range | None) -> str:
    """Write a range as 8.12-8.31."""
    return f"{_fine(found[0])}-{_fine(found[1])}" if found else NOTHING


def board_line(board: Mapping[str, Any]) -> str:
    """Tell the board and its state in a line."""
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


def _table(title: str, columns: Sequence[str], left: int) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right", no_wrap=True)
    return table


def _several(measured: Sequence[CaseResult]) -> bool:
    return len({(one.runtime, one.threads) for one in measured}) > 1


def _name(one: CaseResult, several: bool) -> str:
    name = f"[{variant_colour(one.variant)}]{one.variant}[/]"
    return f"{name}\n[dim]{_short(one.runtime_name)} x{one.threads}[/]" if several else name


def _short(runtime: str) -> str:
    return runtime.removesuffix("-runtime")


def _figures(latency: Latency) -> list[str]:
    return [
        significant(value)
        for value in (
            latency.mean_ms, latency.p50_ms, latency.p90_ms,
            latency.p95_ms, latency.p99_ms, latency.max_ms,
        )
    ]  # fmt: skip


def _fine(value_ms: float | None) -> str:
    """Write a duration in ms; below 0.1 with four places, since a digit's network takes 0.007."""
    if value_ms is not None and value_ms < 0.0995:
        return f"{value_ms:.4f}"
    return significant(value_ms)


def _times(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"

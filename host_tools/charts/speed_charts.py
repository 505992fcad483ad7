"""The charts of latencies and rates; None if no result has the figures."""

from __future__ import annotations

from collections.abc import Callable

from edge_app.style import variant_colour
from host_tools.charts.bars import Group, Row, row_chart, stage_chart, tail_chart
from host_tools.charts.drawing import Chart
from host_tools.report.figures import Figures, Labelled, LatencySummary
from host_tools.report.sentences import figure


def invoke_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the network's latency."""
    title = "Invoke-only latency"
    note = "Median of one invoke; the whisker ends at the 90th percentile."
    return _latency_chart(labelled, f"{prefix}-network", title, note, lambda one: one.invoke_only)


def end_to_end_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the latency from capture to canvas."""
    title = "End-to-end latency"
    note = (
        "From capture to canvas: median, whisker to the 90th percentile; frames that overlap "
        "wait for one another. Published figures are means of a loop without overlap."
    )
    return _latency_chart(labelled, f"{prefix}-latency", title, note, lambda one: one.end_to_end)


def _latency_chart(
    labelled: Labelled,
    name: str,
    title: str,
    note: str,
    pick: Callable[[Figures], LatencySummary | None],
) -> Chart | None:
    spreads = [pick(one) for _, result in labelled for one in result.figures.values()]
    slowest_ms = max((spread.typical_ms for spread in spreads if spread), default=0.0)
    unit, unit_ms = ("s per frame", 1e3) if slowest_ms >= 10_000 else ("ms per frame", 1.0)
    groups = []
    for label, result in labelled:
        rows = []
        for one in result.figures.values():
            spread = pick(one)
            value = spread.typical_ms / unit_ms if spread else None
            end = spread.p90_ms / unit_ms if spread and spread.p90_ms else None
            colour = variant_colour(one.variant)
            rows.append(Row(one.variant, value, figure(value), colour, end=end))
        if any(row.value is not None for row in rows):
            groups.append(Group(label, tuple(rows)))
    return row_chart(name, title, note, groups, unit) if groups else None


def rate_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of frames per second."""
    groups = []
    for label, result in labelled:
        if not result.has("end_to_end_fps", "invoke_only_fps"):
            continue
        rows = []
        for one in result.figures.values():
            text = figure(one.end_to_end_fps)
            if one.invoke_only_fps is not None:
                text += f" ({figure(one.invoke_only_fps)})"
            # The invoke-only rate is only a mark, since a user never sees it.
            colour = variant_colour(one.variant)
            rows.append(
                Row(one.variant, one.end_to_end_fps, text, colour, mark=one.invoke_only_fps)
            )
        groups.append(Group(label, tuple(rows)))
    note = (
        "End to end, from reading a frame to the finished canvas; "
        "the mark and the number in brackets are invoke-only."
    )
    name = f"{prefix}-fps"
    return row_chart(name, "Frames per second", note, groups, "frames/s") if groups else None


def tails_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the network's latency percentiles, for results that have them."""
    groups = {}
    for label, result in labelled:
        spreads = {
            one.variant: one.invoke_only
            for one in result.figures.values()
            if one.invoke_only and one.invoke_only.p99_ms and one.invoke_only.max_ms
        }
        if spreads:
            groups[label] = spreads
    note = (
        "Invoke only: from the median (dot) over the 90th, 95th and 99th percentile "
        "(thinner each time) to the slowest run (stroke). Short tails do not stutter."
    )
    return tail_chart(f"{prefix}-tails", "Latency spread", note, groups) if groups else None


def stages_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of each stage's share of the time."""
    groups = {}
    for label, result in labelled:
        variants = {}
        for one in result.figures.values():
            stages = {name: spread.typical_ms for name, spread in one.stages.items()}
            stages.pop("end_to_end", None)
            if stages:
                variants[one.variant] = stages
        if variants:
            groups[label] = variants
    note = (
        "Shares of the stages' medians, with their sum in ms. Capture, network and drawing "
        "overlap in three threads, so a frame may take less than the sum."
    )
    return stage_chart(f"{prefix}-stages", "Where the time goes", note, groups) if groups else None

"""The charts of latencies and rates; None if no result has the figures."""

from collections.abc import Callable

from host_tools.charts.bars import Groups, Row, T, row_chart, stage_chart, tail_chart
from host_tools.charts.drawing import Chart
from host_tools.report.figures import Figures, Labelled, LatencySummary, all_variants
from host_tools.report.sentences import figure


def invoke_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the network's latency."""
    title = "Latency of the network alone"
    note = "Median of one run of the network; the whisker ends at the 90th percentile."
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

    def row(one: Figures) -> Row:
        spread = pick(one)
        value = spread.typical_ms / unit_ms if spread else None
        end = spread.p90_ms / unit_ms if spread and spread.p90_ms else None
        return Row(value, figure(value), end=end)

    groups = _groups(labelled, row)
    return row_chart(name, title, note, groups, unit, among=all_variants(labelled))


def rate_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of frames per second."""

    def row(one: Figures) -> Row:
        text = figure(one.end_to_end_fps)
        if one.invoke_only_fps is not None:
            text += f" ({figure(one.invoke_only_fps)})"
        # The invoke-only rate is only a mark, since a user never sees it.
        return Row(one.end_to_end_fps, text, mark=one.invoke_only_fps)

    note = (
        "End to end, from reading a frame to the finished canvas; "
        "the mark and the number in brackets are the network alone."
    )
    groups = _groups(labelled, row)
    name, among = f"{prefix}-fps", all_variants(labelled)
    return row_chart(name, "Frames per second", note, groups, "frames/s", among=among)


def tails_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the network's latency percentiles, for results that have them."""

    def spread(one: Figures) -> LatencySummary | None:
        known = one.invoke_only
        return known if known and known.p99_ms and known.max_ms else None

    note = (
        "The network alone: from the median (dot) over the 90th, 95th and 99th percentile "
        "(thinner each time) to the slowest run (stroke). Short tails do not stutter."
    )
    groups = _groups(labelled, spread)
    return tail_chart(f"{prefix}-tails", "Latency spread", note, groups, all_variants(labelled))


def stages_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of each stage's share of the time."""

    def stages(one: Figures) -> dict[str, float] | None:
        spreads = one.stages.items()
        return {name: each.typical_ms for name, each in spreads if name != "end_to_end"} or None

    note = (
        "Shares of the stages' medians, with their sum in ms. Capture, network and drawing "
        "overlap in three threads, so a frame may take less than the sum."
    )
    return stage_chart(f"{prefix}-stages", "Where the time goes", note, _groups(labelled, stages))


def _groups(labelled: Labelled, row: Callable[[Figures], T | None]) -> Groups[T]:
    """Return the rows of all variants that have one, for each result that has any."""
    groups = []
    for label, result in labelled:
        made = [(one.variant, row(one)) for one in result.figures.values()]
        rows = {name: each for name, each in made if each is not None}
        if rows:
            groups.append((label, rows))
    return groups

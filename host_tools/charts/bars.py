"""Charts of rows: a colour per variant, a group of rows per machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from edge_app.style import STAGE_COLOURS, variant_colour
from edge_app.timing import STAGES
from host_tools.charts.drawing import Chart, Theme, bold, legend, log_axis, png, shortened
from host_tools.report.figures import LatencySummary
from host_tools.report.sentences import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

T = TypeVar("T")
Groups = Sequence[tuple[str, Mapping[str, T]]]  # a row for each variant, under a machine's name

_ROW_IN, _HEAD_IN, _FOOT_IN = 0.25, 0.3, 0.5
_GAP = 0.2  # rows between groups
_WIDE = 40  # beyond this ratio of largest to smallest, bars from 0 show nothing: dots on a log axis
_TAIL_WIDTHS_PT = (7.0, 4.5, 2.2, 0.9)  # up to p90, p95, p99 and the slowest


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a bar chart; a value that is None is not known.

    end: the end of the whisker. mark: a second value of the same unit.
    """

    value: float | None
    text: str
    end: float | None = None
    mark: float | None = None

    @property
    def greatest(self) -> float | None:
        """The greatest of its values; None if it is empty."""
        return max((value for value in (self.value, self.end, self.mark) if value), default=None)


def row_chart(
    name: str,
    title: str,
    note: str,
    groups: Groups[Row],
    unit: str,
    top: float | None = None,
    among: Sequence[str] = (),
) -> Chart | None:
    """Return a chart of horizontal bars, or of dots where values differ by powers of ten.

    Groups without any value are left out; None if no group has one.
    top: the least end of the axis, for shares that end at 1.
    among: names of all variants of the page; see `variant_colour`.
    """
    groups = [group for group in groups if any(row.greatest for row in group[1].values())]
    if not groups:
        return None

    def draw(axes: Axes, theme: Theme) -> None:
        log = _set_row_limits(axes, [row for _, rows in groups for row in rows.values()], top)
        start = axes.get_xlim()[0]
        _draw_groups(axes, theme, groups, partial(_draw_row, axes, theme, start, log, among))
        if not log:
            axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel(unit)

    return _grouped_chart(name, title, note, groups, draw)


def stage_chart(
    name: str, title: str, note: str, groups: Groups[Mapping[str, float]]
) -> Chart | None:
    """Return a chart of each stage's share of the time, one after another; None for no group.

    groups: milliseconds by stage for each row.
    """

    def draw(axes: Axes, theme: Theme) -> None:
        _draw_groups(axes, theme, groups, partial(_draw_stages, axes, theme))
        axes.set_xlim(0, 118)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel("%")
        seen = {stage for _, rows in groups for stages in rows.values() for stage in stages}
        legend(axes, {name: STAGE_COLOURS[name] for name in STAGES if name in seen}, "s")

    return _grouped_chart(name, title, note, groups, draw, legend_in=0.5) if groups else None


def tail_chart(
    name: str,
    title: str,
    note: str,
    groups: Groups[LatencySummary],
    among: Sequence[str] = (),
) -> Chart | None:
    """Return a chart of latencies, from the median to the slowest run; None for no group.

    among: as in `row_chart`.
    """
    spreads = [spread for _, rows in groups for spread in rows.values()]

    def draw(axes: Axes, theme: Theme) -> None:
        longest_ms = max(spread.max_ms or spread.typical_ms for spread in spreads)
        shortest_ms = min(spread.typical_ms for spread in spreads)
        # The ratio of tail to median matters; a log axis shows equal ratios as equal lengths.
        log_axis(axes, shortest_ms / 1.3, longest_ms * (longest_ms / shortest_ms) ** 0.45 * 1.3)
        _draw_groups(axes, theme, groups, partial(_draw_tail, axes, theme, among))
        axes.set_xlabel("ms per frame")

    return _grouped_chart(name, title, note, groups, draw) if groups else None


def _grouped_chart(
    name: str,
    title: str,
    note: str,
    groups: Groups[Any],
    draw: Callable[[Axes, Theme], None],
    legend_in: float = 0.0,
) -> Chart:
    """Return a chart that is as high as its rows, headings, axis and legend need."""
    rows = sum(len(rows) for _, rows in groups)
    height = _ROW_IN * rows + _HEAD_IN * len(groups) + _FOOT_IN + legend_in
    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def _draw_groups(
    axes: Axes, theme: Theme, groups: Groups[T], draw_row: Callable[[str, T, float], None]
) -> None:
    """Draw the rows of all groups from y = 0 downwards, under their names.

    draw_row: gets the name of a variant, its row and its y.
    """
    y, ticks, names = 0.0, [], []
    for title, rows in groups:
        heading = axes.text(
            0, y, shortened(title), transform=axes.get_yaxis_transform(), va="center", **bold(theme)
        )
        heading.set_in_layout(False)  # or a long name would squeeze the axes
        y -= (_HEAD_IN + _ROW_IN) / 2 / _ROW_IN
        for name, row in rows.items():
            draw_row(name, row, y)
            ticks.append(y)
            names.append(name)
            y -= 1
        y -= _GAP
    axes.set_yticks(ticks, names)
    axes.set_ylim(y + 0.5, 0.7)
    axes.grid(visible=True)
    axes.spines[["left", "bottom"]].set_visible(False)


def _set_row_limits(axes: Axes, rows: Sequence[Row], top: float | None) -> bool:
    """Set the ends of the x axis so that every row's text fits; return whether it is a log axis."""
    values = [value for row in rows for value in (row.value, row.end, row.mark) if value]
    # Where each row ends, and the share of the axis that its text leaves for it.
    ends = [(end, 0.95 - 0.021 * len(row.text)) for row in rows if (end := row.greatest)]
    if max(values) / min(values) <= _WIDE:
        axes.set_xlim(0, max(top or 0, *(end / space for end, space in ends)))
        return False
    first = 10 ** math.floor(math.log10(min(values)) - 0.1)
    decades = max(math.log(end / first) / space for end, space in ends)
    log_axis(axes, first, first * math.exp(decades))
    return True


def _draw_row(
    axes: Axes,
    theme: Theme,
    start: float,
    log: bool,
    among: Sequence[str],
    name: str,
    row: Row,
    y: float,
) -> None:
    colour = variant_colour(name, among)
    if row.value is not None and log:
        axes.plot([start, row.value], [y, y], color=theme.line, linewidth=1.2)
        axes.plot([row.value], [y], "o", color=colour, markersize=7, zorder=4)
    elif row.value is not None:
        axes.barh(y, row.value, height=0.66, color=colour)
    if row.value is not None and row.end is not None and row.end > row.value:
        axes.plot([row.value, row.end], [y, y], color=theme.ink, linewidth=1.1)
        axes.plot([row.end], [y], "|", color=theme.ink, markersize=7, markeredgewidth=1.1)
    if row.mark is not None:
        axes.plot([row.mark], [y], "|", color=theme.ink, markersize=11, markeredgewidth=1.6)
    _annotate(axes, theme, row.text, row.greatest or start, y)


def _draw_stages(axes: Axes, theme: Theme, _: str, stages: Mapping[str, float], y: float) -> None:
    total, left = sum(stages.values()), 0.0
    for stage, took_ms in stages.items():
        share = 100 * took_ms / total
        axes.barh(y, share, left=left, height=0.66, color=STAGE_COLOURS[stage])
        left += share
        axes.plot([left, left], [y - 0.33, y + 0.33], color=theme.ground, linewidth=0.8)
    _annotate(axes, theme, figure(total), 100, y)


def _draw_tail(
    axes: Axes, theme: Theme, among: Sequence[str], name: str, spread: LatencySummary, y: float
) -> None:
    colour = variant_colour(name, among)
    places = [spread.typical_ms, spread.p90_ms, spread.p95_ms, spread.p99_ms, spread.max_ms]
    known = [place if place is not None else spread.typical_ms for place in places]
    for start, stop, width in zip(known, known[1:], _TAIL_WIDTHS_PT, strict=False):
        axes.plot([start, stop], [y, y], color=colour, linewidth=width, solid_capstyle="butt")
    axes.plot([known[0]], [y], "o", color=theme.ink, markersize=4, zorder=4)
    axes.plot([known[-1]], [y], "|", color=colour, markersize=7, markeredgewidth=1.4)
    _annotate(axes, theme, f"{figure(known[0])}, p99 {figure(known[3])}", known[-1], y)


def _annotate(axes: Axes, theme: Theme, text: str, x: float, y: float) -> None:
    """Write a row's numbers after its end, in a box that hides the grid behind them."""
    box = {"facecolor": theme.ground, "edgecolor": "none", "pad": 1.5}
    axes.annotate(
        text, (x, y), (6, 0), textcoords="offset points", va="center", color=theme.ink, bbox=box
    )

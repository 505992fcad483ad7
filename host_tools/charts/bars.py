"""Draw bars: each variant has its colour, each machine its own rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_app.style import STAGE_COLOURS, words
from edge_app.timing import STAGES
from host_tools.charts.drawing import Chart, Theme, bold, legend, log_axis, png, shortened
from host_tools.report.sentences import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_IN, HEAD_IN, FOOT_IN = 0.25, 0.3, 0.5
GAP = 0.2  # rows between groups
_WIDE = 40  # beyond this ratio of largest to smallest, bars from 0 show nothing: dots on a log axis


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one line of a chart; a value that is None is not known.

    end: where the whisker ends. mark: where a second figure of the same kind stands.
    """

    name: str
    value: float | None
    text: str
    colour: str
    end: float | None = None
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hold the rows of one machine under its name."""

    title: str
    rows: tuple[Row, ...]


def row_chart(
    name: str, title: str, note: str, groups: Sequence[Group], unit: str, top: float | None = None
) -> Chart:
    """Return a chart of horizontal bars, or dots where values differ by powers of ten.

    top: where the axis ends at least, for shares that end at 1.
    """
    lines = sum(len(group.rows) for group in groups)
    height = ROW_IN * lines + HEAD_IN * len(groups) + FOOT_IN

    def draw(axes: Axes, theme: Theme) -> None:
        _draw_rows(axes, theme, groups, top)
        axes.set_xlabel(unit)

    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def _draw_rows(axes: Axes, theme: Theme, groups: Sequence[Group], top: float | None) -> None:
    rows = [row for group in groups for row in group.rows]
    values = [value for row in rows for value in (row.value, row.end, row.mark) if value]
    low, high = min(values), max(values)
    log = high / low > _WIDE
    if log:
        first = 10 ** math.floor(math.log10(low) - 0.1)
        decades = max(math.log(far / first) / room for far, room in _ends(rows))
        log_axis(axes, first, first * math.exp(decades))
    else:
        axes.set_xlim(0, max(top or 0, *(far / room for far, room in _ends(rows))))
    start = axes.get_xlim()[0]
    y, ticks, names = 0.0, [], []
    for group in groups:
        y = heading(axes, theme, group.title, y)
        for row in group.rows:
            _draw_row(axes, theme, row, y, start, log=log)
            ticks.append(y)
            names.append(words(row.name))
            y -= 1
        y -= GAP
    finish(axes, ticks, names, y)
    if not log:
        axes.locator_params(axis="x", nbins=5)


def _furthest(row: Row) -> float | None:
    """Return where a row ends, its number not counted; None where it is empty."""
    return max((value for value in (row.value, row.end, row.mark) if value), default=None)


def _ends(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return where each row ends, and which share of the axis its number leaves for it."""
    return [
        (furthest, 0.95 - 0.021 * len(row.text)) for row in rows if (furthest := _furthest(row))
    ]


def _draw_row(axes: Axes, theme: Theme, row: Row, y: float, start: float, *, log: bool) -> None:
    if row.value is not None and log:
        axes.plot([start, row.value], [y, y], color=theme.line, linewidth=1.2)
        axes.plot([row.value], [y], "o", color=row.colour, markersize=7, zorder=4)
    elif row.value is not None:
        axes.barh(y, row.value, height=0.66, color=row.colour)
    if row.value is not None and row.end is not None and row.end > row.value:
        axes.plot([row.value, row.end], [y, y], color=theme.ink, linewidth=1.1)
        axes.plot([row.end], [y], "|", color=theme.ink, markersize=7, markeredgewidth=1.1)
    if row.mark is not None:
        axes.plot([row.mark], [y], "|", color=theme.ink, markersize=11, markeredgewidth=1.6)
    axes.annotate(row.text, (_furthest(row) or start, y), (6, 0), **label(theme))


def stage_chart(
    name: str, title: str, note: str, groups: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Chart:
    """Return a chart of what each stage takes, one behind the other.

    groups: {machine: {variant: {stage: ms}}}.
    """
    lines = sum(len(variants) for variants in groups.values())
    height = ROW_IN * lines + HEAD_IN * len(groups) + FOOT_IN + 0.5

    def draw(axes: Axes, theme: Theme) -> None:
        y, ticks, names = 0.0, [], []
        for machine, variants in groups.items():
            y = heading(axes, theme, machine, y)
            for variant, stages in variants.items():
                _draw_stages(axes, theme, stages, y)
                ticks.append(y)
                names.append(words(variant))
                y -= 1
            y -= GAP
        finish(axes, ticks, names, y)
        axes.set_xlim(0, 118)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel("%")
        seen = {stage for variants in groups.values() for s in variants.values() for stage in s}
        legend(axes, {name: STAGE_COLOURS[name] for name in STAGES if name in seen}, "s")

    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def _draw_stages(axes: Axes, theme: Theme, stages: Mapping[str, float], y: float) -> None:
    total, left = sum(stages.values()), 0.0
    for stage, took_ms in stages.items():
        share = 100 * took_ms / total
        axes.barh(y, share, left=left, height=0.66, color=STAGE_COLOURS[stage])
        left += share
        axes.plot([left, left], [y - 0.33, y + 0.33], color=theme.ground, linewidth=0.8)
    axes.annotate(figure(total), (100, y), (6, 0), **label(theme))


def heading(axes: Axes, theme: Theme, text: str, y: float) -> float:
    """Write the name of a group; return where its first row lies."""
    written = axes.text(
        0, y, shortened(text), transform=axes.get_yaxis_transform(), va="center", **bold(theme)
    )
    written.set_in_layout(False)  # or a long name would squeeze the axes
    return y - (HEAD_IN + ROW_IN) / 2 / ROW_IN


def finish(axes: Axes, ticks: list[float], names: list[str], y: float) -> None:
    """Name the rows, and leave the last one room."""
    axes.set_yticks(ticks, names)
    axes.set_ylim(y + 0.5, 0.7)
    axes.grid(visible=True)
    axes.spines[["left", "bottom"]].set_visible(False)


def label(theme: Theme) -> dict[str, Any]:
    """Return how numbers are written beside rows, in a box that keeps the grid out of them."""
    box = {"facecolor": theme.ground, "edgecolor": "none", "pad": 1.5}
    return {"textcoords": "offset points", "va": "center", "color": theme.ink, "bbox": box}

"""Draw how a latency is spread: its middle, and how far its tail reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge_app.style import variant_colour, words
from host_tools.charts.bars import FOOT_IN, GAP, HEAD_IN, ROW_IN, finish, heading, label
from host_tools.charts.drawing import Chart, Theme, log_axis, png
from host_tools.report.figures import Spread
from host_tools.report.sentences import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTHS_PT = (7.0, 4.5, 2.2, 0.9)  # up to p90, p95, p99 and the slowest


def tail_chart(
    name: str, title: str, note: str, groups: Mapping[str, Mapping[str, Spread]]
) -> Chart:
    """Return a chart with a line per variant, from the median to the slowest run.

    groups: {machine: {variant: spread}}.
    """
    lines = sum(len(spreads) for spreads in groups.values())
    height = ROW_IN * lines + HEAD_IN * len(groups) + FOOT_IN
    longest_ms = max(
        s.max_ms or s.typical_ms for spreads in groups.values() for s in spreads.values()
    )
    shortest_ms = min(s.typical_ms for spreads in groups.values() for s in spreads.values())

    def draw(axes: Axes, theme: Theme) -> None:
        # A tail is told by its ratio to the median, which a log axis shows alike everywhere.
        log_axis(axes, shortest_ms / 1.3, longest_ms * (longest_ms / shortest_ms) ** 0.45 * 1.3)
        y, ticks, names = 0.0, [], []
        for machine, spreads in groups.items():
            y = heading(axes, theme, machine, y)
            for variant, spread in spreads.items():
                _draw_tail(axes, theme, spread, variant_colour(variant), y)
                ticks.append(y)
                names.append(words(variant))
                y -= 1
            y -= GAP
        finish(axes, ticks, names, y)
        axes.set_xlabel("ms a frame")

    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def _draw_tail(axes: Axes, theme: Theme, spread: Spread, colour: str, y: float) -> None:
    places = [spread.typical_ms, spread.p90_ms, spread.p95_ms, spread.p99_ms, spread.max_ms]
    known = [place if place is not None else spread.typical_ms for place in places]
    for start, stop, width in zip(known, known[1:], _WIDTHS_PT, strict=False):
        axes.plot([start, stop], [y, y], color=colour, linewidth=width, solid_capstyle="butt")
    axes.plot([known[0]], [y], "o", color=theme.ink, markersize=4, zorder=4)
    axes.plot([known[-1]], [y], "|", color=colour, markersize=7, markeredgewidth=1.4)
    text = f"{figure(known[0])}, p99 {figure(known[3])}"
    axes.annotate(text, (known[-1], y), (6, 0), **label(theme))

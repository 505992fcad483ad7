"""The chart of a training: panels below one another, over the same axis."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host_tools.charts.drawing import LIGHT, WIDTH_IN, Theme, bold, render_figure
from host_tools.train.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEAD_IN, _PANEL_IN, _FOOT_IN = 0.75, 1.75, 0.6
_NOTE_WIDTH = 74  # characters of a line below the chart

# Figures of the training data stay grey; those that count stand out. No variant has these.
TRAINED, HELD_OUT, RATE = "#98A4B0", "#0072B2", "#9C85D6"


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of a panel.

    name: of the figure in the records. label: in the legend, with the last value to so many
    places, or as `text` writes it. scale: 100 turns shares into per cent.
    """

    name: str
    label: str
    colour: str
    places: int = 3
    scale: float = 1.0
    text: Callable[[float], str] | None = None


@dataclass(frozen=True, slots=True)
class HistoryPanel:
    """One part of the chart; `unit` names its axis, which may be logarithmic."""

    title: str
    unit: str
    lines: Sequence[HistoryLine]
    log: bool = False


def history_chart(
    history: History,
    panels: Sequence[HistoryPanel],
    *,
    title: str,
    note: str = "",
    over: str = "epoch",
    axis: str = "epoch",
    theme: Theme = LIGHT,
) -> bytes:
    """Return the chart as PNG.

    over: the figure on the common axis. axis: its name, with the unit if it has one.
    """

    def draw(figure: Figure, theme: Theme) -> None:
        figure.suptitle(title, x=0.02, ha="left", fontsize=12, **bold(theme))
        parts = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(parts, panels, strict=True):
            _draw_panel(axes, theme, history, panel, over)
        _finish_axis(parts[-1], history, over, axis)
        figure.align_ylabels(parts)
        if note:
            text = textwrap.fill(note, _NOTE_WIDTH)
            figure.supxlabel(text, x=0.02, ha="left", fontsize=8.5, color=theme.soft)

    height = _HEAD_IN + _PANEL_IN * len(panels) + _FOOT_IN
    return render_figure(draw, (WIDTH_IN, height), theme)


def _draw_panel(axes: Axes, theme: Theme, history: History, panel: HistoryPanel, over: str) -> None:
    for rank, line in enumerate(panel.lines):
        places, values = history.series(line.name, over)
        if not values:
            continue
        shown = [line.scale * value for value in values]
        last = line.text(values[-1]) if line.text else f"{shown[-1]:,.{line.places}f}"
        axes.plot(
            places,
            shown,
            "o-" if len(shown) <= 40 else "-",
            color=line.colour,
            linewidth=1.8,
            markersize=4.5,
            zorder=2 + rank,
            label=f"{line.label}, at last {last}",
        )
    axes.set_title(panel.title, loc="left", fontsize=10, pad=20, **bold(theme))
    axes.set_ylabel(panel.unit)
    axes.grid(visible=True, axis="both")
    axes.spines[["left", "bottom"]].set_visible(False)
    if panel.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")  # mathtext is off here
        axes.minorticks_off()
    else:
        axes.locator_params(axis="y", nbins=6)
    if not axes.get_lines():
        return  # no record has any of its figures
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        borderaxespad=0.1,
        borderpad=0,
        handlelength=1.4,
        handletextpad=0.4,
        columnspacing=1.2,
        labelcolor=theme.soft,
    )


def _finish_axis(axes: Axes, history: History, over: str, name: str) -> None:
    """Label the common axis; show only whole numbers if all its values are whole."""
    from matplotlib.ticker import MaxNLocator

    places = [record[over] for record in history.records if over in record]
    whole = all(place == int(place) for place in places)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=whole))
    axes.set_xlabel(name)

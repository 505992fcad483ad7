"""Keep what every epoch of a training brought, as JSON and as one chart."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_app.atomic import atomic_file
from edge_app.errors import ModelError
from host_tools.charts.drawing import LIGHT, WIDTH_IN, Theme, bold, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCHEMA = 1
_HEAD_IN, _PANEL_IN, _FOOT_IN = 0.75, 1.75, 0.6
_NOTE_WIDTH = 74  # characters of a line below the chart

# What is seen while training stays grey; the figures that count stand out. No variant has these.
TRAINED, HELD_OUT, RATE = "#98A4B0", "#0072B2", "#9C85D6"


@dataclass(frozen=True, slots=True)
class History:
    """Hold one record per epoch: named figures, of which any may be missing.

    settings: what the training was asked for.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[Mapping[str, float], ...] = ()

    def and_then(self, **figures: float) -> History:
        """Return the history with one more record."""
        return History(self.settings, (*self.records, figures))

    def series(self, name: str, over: str) -> tuple[list[float], list[float]]:
        """Return a figure and what it is drawn over, from the records that have both."""
        known = [record for record in self.records if name in record and over in record]
        return [record[over] for record in known], [record[name] for record in known]


@dataclass(frozen=True, slots=True)
class Line:
    """Say how one figure is drawn.

    name: in the records. label: in the legend. places: of its last value there. scale: 100 turns
    shares into per cent.
    """

    name: str
    label: str
    colour: str
    places: int = 3
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """Say what one part of the chart shows; `unit` names its axis. log: of the axis."""

    title: str
    unit: str
    lines: Sequence[Line]
    log: bool = False


def as_json(history: History) -> dict[str, Any]:
    """Return a history as what is written of it."""
    return {
        "schema": _SCHEMA,
        "settings": dict(history.settings),
        "records": [dict(record) for record in history.records],
    }


def from_json(values: Any) -> History:
    """Return the history that was written; raise ValueError where it is none."""
    try:
        if values["schema"] != _SCHEMA:
            raise ValueError(f"schema {values['schema']}")
        records = tuple({str(k): float(v) for k, v in one.items()} for one in values["records"])
        return History(dict(values["settings"]), records)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"no history: {fault!r}") from fault


def write_history(history: History, path: Path) -> None:
    """Write a history as JSON, in one step; raise ModelError where it cannot be."""
    with atomic_file(path) as draft:
        draft.write_text(json.dumps(as_json(history), indent=2) + "\n")


def read_history(path: Path) -> History:
    """Read a history; raise ModelError where the file is none."""
    try:
        return from_json(json.loads(path.read_text()))
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    except ValueError:
        raise ModelError(f"{path} is no history of a training; train again to get one") from None


def history_chart(
    history: History,
    panels: Sequence[ChartPanel],
    *,
    title: str,
    note: str = "",
    over: str = "epoch",
    axis: str = "epoch",
    theme: Theme = LIGHT,
) -> bytes:
    """Return one PNG with the panels below one another, all over the same axis.

    over: the figure on that axis. axis: its name, with the unit where it has one.
    """

    def draw(figure: Figure, theme: Theme) -> None:
        figure.suptitle(title, x=0.02, ha="left", fontsize=12, **bold(theme))
        parts = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(parts, panels, strict=True):
            _draw_panel(axes, theme, history, panel, over)
        _finish(parts[-1], history, over, axis)
        figure.align_ylabels(parts)
        if note:
            told = textwrap.fill(note, _NOTE_WIDTH)
            figure.supxlabel(told, x=0.02, ha="left", fontsize=8.5, color=theme.soft)

    height = _HEAD_IN + _PANEL_IN * len(panels) + _FOOT_IN
    return picture(draw, (WIDTH_IN, height), theme)


def _draw_panel(axes: Axes, theme: Theme, history: History, panel: ChartPanel, over: str) -> None:
    for rank, line in enumerate(panel.lines):
        places, values = history.series(line.name, over)
        if not values:
            continue
        shown = [line.scale * value for value in values]
        axes.plot(
            places,
            shown,
            "o-" if len(shown) <= 40 else "-",
            color=line.colour,
            linewidth=1.8,
            markersize=4.5,
            zorder=2 + rank,
            label=f"{line.label}, at last {shown[-1]:,.{line.places}f}",
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
        return  # nothing of it was taken yet
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


def _finish(axes: Axes, history: History, over: str, axis: str) -> None:
    """Name the common axis, and show whole epochs only."""
    from matplotlib.ticker import MaxNLocator

    places = [record[over] for record in history.records if over in record]
    whole = all(place == int(place) for place in places)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=whole))
    axes.set_xlabel(axis)

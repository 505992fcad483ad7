"""Charts of dots: quality against time, and the IoU of every class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_app.style import variant_colour
from edge_app.variant_names import in_shown_order
from host_tools.charts.drawing import Chart, Theme, legend, log_axis, png, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LARGEST, _SMALLEST = 9.5, 2.5  # dots of the first and the last variant of a class, in points


@dataclass(frozen=True, slots=True)
class Point:
    """One variant on one machine in the chart of quality against time."""

    variant: str
    time_ms: float
    quality: float
    bytes: int | None


def pareto_chart(
    name: str,
    title: str,
    note: str,
    series: Mapping[str, Sequence[Point]],
    quality: str,
    among: Sequence[str] = (),
) -> Chart:
    """Return a chart of quality against time, with a line through the best of each machine.

    series: {machine: its variants}. A dot's area is the file's size.
    among: names of all variants of the page; see `variant_colour`.
    """
    height = 3.2 + 0.25 * len(series)

    def draw(axes: Axes, theme: Theme) -> None:
        every = [point for points in series.values() for point in points]
        times = [point.time_ms for point in every]
        if max(times) / min(times) > 12:
            log_axis(axes, min(times) / 1.6, max(times) * 1.6)
        largest = max(point.bytes or 0 for point in every)
        for (machine, points), shape in zip(series.items(), "osD^vP*X" * len(series), strict=False):
            front = pareto_front(points)
            line = [[point.time_ms for point in front], [point.quality for point in front]]
            axes.plot(*line, color=theme.soft, linewidth=1, zorder=1)
            for point in sorted(points, key=lambda one: -(one.bytes or 0)):
                share = (point.bytes or largest) / largest if largest else 0.5
                axes.scatter(
                    point.time_ms,
                    point.quality,
                    s=30 + 190 * share,
                    marker=shape,
                    color=variant_colour(point.variant, among),
                    edgecolors=theme.ground,
                    linewidths=1.2,
                    zorder=2,
                )
            if len(series) > 1:
                axes.plot([], [], shape, color=theme.soft, label=shortened(machine), markersize=6)
        _pad(axes, times, [point.quality for point in every])
        axes.grid(visible=True, axis="both")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.locator_params(axis="y", nbins=6)
        axes.set_xlabel("ms per frame, the network alone")
        axes.set_ylabel(quality)
        shown = in_shown_order(dict.fromkeys(point.variant for point in every))
        legend(axes, {name: variant_colour(name, among) for name in shown}, "o")

    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Return the points that are better than every faster one, fastest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one.time_ms, -one.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front


def class_chart(
    name: str,
    title: str,
    note: str,
    classes: Mapping[str, Mapping[str, float | None]],
    among: Sequence[str] = (),
) -> Chart:
    """Return a chart of the IoU of every class, one dot per variant.

    classes: {class: {variant: IoU}}, without classes that never occur.
    among: as in `pareto_chart`.
    """
    height = 0.235 * len(classes) + 1.1

    def draw(axes: Axes, theme: Theme) -> None:
        variants = list(dict.fromkeys(v for scores in classes.values() for v in scores))
        step = min(2.0, (_LARGEST - _SMALLEST) / max(1, len(variants) - 1))
        for place, scores in enumerate(classes.values()):
            known = [value for value in scores.values() if value is not None]
            axes.plot([0, max(known)], [-place] * 2, color=theme.line, linewidth=1, zorder=1)
            for rank, variant in enumerate(variants):
                value = scores.get(variant)
                if value is not None:
                    axes.plot(
                        [value],
                        [-place],
                        "o",
                        color=variant_colour(variant, among),
                        markersize=_LARGEST - step * rank,  # equal values show as rings
                        markeredgewidth=0,
                        zorder=2 + rank,
                    )
        axes.set_yticks([-place for place in range(len(classes))], list(classes))
        axes.set_xlim(-0.015, 1.02)
        axes.set_ylim(-len(classes) + 0.4, 0.6)
        axes.grid(visible=True)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_xlabel("IoU")
        legend(axes, {variant: variant_colour(variant, among) for variant in variants}, "o")

    return Chart(name, title, note, lambda theme: png(draw, height, theme))


def _pad(axes: Axes, times: Sequence[float], qualities: Sequence[float]) -> None:
    """Leave a margin around the dots, without magnifying meaningless differences."""
    low, high = min(qualities), max(qualities)
    spread = max(high - low, 1.0 if high > 1 else 0.01)
    axes.set_ylim(low - 0.3 * spread, high + 0.3 * spread)
    if axes.get_xscale() != "log":
        axes.set_xlim(0, max(times) * 1.15)
        axes.locator_params(axis="x", nbins=6)

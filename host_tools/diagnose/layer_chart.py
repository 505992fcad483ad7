"""The chart of every layer's error, in the order the layers run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_app.style import variant_colour
from host_tools.charts.drawing import LIGHT, Theme, bold, render_figure
from host_tools.diagnose.advice import GOOD_DB, POOR_DB, layer_names, worst_layers
from host_tools.diagnose.measure import LayerComparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBERED = 6  # of the worst layers
_LOW_DB, _HIGH_DB = -10.0, 60.0
_POOR, _INT8 = "#D55E00", variant_colour("int8")


def layer_chart(comparison: LayerComparison, title: str) -> bytes:
    """Return a PNG of the SNR and the used levels of every layer."""

    def draw(figure: Figure, theme: Theme) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_snr(above, theme, comparison)
        above.set_title(title, loc="left", fontsize=12, **bold(theme))
        figure.legend(loc="outside right upper", handlelength=1.6)
        used = [
            (layer.order, 100 * layer.range_use)
            for layer in comparison.layers
            if layer.range_use is not None
        ]
        below.bar(*zip(*used, strict=True), color=_INT8, width=0.9)
        below.set_ylim(0, 100)
        below.set_ylabel("levels used, % of 256")
        below.set_xlabel("operator, in the order they run")
        for axes in (above, below):
            axes.margins(x=0.01)

    return render_figure(draw, (14, 7), LIGHT)


def _draw_snr(axes: Axes, theme: Theme, comparison: LayerComparison) -> None:
    axes.axhspan(_LOW_DB, POOR_DB, color=_POOR, alpha=0.07, lw=0)
    axes.axhline(GOOD_DB, color=theme.soft, lw=0.8, ls=":")
    for level_db, text, va in (
        (GOOD_DB, f" good: {GOOD_DB:.0f} dB and more", "bottom"),
        (POOR_DB, f" poor: below {POOR_DB:.0f} dB", "top"),
    ):
        transform = axes.get_yaxis_transform()
        axes.text(1.0, level_db, text, transform=transform, color=theme.soft, va=va)
    layers = comparison.layers
    steps = [(one.order, _clipped(one.grid_db)) for one in layers if one.grid_db is not None]
    axes.plot(
        *zip(*steps, strict=True), color="#98A4B0", lw=1, label="SNR of its own 256 steps alone"
    )
    orders, snr_db = [one.order for one in layers], [_clipped(one.snr_db) for one in layers]
    axes.plot(orders, snr_db, "o-", color=_INT8, lw=2, markersize=3, label="SNR of int8")
    shown = layer_names(comparison)
    for number, layer in enumerate(worst_layers(comparison, _NUMBERED), 1):
        place = (layer.order, _clipped(layer.snr_db))
        label = f"{number}  {shown[layer.name]} ({layer.kind}) loses {layer.lost_db:.1f} dB"
        axes.plot(*place, "o", color=theme.ink, markersize=8, markerfacecolor="none", label=label)
        axes.annotate(str(number), place, (7, 5), textcoords="offset points", **bold(theme))
    axes.set_ylabel("SNR, dB")


def _clipped(value_db: float) -> float:
    """Return a value within the chart; beyond its ends the difference does not matter."""
    return max(_LOW_DB, min(_HIGH_DB, value_db))

"""Draw where int8 loses: the error of every layer, in the order they run."""

from __future__ import annotations

from pathlib import Path

from edge_app.errors import ModelError
from edge_app.style import variant_colour
from host_tools.diagnose.advice import GOOD_DB, POOR_DB, worst_layers
from host_tools.diagnose.measure import LayerComparison
from host_tools.tflite.flatbuffer import short_name

_NAMED = 6
_LOW_DB, _HIGH_DB = -10.0, 60.0
_WORD = {"color": "#98A4B0", "ha": "right", "va": "bottom"}
_INK, _FAINT = "#1d2630", "#98A4B0"


def write_chart(found: LayerComparison, title: str, path: Path) -> Path:
    """Write a PNG of SNR and range use over the layers; raise ModelError where it cannot be."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as fault:
        raise ModelError(f"matplotlib does not load ({fault}); pip install matplotlib") from fault
    figure = Figure(figsize=(14, 7), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    orders = [layer.order for layer in found.layers]
    snr_db = [_seen(layer.snr_db) for layer in found.layers]
    grid = [(one.order, _seen(one.grid_db)) for one in found.layers if one.grid_db is not None]
    above.axhspan(_LOW_DB, POOR_DB, color="#D55E00", alpha=0.07, lw=0)
    above.axhline(GOOD_DB, color=_FAINT, lw=0.8, ls=":")
    for level_db, word in ((GOOD_DB, "good"), (POOR_DB, "poor")):
        above.text(0.995, level_db, word, transform=above.get_yaxis_transform(), **_WORD)
    above.plot(*zip(*grid, strict=True), color=_FAINT, lw=1, label="its own 256 steps alone")
    above.plot(
        orders, snr_db, color=variant_colour("int8"), lw=2, marker="o", ms=3, label="int8 as it is"
    )
    for number, layer in enumerate(worst_layers(found, _NAMED), 1):
        place = (layer.order, _seen(layer.snr_db))
        what = f"{number}  {short_name(layer.name, 22)} ({layer.kind}) loses {layer.lost_db:.0f} dB"
        above.plot(*place, color=_INK, marker="o", ms=8, mfc="none", ls="", label=what)
        above.annotate(
            str(number), place, xytext=(7, 5), textcoords="offset points", color=_INK, weight="bold"
        )
    above.set_ylabel("signal over error, dB")
    above.set_title(title, loc="left", color=_INK, fontsize=12)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    used = [(one.order, 100 * one.range_use) for one in found.layers if one.range_use is not None]
    below.bar(*zip(*used, strict=True), color=variant_colour("int8"), width=0.9)
    below.set_ylim(0, 100)
    below.set_ylabel("of 256 levels, %")
    below.set_xlabel("operator, in the order they run")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=_INK)
        axes.margins(x=0.01)
    figure.savefig(path)
    return path


def _seen(value_db: float) -> float:
    """Keep a value within the chart: beyond these ends it makes no difference."""
    return max(_LOW_DB, min(_HIGH_DB, value_db))

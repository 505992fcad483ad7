"""Say in words what a comparison found, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.style import count
from host_tools.diagnose.measure import EXACT_DB, LayerComparison, LayerError
from host_tools.tflite.flatbuffer import fused_names, short_name

GOOD_DB, POOR_DB = 20.0, 10.0
# Fewer levels than this of an input cannot tell a street from a wall.
_INPUT_USE = 0.15
_LOSS_DB = 3.0
_NAMED = 5


def worst_layers(found: LayerComparison, most: int = 15) -> tuple[LayerError, ...]:
    """Return the layers that lose most of what their inputs still had, worst first.

    A layer's own SNR cannot tell: all that follow a bad one are bad. Those whose own answer is
    still good are left out.
    """
    losing = [layer for layer in found.layers if layer.lost_db > 0 and layer.snr_db < 2 * GOOD_DB]
    return tuple(sorted(losing, key=lambda layer: -layer.lost_db)[:most])


def verdict(found: LayerComparison) -> str:
    """Tell in one sentence how much of float32's answer int8 still gives."""
    answer = found.answer or min(found.layers, key=lambda layer: layer.snr_db)
    what = "its answer" if found.answer else f"its worst layer, {short_name(answer.name)},"
    state = (
        "agrees with float32"
        if answer.snr_db >= GOOD_DB
        else "is worn"
        if answer.snr_db >= POOR_DB
        else "has collapsed"
    )
    return (
        f"int8: {what} {state}, {decibel_text(answer.snr_db)} "
        f"over {count(found.samples, 'picture')}"
    )


def advice(found: LayerComparison) -> list[str]:
    """Name the causes that the figures show, each with what to do."""
    said = []
    given = found.given
    if given.range_use is not None and given.range_use < _INPUT_USE:
        said.append(
            f"the input uses {round(256 * given.range_use)} of 256 levels: it holds "
            f"{_span(given.low, given.high)}, pictures give {_span(given.least, given.greatest)}; "
            "it was calibrated on pictures prepared otherwise. That spoils all that follows: "
            "convert again with the right mean and std, and diagnose that"
        )
        return said
    clipped = [layer for layer in found.layers if (layer.saturated or 0) > 0.01]
    if clipped:
        worst = max(clipped, key=lambda layer: layer.saturated or 0)
        said.append(
            f"{count(len(clipped), 'layer')} cannot hold what occurs, {short_name(worst.name)} "
            f"clips {100 * (worst.saturated or 0):.0f} % of its values; calibrate on more, and on "
            "more different, pictures"
        )
    coarse = [
        layer for layer in found.layers if layer.grid_db is not None and layer.grid_db < GOOD_DB
    ]
    if coarse:
        worst = min(coarse, key=lambda layer: layer.grid_db or 0)
        said.append(
            f"{count(len(coarse), 'layer')} have steps too coarse for most of their values, "
            f"first of all {short_name(worst.name)}: it holds {_span(worst.low, worst.high)} and "
            f"mostly needs {_span(worst.least, worst.greatest)}"
        )
    losing = [layer for layer in worst_layers(found, _NAMED) if layer.lost_db >= _LOSS_DB]
    answer = found.answer
    if losing and (answer is None or answer.snr_db < GOOD_DB):
        named = ", ".join(
            f"{short_name(layer.name, 24)} ({layer.kind}) loses {layer.lost_db:.0f} dB"
            for layer in losing
        )
        said.append(f"most is lost in: {named}")
        patterns = " ".join(f"--keep-float '{pattern_of(layer)}'" for layer in losing)
        said.append(f"leave them in float: host-tools convert ... {patterns}")
    return said


def pattern_of(layer: LayerError) -> str:
    """Return a pattern for --keep-float that names this layer, of its name's first part."""
    name = (fused_names(layer.name) or (layer.name,))[0]
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in name)


def kinds_of(layers: Sequence[LayerError]) -> dict[str, float]:
    """Return how many decibels each kind of operator loses in all, most first."""
    lost: dict[str, float] = {}
    for layer in layers:
        lost[layer.kind] = lost.get(layer.kind, 0.0) + max(0.0, layer.lost_db)
    return dict(sorted(lost.items(), key=lambda pair: -pair[1]))


def decibel_text(value_db: float) -> str:
    """Write decibels; what does not differ at all is exact."""
    return "exact" if value_db >= EXACT_DB else f"{value_db:.1f} dB"


def _span(low: float | None, high: float | None) -> str:
    return f"{low or 0:.3g} to {high or 0:.3g}"

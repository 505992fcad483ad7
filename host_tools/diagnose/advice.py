"""What a comparison found in sentences, and what to do about it."""

from collections import Counter
from collections.abc import Sequence

from edge_app.style import count
from host_tools.diagnose.measure import EXACT_DB, LayerComparison, LayerError
from host_tools.diagnose.repair import RepairTrial
from host_tools.tflite.flatbuffer import first_name

GOOD_DB, POOR_DB = 20.0, 10.0
# With fewer levels than this share of the input, a street looks like a wall.
_INPUT_USE = 0.15
_LOSS_DB = 3.0
_SHARED = 0.8  # of the layers, from which on a folder says nothing
_NAMED = 5


def worst_layers(comparison: LayerComparison, most: int = 15) -> tuple[LayerError, ...]:
    """Return the layers that lose most of what their inputs still had, worst first.

    A layer's own SNR does not show this, since all that follow a bad layer are bad. Layers
    with a good output are left out.
    """
    losing = [
        layer for layer in comparison.layers if layer.lost_db > 0 and layer.snr_db < 2 * GOOD_DB
    ]
    return tuple(sorted(losing, key=lambda layer: -layer.lost_db)[:most])


def layer_names(comparison: LayerComparison) -> dict[str, str]:
    """Return the names of all layers as they are shown: without the folder that nearly all share.

    A converter puts the model's name before that of every layer but the output.
    """
    names = {layer.name: first_name(layer.name) for layer in comparison.layers}
    while True:
        folders = Counter(name.partition("/")[0] for name in names.values() if "/" in name)
        folder, uses = folders.most_common(1)[0] if folders else ("", 0)
        if uses < _SHARED * len(names):
            return names
        names = {name: shown.removeprefix(f"{folder}/") for name, shown in names.items()}


def verdict(comparison: LayerComparison) -> str:
    """Return one sentence on how near int8's output is to float32's."""
    judged = comparison.output or min(comparison.layers, key=lambda layer: layer.snr_db)
    shown = layer_names(comparison)
    name = "its output" if comparison.output else f"its worst layer, {shown[judged.name]},"
    state = (
        "agrees with float32"
        if judged.snr_db >= GOOD_DB
        else "is degraded"
        if judged.snr_db >= POOR_DB
        else "has collapsed"
    )
    images = count(comparison.samples, "image")
    return f"int8: {name} {state}, {decibel_text(judged.snr_db)} over {images}"


def advice(comparison: LayerComparison) -> list[str]:
    """Return the causes that the figures show, each with what to do."""
    taken = comparison.input
    if taken.range_use is not None and taken.range_use < _INPUT_USE:
        return [
            f"the input uses {round(256 * taken.range_use)} of 256 levels: it covers "
            f"{_span(taken.low, taken.high)}, images give {_span(taken.least, taken.greatest)}; "
            "it was calibrated on images with another mean and std, which spoils all that "
            "follows: convert again with the right ones, then diagnose that"
        ]
    found, shown = [], layer_names(comparison)
    clipped = [layer for layer in comparison.layers if (layer.saturated or 0) > 0.01]
    if clipped:
        worst = max(clipped, key=lambda layer: layer.saturated or 0)
        found.append(
            f"the range of {count(len(clipped), 'layer')} is too small, {shown[worst.name]} "
            f"clips {100 * (worst.saturated or 0):.0f} % of its values; calibrate on more, and "
            "more varied, images"
        )
    coarse = [
        layer
        for layer in comparison.layers
        if layer.grid_db is not None and layer.grid_db < GOOD_DB
    ]
    if coarse:
        worst = min(coarse, key=lambda layer: layer.grid_db or 0)
        found.append(
            f"the steps of {count(len(coarse), 'layer')} are too coarse for most of their values; "
            f"the worst is {shown[worst.name]}, which covers {_span(worst.low, worst.high)} "
            f"and needs {_span(worst.least, worst.greatest)}"
        )
    losing = [layer for layer in worst_layers(comparison, _NAMED) if layer.lost_db >= _LOSS_DB]
    if losing and (comparison.output is None or comparison.output.snr_db < GOOD_DB):
        named = ", ".join(
            f"{shown[layer.name]} ({layer.kind}) loses {layer.lost_db:.0f} dB" for layer in losing
        )
        found.append(f"most is lost in: {named}")
        patterns = " ".join(f"--keep-float '{pattern_of(layer)}'" for layer in losing)
        found.append(f"leave them in float: host-tools convert ... {patterns}")
    return found


def repair_advice(trials: Sequence[RepairTrial]) -> str:
    """Return what the trials gained, and how to convert with it."""
    plain, best = trials[0], trials[-1]
    if best.snr_db < plain.snr_db + 1:
        return (
            f"leaving operators in float does not help ({decibel_text(best.snr_db)}); the loss "
            "is in the convolutions' 8-bit weights: try dynamic_range"
        )
    patterns = " ".join(f"--keep-float {kind}" for kind in best.kept)
    return (
        f"from {decibel_text(plain.snr_db)} to {decibel_text(best.snr_db)}: "
        f"host-tools convert ... {patterns}"
    )


def pattern_of(layer: LayerError) -> str:
    """Return a pattern for --keep-float that matches the first part of this layer's name."""
    name = first_name(layer.name)
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in name)


def lost_by_kind(layers: Sequence[LayerError]) -> dict[str, float]:
    """Return the decibels lost by each kind of operator, most first."""
    lost: dict[str, float] = {}
    for layer in layers:
        lost[layer.kind] = lost.get(layer.kind, 0.0) + max(0.0, layer.lost_db)
    return dict(sorted(lost.items(), key=lambda pair: -pair[1]))


def decibel_text(value_db: float) -> str:
    """Format decibels; "exact" if nothing differs."""
    return "exact" if value_db >= EXACT_DB else f"{value_db:.1f} dB"


def _span(low: float | None, high: float | None) -> str:
    return f"{low or 0:.3g} to {high or 0:.3g}"

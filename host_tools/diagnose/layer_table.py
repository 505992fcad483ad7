"""The tables of a diagnosis."""

from collections.abc import Sequence

from edge_app.console import CompactTable
from edge_app.style import NOTHING, file_size
from host_tools.diagnose.advice import (
    GOOD_DB,
    POOR_DB,
    decibel_text,
    layer_names,
    worst_layers,
)
from host_tools.diagnose.measure import LayerComparison, LayerError
from host_tools.diagnose.repair import RepairTrial

_CLIPPED = 0.0005  # share of values beyond the range that is shown: 0.1 %
_LEGEND = (
    "lost: dB less than the worst of its inputs has. SNR: energy of float32's values over that of "
    f"the error; {GOOD_DB:.0f} dB and more is good, below {POOR_DB:.0f} is poor. SNR of steps: if "
    "the layer's own 256 steps were the only error. levels: share of the 256 that occur."
)


def layer_table(comparison: LayerComparison, most: int = 15) -> CompactTable:
    """Return a table of the layers that lose most, worst first and numbered as in the chart."""
    layers, shown = worst_layers(comparison, most), layer_names(comparison)
    heads = ["", "layer", "operator", "lost\ndB", "SNR\ndB", "SNR of\nsteps", "levels\nused"]
    clips = _any_clipped(layers)
    table = CompactTable(
        "Layers that lose most, worst first", [*heads, "clipped"] if clips else heads, 3
    )
    for number, layer in enumerate(layers, 1):
        cells = [
            str(number),
            shown[layer.name],
            layer.kind,
            f"{layer.lost_db:.1f}",
            decibel_text(layer.snr_db).removesuffix(" dB"),
            NOTHING if layer.grid_db is None else decibel_text(layer.grid_db).removesuffix(" dB"),
            NOTHING if layer.range_use is None else f"{100 * layer.range_use:.0f} %",
        ]
        if clips:
            share = layer.saturated
            cells.append(NOTHING if share is None else f"{100 * share:.1f} %")
        table.add_row(*cells)
    return table


def layer_legend(comparison: LayerComparison, most: int = 15) -> str:
    """Return what the columns of `layer_table` are; no column is explained that it lacks."""
    clipped = ""
    if _any_clipped(worst_layers(comparison, most)):
        clipped = " clipped: share of values beyond them."
    return f"{_LEGEND}{clipped} The chart of --out has the same numbers."


def _any_clipped(layers: Sequence[LayerError]) -> bool:
    return any((layer.saturated or 0) >= _CLIPPED for layer in layers)


def input_line(comparison: LayerComparison) -> str:
    """Return how well the 8 bits of the input hold the images, which every layer starts from."""
    given = comparison.input
    if given.range_use is None or given.saturated is None:
        return f"input: float32, SNR {decibel_text(given.snr_db)}"
    return (
        f"input: SNR {decibel_text(given.snr_db)}, {100 * given.range_use:.0f} % of 256 levels "
        f"used, {100 * given.saturated:.1f} % clipped"
    )


def trial_table(trials: Sequence[RepairTrial]) -> CompactTable:
    """Return a table of the operators left in float, with the output's SNR and the file's size."""
    table = CompactTable(
        "Operators left in float, and the output's SNR", ("left in float", "SNR", "file"), wrap=True
    )
    for trial in trials:
        table.add_row(
            ", ".join(trial.kept) or "none", decibel_text(trial.snr_db), file_size(trial.bytes)
        )
    return table

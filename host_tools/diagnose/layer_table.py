"""The tables of a diagnosis."""

from collections.abc import Sequence

from edge_app.console import CompactTable
from edge_app.style import NOTHING, file_size
from host_tools.diagnose.advice import decibel_text, worst_layers
from host_tools.diagnose.measure import LayerComparison
from host_tools.diagnose.repair import RepairTrial
from host_tools.tflite.flatbuffer import short_name

LEGEND = (
    "lost: dB less than the worst of its inputs has. SNR: 40 is fine, 20 is visible, below 10 "
    "little is left. steps: SNR if its own 256 steps were the only error. levels: share of the "
    "256 that occur."
)


def layer_table(comparison: LayerComparison, most: int = 15) -> CompactTable:
    """Return a table of the layers that lose most, worst first, in 80 columns."""
    table = CompactTable(
        "Layers that lose most, worst first",
        ("layer", "operator", "lost", "SNR", "steps", "levels", "clipped"),
        text_columns=2,
    )
    for layer in (comparison.input, *worst_layers(comparison, most)):
        table.add_row(
            short_name(layer.name, 24),
            layer.kind,
            NOTHING if layer is comparison.input else f"{layer.lost_db:.1f}",
            decibel_text(layer.snr_db).removesuffix(" dB"),
            NOTHING if layer.grid_db is None else decibel_text(layer.grid_db).removesuffix(" dB"),
            NOTHING if layer.range_use is None else f"{100 * layer.range_use:.0f} %",
            NOTHING if layer.saturated is None else f"{100 * layer.saturated:.1f} %",
        )
    return table


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

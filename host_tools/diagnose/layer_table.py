"""Show a comparison as a table, and keep it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from edge_app.console import compact_table
from edge_app.style import NOTHING, file_size
from host_tools.diagnose.advice import advice, decibel_text, kinds_of, verdict, worst_layers
from host_tools.diagnose.measure import LayerComparison, LayerError
from host_tools.diagnose.repair import RepairTrial
from host_tools.tflite.flatbuffer import short_name


def layer_table(found: LayerComparison, most: int = 15) -> Table:
    """List the layers that lose most, worst first, in 80 columns."""
    table = compact_table(
        "Layers that lose most, worst first",
        ("layer", "operator", "lost", "SNR", "steps", "levels", "clipped"),
        left=2,
    )
    for layer in (found.given, *worst_layers(found, most)):
        table.add_row(
            short_name(layer.name, 24),
            layer.kind,
            NOTHING if layer is found.given else f"{layer.lost_db:.1f}",
            decibel_text(layer.snr_db).removesuffix(" dB"),
            NOTHING if layer.grid_db is None else decibel_text(layer.grid_db).removesuffix(" dB"),
            NOTHING if layer.range_use is None else f"{100 * layer.range_use:.0f} %",
            NOTHING if layer.saturated is None else f"{100 * layer.saturated:.1f} %",
        )
    return table


LEGEND = (
    "lost: dB less than the worst of its inputs had. SNR: 40 is fine, 20 shows, below 10 little "
    "is left. steps: what its own 256 steps would give. levels: how many of them occur."
)


def trial_table(trials: Sequence[RepairTrial]) -> Table:
    """List what was tried in float, and what the answer was worth then."""
    table = compact_table(
        "Operators left in float, and the answer's SNR", ("left in float", "SNR", "file"), left=1
    )
    table.columns[0].no_wrap = False
    for trial in trials:
        table.add_row(
            ", ".join(trial.kept) or "none",
            decibel_text(trial.snr_db),
            file_size(trial.bytes),
        )
    return table


def write_json(found: LayerComparison, trials: Sequence[RepairTrial], path: Path) -> Path:
    """Write everything that was found, every layer in the graph's order."""
    path.write_text(
        json.dumps(
            {
                "verdict": verdict(found),
                "advice": advice(found),
                "samples": found.samples,
                "answer_db": found.answer and round(found.answer.snr_db, 2),
                "lost_by_kind_db": {
                    kind: round(lost, 1) for kind, lost in kinds_of(found.layers).items()
                },
                "input": _entry(found.given),
                "layers": [_entry(layer) for layer in found.layers],
                "unmatched": list(found.unmatched),
                "trials": [asdict(trial) for trial in trials],
            },
            indent=1,
        )
        + "\n",
        "utf-8",
    )
    return path


def _entry(layer: LayerError) -> dict[str, object]:
    return {
        key: float(f"{value:.6g}") if isinstance(value, float) else value
        for key, value in asdict(layer).items()
    }

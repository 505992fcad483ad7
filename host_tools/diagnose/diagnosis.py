"""A diagnosis: the comparison of a pair, the trials to repair it, and both as files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.atomic import write_atomic
from edge_app.errors import ModelError
from host_tools.convert.activation_statistics import measure_ranges
from host_tools.diagnose.advice import advice, lost_by_kind, verdict
from host_tools.diagnose.layer_chart import layer_chart
from host_tools.diagnose.measure import LayerComparison, LayerError, compare
from host_tools.diagnose.model_pair import ModelPair
from host_tools.diagnose.repair import RepairTrial, find_repair
from host_tools.tflite.flatbuffer import read_graph

_JUDGED = 2  # images that a trial is judged on; the others only calibrate it
_ADVICE = "name another --out"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found of a pair; `trials` is empty unless a repair was wanted."""

    title: str
    comparison: LayerComparison
    trials: Sequence[RepairTrial] = ()


def diagnose(
    pair: ModelPair, samples: list[NDArray[np.float32]], progress: Progress, *, repair: bool
) -> Diagnosis:
    """Compare the pair layer by layer and, on request, look for a repair.

    samples: float32 of the input's shape each.
    """
    task = progress.add_task("comparing layer by layer", total=len(samples))
    comparison = compare(pair.float32, pair.int8, samples, lambda: progress.advance(task))
    trials = _repair_trials(pair, samples, progress) if repair else []
    return Diagnosis(pair.title, comparison, trials)


def _repair_trials(
    pair: ModelPair, samples: list[NDArray[np.float32]], progress: Progress
) -> list[RepairTrial]:
    task = progress.add_task("measuring ranges", total=len(samples))
    ranges = measure_ranges(pair.float32, samples, on_sample=lambda: progress.advance(task))
    kinds = len({operator.kind for operator in read_graph(pair.float32).operators})
    task = progress.add_task("trying", total=kinds)

    def on_trial(kept: str) -> None:
        progress.update(task, advance=1, description=f"trying without {kept}"[:60])

    return find_repair(pair.float32, pair.input, ranges, samples[:_JUDGED], on_trial)


def write_diagnosis(diagnosis: Diagnosis, out: Path) -> tuple[Path, Path]:
    """Write layers.png and layers.json; return their paths. Raises ModelError."""
    found = diagnosis.comparison
    chart, record = out / "layers.png", out / "layers.json"
    image = layer_chart(found, f"{diagnosis.title}, {verdict(found)}")
    write_atomic(chart, image, error=ModelError, advice=_ADVICE)
    content = {
        "kind": "diagnosis",
        "verdict": verdict(found),
        "advice": advice(found),
        "samples": found.samples,
        "answer_db": found.output and round(found.output.snr_db, 2),
        "lost_by_kind_db": {
            kind: round(lost, 1) for kind, lost in lost_by_kind(found.layers).items()
        },
        "input": _layer_record(found.input),
        "layers": [_layer_record(layer) for layer in found.layers],
        "unmatched": list(found.unmatched),
        "trials": [asdict(trial) for trial in diagnosis.trials],
    }
    text = json.dumps(content, indent=1) + "\n"
    write_atomic(record, text, error=ModelError, advice=_ADVICE)
    return chart, record


def _layer_record(layer: LayerError) -> dict[str, object]:
    return {
        key: float(f"{value:.6g}") if isinstance(value, float) else value
        for key, value in asdict(layer).items()
    }

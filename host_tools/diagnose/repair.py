"""Trials of int8 with some operators left in float."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.model.card import InputSpec
from host_tools.convert.activation_statistics import TensorRanges
from host_tools.convert.ai_edge import quantize
from host_tools.diagnose.measure import decibels
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner

# The operators that int8 makes fast; leaving them in float would gain nothing.
_HEAVY = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
# Decibels of the output that a kind may cost and still go back to 8 bits.
_WORTH_DB = 0.5


@dataclass(frozen=True, slots=True)
class RepairTrial:
    """One trial: the kinds left in float, the output's SNR against float32, the file's size."""

    kept: tuple[str, ...]
    snr_db: float
    bytes: int


def find_repair(
    float32: bytes,
    input_spec: InputSpec,
    ranges: TensorRanges,
    samples: Sequence[NDArray[np.float32]],
    on_trial: Callable[[str], None] = lambda kept: None,  # noqa: ARG005
) -> list[RepairTrial]:
    """Try kinds of operators in float; return every trial, plain int8 first, the best last.

    First all kinds but the heavy ones are left in float. Then each goes back to 8 bits if that
    costs the output next to nothing. A search the other way round would stop at once, since
    nothing helps as long as a second culprit is left.
    samples: float32 inputs to judge on; a few are enough.
    on_trial: called before each trial with the kinds left in float.
    """
    wanted = _outputs(float32, samples)

    def attempt(kept: tuple[str, ...]) -> RepairTrial:
        on_trial(", ".join(kept) or "none")
        made = quantize(float32, "int8", input=input_spec, ranges=ranges, keep_float=kept)
        return RepairTrial(kept, _snr_db(wanted, _outputs(made, samples)), len(made))

    trials = [attempt(())]
    kept = tuple(sorted({operator.kind for operator in read_graph(float32).operators} - _HEAVY))
    if not kept:
        return trials
    best = attempt(kept)
    trials.append(best)
    for kind in kept:
        fewer = tuple(one for one in best.kept if one != kind)
        if not fewer:
            break
        trial = attempt(fewer)
        trials.append(trial)
        if trial.snr_db >= best.snr_db - _WORTH_DB:
            best = trial
    if trials[-1] is not best:
        trials.append(best)
    return trials


def _outputs(model: bytes, samples: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    graph = GraphRunner(model, inner=False)
    outputs = []
    for sample in samples:
        graph.run(sample)
        outputs.append(graph.output_values())
    return outputs


def _snr_db(wanted: list[NDArray[np.float32]], actual: list[NDArray[np.float32]]) -> float:
    rows = np.concatenate([output.reshape(-1, output.shape[-1]) for output in wanted])
    signal = rows - (rows.mean(0, keepdims=True) if len(rows) > 1 else 0)
    noise = rows - np.concatenate([output.reshape(-1, output.shape[-1]) for output in actual])
    return decibels(
        float(np.square(signal).sum(dtype=np.float64)),
        float(np.square(noise).sum(dtype=np.float64)),
    )

"""Find by trial which operators int8 has to leave in float."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.model.card import InputSpec
from host_tools.convert.ai_edge import TensorRanges, quantize
from host_tools.diagnose.measure import decibels
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner

# These are what int8 is for: without them nothing is gained.
_HEAVY = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
# What a kind may cost, in decibels of the answer, and still be put back to 8 bits.
_WORTH_DB = 0.5


@dataclass(frozen=True, slots=True)
class RepairTrial:
    """Say what the answer is worth with some kinds of operators in float.

    kept: kinds left in float. snr_db: of the answer against float32's. bytes: of the file.
    """

    kept: tuple[str, ...]
    snr_db: float
    bytes: int


def find_repair(
    float32: bytes,
    given: InputSpec,
    ranges: TensorRanges,
    samples: Sequence[NDArray[np.float32]],
    tick: Callable[[str], None] = lambda _: None,
) -> list[RepairTrial]:
    """Try kinds of operators in float; return every trial, plain int8 first, the advice last.

    First all kinds but the heavy ones are left in float. Then they go back to 8 bits one by
    one, where that costs the answer next to nothing: a search the other way round would stop
    at once, since nothing helps as long as a second culprit is left.
    samples: float32 inputs to judge on; a few are enough. tick: called before every trial.
    """
    graph = read_graph(float32)
    wanted = _answers(float32, samples)

    def attempt(kept: tuple[str, ...]) -> RepairTrial:
        tick(", ".join(kept) or "none")
        made = quantize(float32, "int8", input=given, ranges=ranges, keep_float=kept)
        return RepairTrial(kept, _snr_db(wanted, _answers(made, samples)), len(made))

    trials = [attempt(())]
    kept = tuple(sorted({operator.kind for operator in graph.operators} - _HEAVY))
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


def _answers(model: bytes, samples: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    graph = GraphRunner(model, inner=False)
    answers = []
    for sample in samples:
        graph.run(sample)
        answers.append(graph.output_values())
    return answers


def _snr_db(wanted: list[NDArray[np.float32]], had: list[NDArray[np.float32]]) -> float:
    rows = np.concatenate([answer.reshape(-1, answer.shape[-1]) for answer in wanted])
    signal = rows - (rows.mean(0, keepdims=True) if len(rows) > 1 else 0)
    noise = rows - np.concatenate([answer.reshape(-1, answer.shape[-1]) for answer in had])
    return decibels(
        float(np.square(signal).sum(dtype=np.float64)),
        float(np.square(noise).sum(dtype=np.float64)),
    )

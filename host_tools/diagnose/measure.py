"""Measure, tensor by tensor, how far an int8 graph is from the float32 one it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.card import TensorInfo
from host_tools.tflite.flatbuffer import FlatbufferGraph, read_graph
from host_tools.tflite.intermediate import GraphRunner

# Of larger tensors so many values are looked at, evenly spread: enough for a tenth of a decibel.
MOST_VALUES = 200_000
# Where nothing differs at all; 16 bits would be 98 dB.
EXACT_DB = 120.0


@dataclass(frozen=True, slots=True)
class LayerError:
    """Say what became of one operator's output in int8.

    order: the operator's place in the float32 graph.
    snr_db: energy of float32's values around their channel's mean, over that of the
        difference, in decibels: 40 is fine, 20 shows, below 10 little is left.
    lost_db: how much less that is than the worst of its inputs has: what this layer adds.
    grid_db: the same, if its own steps were the only fault; None where int8 keeps it in float.
    low, high: what its 256 levels can hold. least, greatest: what float32 gives.
    range_use: share of the 256 levels that occur. saturated: share of values beyond them.
    """

    order: int
    name: str
    kind: str
    shape: tuple[int, ...]
    snr_db: float
    lost_db: float
    grid_db: float | None = None
    low: float | None = None
    high: float | None = None
    least: float = 0.0
    greatest: float = 0.0
    range_use: float | None = None
    saturated: float | None = None


@dataclass(frozen=True, slots=True)
class LayerComparison:
    """Hold every layer's error, in the graph's order, and what else tells.

    output: the name of the graph's output. samples: how many pictures were run.
    unmatched: outputs of float32's operators that the int8 graph does not have by name.
    given: the picture as the int8 graph's input holds it.
    """

    layers: tuple[LayerError, ...]
    given: LayerError
    output: str
    samples: int
    unmatched: tuple[str, ...] = ()

    @property
    def answer(self) -> LayerError | None:
        """The error of the graph's output, None where the two do not share its name."""
        return next((layer for layer in self.layers if layer.name == self.output), None)


def compare(
    float32: bytes,
    int8: bytes,
    samples: Iterable[NDArray[np.float32]],
    tick: Callable[[], None] = lambda: None,
) -> LayerComparison:
    """Run both graphs on the same inputs and compare what is on the way.

    samples: float32 of float32's input shape each. tick: called after every sample.
    Raises ModelError where the graphs have nothing in common.
    """
    graph = read_graph(float32)
    whole, small = GraphRunner(float32), GraphRunner(int8)
    if not graph.float32:
        raise ModelError("the first model is not float32; give the model int8 was made of")
    if whole.input.shape != small.input.shape:
        raise ModelError(
            f"the inputs differ, {whole.input.shape} and {small.input.shape}; "
            "give two variants of one model"
        )
    shared = {
        operator.outputs[0]: _Tally(small.tensors[operator.outputs[0]])
        for operator in graph.operators
        if operator.outputs
        and operator.outputs[0] in small.tensors
        and whole.tensors[operator.outputs[0]].dtype == np.float32
        and small.tensors[operator.outputs[0]].shape == whole.tensors[operator.outputs[0]].shape
    }
    if not shared:
        raise ModelError("the two graphs share no tensor by name; give two variants of one model")
    taken = _quantized_input(int8, small)
    given = _Tally(taken)
    count = 0
    for sample in samples:
        whole.run(sample)
        small.run(sample)
        given.add(sample, taken.quantize(sample))
        for name, tally in shared.items():
            tally.add(whole.real(name), small.raw(name))
        count += 1
        tick()
    if not count:
        raise ModelError("there is nothing to compare on; name pictures with --images")
    return _comparison(graph, shared, given, count)


def _quantized_input(int8: bytes, small: GraphRunner) -> TensorInfo:
    """Return the tensor that holds the picture in 8 bits: a float input is quantized first."""
    if small.input.quantized:
        return small.input
    graph = read_graph(int8)
    for operator in graph.operators:
        if operator.kind == "QUANTIZE" and operator.inputs == graph.inputs:
            return small.tensors[operator.outputs[0]]
    return small.input


def _comparison(
    graph: FlatbufferGraph, shared: dict[str, _Tally], given: _Tally, count: int
) -> LayerComparison:
    snr_db = {name: tally.snr_db() for name, tally in shared.items()}
    snr_db.update(dict.fromkeys(graph.inputs, given.snr_db()))
    layers = []
    for order, operator in enumerate(graph.operators):
        name = operator.outputs[0] if operator.outputs else ""
        if name in shared:
            before = min((snr_db[read] for read in operator.inputs if read in snr_db), default=None)
            lost_db = 0.0 if before is None else before - snr_db[name]
            layers.append(shared[name].layer(order, name, operator.kind, lost_db))
    return LayerComparison(
        layers=tuple(layers),
        given=given.layer(-1, graph.inputs[0], "INPUT", 0.0),
        output=graph.outputs[0],
        samples=count,
        unmatched=tuple(
            operator.outputs[0]
            for operator in graph.operators
            if operator.outputs and operator.outputs[0] not in shared
        ),
    )


@dataclass
class _Tally:
    """Add up what a tensor's values say, sample by sample."""

    info: TensorInfo
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    squares: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    rows: int = 0
    error: float = 0.0
    grid_error: float = 0.0
    values: int = 0
    beyond: int = 0
    least: float = np.inf
    greatest: float = -np.inf
    levels: set[int] = field(default_factory=set)

    def add(self, real: NDArray[np.float32], raw: NDArray[Any]) -> None:
        """Count a tensor: float32's values, and int8's as they are in the file's type."""
        depth = real.shape[-1] if real.ndim > 1 else 1
        # An odd step, so that it does not run down a single column of a picture.
        step = max(1, real.size // MOST_VALUES) | 1
        wanted = real.reshape(-1, depth)[::step].astype(np.float64)
        steps = raw.reshape(-1, depth)[::step]
        self.sums = self.sums + wanted.sum(0)
        self.squares = self.squares + (wanted * wanted).sum(0)
        self.rows += len(wanted)
        self.error += float(np.square(self.info.dequantize(steps) - wanted).sum())
        self.values += wanted.size
        self.least = min(self.least, float(wanted.min(initial=np.inf)))
        self.greatest = max(self.greatest, float(wanted.max(initial=-np.inf)))
        if self.info.quantized:
            nearest = self.info.dequantize(self.info.quantize(wanted))
            self.grid_error += float(np.square(nearest - wanted).sum())
            low, high = limits(self.info)
            half = self.info.scale / 2
            self.beyond += int(np.count_nonzero((wanted < low - half) | (wanted > high + half)))
            self.levels.update(np.unique(steps).tolist())

    def energy(self) -> float:
        """Return the values' energy around each channel's mean: a constant tells nothing."""
        if self.rows < 2:  # one classified picture has no other to differ from
            return float(self.squares.sum())
        around = self.squares - self.sums * self.sums / self.rows
        return float(np.maximum(around, 0).sum())

    def snr_db(self) -> float:
        return decibels(self.energy(), self.error)

    def layer(self, order: int, name: str, kind: str, lost_db: float) -> LayerError:
        quantized = self.info.quantized
        low, high = limits(self.info) if quantized else (None, None)
        return LayerError(
            order=order,
            name=name,
            kind=kind,
            shape=self.info.shape,
            snr_db=self.snr_db(),
            lost_db=lost_db,
            grid_db=decibels(self.energy(), self.grid_error) if quantized else None,
            low=low,
            high=high,
            least=self.least,
            greatest=self.greatest,
            range_use=len(self.levels) / _level_count(self.info) if quantized else None,
            saturated=self.beyond / max(1, self.values) if quantized else None,
        )


def decibels(signal: float, noise: float) -> float:
    """Return ten times the logarithm of signal over noise energy, within +-EXACT_DB."""
    if noise <= 0 or signal <= 0:
        return EXACT_DB if noise <= 0 else -EXACT_DB
    return float(np.clip(10 * np.log10(signal / noise), -EXACT_DB, EXACT_DB))


def limits(info: TensorInfo) -> tuple[float, float]:
    """Return the least and greatest real value that a quantized tensor can hold."""
    ends = np.iinfo(info.dtype)
    return (
        (ends.min - info.zero_point) * info.scale,
        (ends.max - info.zero_point) * info.scale,
    )


def _level_count(info: TensorInfo) -> int:
    ends = np.iinfo(info.dtype)
    return int(ends.max) - int(ends.min) + 1

"""The error of an int8 graph, tensor by tensor, against the float32 graph it was made from."""

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

# Values compared of larger tensors, evenly spread: accurate to a tenth of a decibel.
MOST_VALUES = 200_000
# If nothing differs at all; 16 bits would be 98 dB.
EXACT_DB = 120.0


@dataclass(frozen=True, slots=True)
class LayerError:
    """The error of one operator's output in int8.

    order: the operator's place in the float32 graph.
    snr_db: energy of float32's values around their channel's mean, over that of the
        difference, in decibels; `advice.GOOD_DB` and `POOR_DB` judge it.
    lost_db: how much less that is than the worst of its inputs has, so what this layer adds.
    grid_db: snr_db if its own steps were the only error; None if int8 keeps it in float.
    low, high: the range of its 256 levels. least, greatest: the range of float32's values.
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
    """The error of every layer, in the graph's order.

    input: the error of the image in the int8 graph's input. samples: number of images.
    unmatched: outputs of float32's operators that the int8 graph does not have by name.
    """

    layers: tuple[LayerError, ...]
    input: LayerError
    output_name: str
    samples: int
    unmatched: tuple[str, ...] = ()

    @property
    def output(self) -> LayerError | None:
        """The error of the graph's output; None if the two graphs do not share its name."""
        return next((layer for layer in self.layers if layer.name == self.output_name), None)


def compare(
    float32: bytes,
    int8: bytes,
    samples: Iterable[NDArray[np.float32]],
    tick: Callable[[], None] = lambda: None,
) -> LayerComparison:
    """Run both graphs on the same inputs and compare the tensors they share by name.

    samples: float32 of the float32 graph's input shape each. tick: called after every sample.
    Raises ModelError if the graphs have nothing in common.
    """
    graph = read_graph(float32)
    whole, small = GraphRunner(float32), GraphRunner(int8)
    if not graph.float32:
        raise ModelError("the first model is not float32; give the model that int8 was made from")
    if whole.input.shape != small.input.shape:
        raise ModelError(
            f"the inputs differ, {whole.input.shape} and {small.input.shape}; "
            "give two variants of one model"
        )
    names = [operator.outputs[0] for operator in graph.operators if operator.outputs]
    shared = {
        name: _ErrorSum(small.tensors[name])
        for name in names
        if name in small.tensors
        and whole.tensors[name].dtype == np.float32
        and small.tensors[name].shape == whole.tensors[name].shape
    }
    if not shared:
        raise ModelError("the two graphs share no tensor by name; give two variants of one model")
    quantized = _quantized_input(int8, small)
    image = _ErrorSum(quantized)
    count = 0
    for sample in samples:
        whole.run(sample)
        small.run(sample)
        image.add(sample, quantized.quantize(sample))
        for name, error in shared.items():
            error.add(whole.real(name), small.raw(name))
        count += 1
        tick()
    if not count:
        raise ModelError("there are no images to compare on; name some with --images")
    return _comparison(graph, shared, image, count)


def _quantized_input(int8: bytes, small: GraphRunner) -> TensorInfo:
    """Return the tensor with the image in 8 bits; a float input is quantized first."""
    if small.input.quantized:
        return small.input
    graph = read_graph(int8)
    for operator in graph.operators:
        if operator.kind == "QUANTIZE" and operator.inputs == graph.inputs:
            return small.tensors[operator.outputs[0]]
    return small.input


def _comparison(
    graph: FlatbufferGraph, shared: dict[str, _ErrorSum], image: _ErrorSum, count: int
) -> LayerComparison:
    snr_db = {name: error.snr_db() for name, error in shared.items()}
    snr_db |= dict.fromkeys(graph.inputs, image.snr_db())
    layers, unmatched = [], []
    for order, operator in enumerate(graph.operators):
        name = operator.outputs[0] if operator.outputs else ""
        if name in shared:
            before = min((snr_db[read] for read in operator.inputs if read in snr_db), default=None)
            lost_db = 0.0 if before is None else before - snr_db[name]
            layers.append(shared[name].layer(order, name, operator.kind, lost_db))
        elif name:
            unmatched.append(name)
    return LayerComparison(
        layers=tuple(layers),
        input=image.layer(-1, graph.inputs[0], "INPUT", 0.0),
        output_name=graph.outputs[0],
        samples=count,
        unmatched=tuple(unmatched),
    )


@dataclass
class _ErrorSum:
    """Sums over the values of one tensor, sample by sample."""

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
        """Add one sample.

        real: float32's values. raw: int8's, in the type of the file, of the same shape.
        """
        depth = real.shape[-1] if real.ndim > 1 else 1
        # An odd step, so that it does not run down a single column of an image.
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
        """Return the values' energy around each channel's mean, so that a constant has none."""
        if self.rows < 2:  # a single row is its own mean
            return float(self.squares.sum())
        around = self.squares - self.sums * self.sums / self.rows
        return float(np.maximum(around, 0).sum())

    def snr_db(self) -> float:
        """Return the energy over that of the error, in decibels."""
        return decibels(self.energy(), self.error)

    def layer(self, order: int, name: str, kind: str, lost_db: float) -> LayerError:
        """Return the sums as the error of an operator's output."""
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
            range_use=len(self.levels) / 256**self.info.dtype.itemsize if quantized else None,
            saturated=self.beyond / max(1, self.values) if quantized else None,
        )


def decibels(signal: float, noise: float) -> float:
    """Return 10 log10(signal / noise) of two energies, within +-EXACT_DB."""
    if noise <= 0 or signal <= 0:
        return EXACT_DB if noise <= 0 else -EXACT_DB
    return float(np.clip(10 * np.log10(signal / noise), -EXACT_DB, EXACT_DB))


def limits(info: TensorInfo) -> tuple[float, float]:
    """Return the least and the greatest real value of a quantized tensor's range."""
    ends = np.iinfo(info.dtype)
    low, high = ((end - info.zero_point) * info.scale for end in (ends.min, ends.max))
    return low, high

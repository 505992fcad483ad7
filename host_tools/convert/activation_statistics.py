"""What calibration images make of every activation: extremes, histogram, mean of each channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from host_tools.tflite.flatbuffer import first_name
from host_tools.tflite.intermediate import GraphRunner

Sample = NDArray[np.float32]
# Minimum and maximum of each tensor, by its name.
TensorRanges = Mapping[str, tuple[float, float]]
BINS = 2048
# Values of a tensor that one image adds to its histogram. A map of 513x1025 has 10 million, and
# every 50th of them says the same of its distribution.
_MOST_VALUES = 200_000


class NotFiniteError(ModelError):
    """An image makes a layer NaN or infinite."""


@dataclass
class ActivationStatistics:
    """Sums over the values of one activation, image by image.

    lows, highs: extremes of each image. sums, tops: sum and greatest value of each channel, the
    last axis. rows: values per channel in them.
    counts: int64 (BINS,), of values in equal parts of the range from the least to the greatest,
    without the zeros, which every integer type has exactly.
    """

    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    tops: NDArray[np.float32] = field(default_factory=lambda: np.full(1, -np.inf, np.float32))
    rows: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    zeros: int = 0

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest value of all images."""
        return min(self.lows), max(self.highs)

    @property
    def means(self) -> NDArray[np.float64]:
        """The mean of each channel: float64 (C,)."""
        return self.sums / max(1, self.rows)

    def add_channels(self, values: NDArray[np.float32]) -> None:
        """Add an image to the means and the greatest values.

        values: float32 of the tensor's shape, with the channels in the last axis.
        """
        rows = values.reshape(-1, values.shape[-1] if values.ndim else 1)
        self.sums = self.sums + rows.sum(0, dtype=np.float64)
        self.tops = np.maximum(self.tops, rows.max(0))
        self.rows += len(rows)

    def add_counts(self, values: NDArray[np.float32]) -> None:
        """Add an image to the histogram, once the range of all images is known."""
        low, high = self.range
        # An odd step, so that it does not run down a single channel or column.
        chosen = values.reshape(-1)[:: max(1, values.size // _MOST_VALUES) | 1]
        others = chosen[chosen != 0].astype(np.float64)
        self.zeros += chosen.size - others.size
        if high > low:
            places = ((others - low) * (BINS / (high - low))).astype(np.int64)
            self.counts += np.bincount(np.clip(places, 0, BINS - 1), minlength=BINS)


def measure_activations(
    model: bytes,
    samples: Callable[[], Iterable[Sample]],
    *,
    histograms: bool = False,
    channels: Collection[str] = (),
    names: Sequence[str] = (),
    on_sample: Callable[[], None] = lambda: None,
) -> Mapping[str, ActivationStatistics]:
    """Return the statistics of each tensor of a float32 graph, by its name.

    samples: returns float32 in the input's shape, the same each time; histograms need a second
    run over them. channels: names of the tensors, or of the input, whose channels
    are measured each.
    names: of the samples, for errors; else their numbers. on_sample: called after
    each run. Raises ModelError without samples, NotFiniteError if values are not finite.
    """
    graph = GraphRunner(model, delegated=True)
    found: dict[str, ActivationStatistics] = {}
    for number, sample in enumerate(samples()):
        graph.run(sample)
        ranges = list(graph.ranges())
        _check_finite(graph, ranges, names[number] if number < len(names) else f"sample {number}")
        for name, low, high in ranges:
            one = found.setdefault(name, ActivationStatistics())
            one.lows.append(low)
            one.highs.append(high)
            if name in channels:
                one.add_channels(graph.raw(name))
        if graph.input.name in channels:
            found.setdefault(graph.input.name, ActivationStatistics()).add_channels(sample)
        on_sample()
    if not found:
        raise ModelError("int8 needs real images for calibration; give some")
    if histograms:
        for sample in samples():
            graph.run(sample)
            for name, one in found.items():
                if one.lows:
                    one.add_counts(graph.raw(name))
            on_sample()
    return found


def _check_finite(
    graph: GraphRunner, ranges: Sequence[tuple[str, float, float]], image: str
) -> None:
    bad = [name for name, low, high in ranges if not np.isfinite([low, high]).all()]
    if bad:
        # The graph's own outputs come first among the tensors, the others as they are written.
        layer = next((name for name in bad if name != graph.output.name), bad[0])
        raise NotFiniteError(
            f"the image {image} makes the layer {first_name(layer)} NaN or infinite, so the "
            "layer has no range; leave that image out, or check --mean and --std"
        )


def measure_ranges(
    model: bytes,
    samples: Iterable[Sample],
    *,
    names: Sequence[str] = (),
    on_sample: Callable[[], None] = lambda: None,
) -> TensorRanges:
    """Return the minimum and maximum of each tensor over all samples.

    ai-edge-quantizer's own calibration is a moving average with a weight of 0.05 for each new
    image: it depends on the order, and clips values that a single image reaches.
    names, on_sample and errors: as in `measure_activations`.
    """
    found = measure_activations(model, lambda: samples, names=names, on_sample=on_sample)
    return {name: one.range for name, one in found.items()}

"""Extremes, histograms and means of activations on calibration images."""

import numpy as np
import pytest

from edge_app.errors import ModelError
from host_tools.convert.activation_statistics import (
    BINS,
    ActivationStatistics,
    measure_activations,
    measure_ranges,
)
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from tests.support.tiny_networks import divided_by_mean, tiny_samples, tiny_segmenter

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def model() -> bytes:
    """Return a tiny float32 segmenter."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return tiny_segmenter()


def test_every_tensor_has_a_range(model: bytes) -> None:
    """The delegate's ranges are those of the runtime's own kernels."""
    samples = tiny_samples()
    found = measure_ranges(model, samples)
    graph = GraphRunner(model)
    assert set(found) == set(graph.tensors)
    spans = []
    for sample in samples:
        graph.run(sample)
        spans.append({name: (low, high) for name, low, high in graph.ranges()})
    for name, (low, high) in found.items():
        assert low == pytest.approx(min(span[name][0] for span in spans), abs=1e-5)
        assert high == pytest.approx(max(span[name][1] for span in spans), abs=1e-5)


def test_ranges_span_all_samples(model: bytes) -> None:
    """The order of the samples does not matter, and no sample exceeds a range."""
    samples = tiny_samples()
    ranges = measure_ranges(model, samples)
    assert ranges == measure_ranges(model, samples[::-1])
    graph = GraphRunner(model)
    for sample in samples:
        graph.run(sample)
        for name, low, high in graph.ranges():
            assert ranges[name][0] <= low <= high <= ranges[name][1]


def test_an_image_that_gives_nan_is_named_with_the_layer() -> None:
    """A black image divided by its mean: the image by its name, the layer where it begins."""
    bright, black = np.full((1, 16, 32, 3), 0.5, np.float32), np.full((1, 16, 32, 3), -1.0)
    samples = [*[bright] * 3, black.astype(np.float32)]
    names = ["a.png", "b.png", "c.png", "black.png"]
    said = r"image black\.png makes the layer \S*(truediv|divide)\S* NaN or infinite"
    with pytest.raises(ModelError, match=said):
        measure_ranges(divided_by_mean(), samples, names=names)
    with pytest.raises(ModelError, match="image sample 3 makes"):
        measure_ranges(divided_by_mean(), samples)


def test_histograms_and_means_are_those_of_the_values(model: bytes) -> None:
    """Every value is counted once, and a channel's mean is that over all images and places."""
    samples = tiny_samples()
    (given,) = read_graph(model).inputs
    name = read_graph(model).operators[0].outputs[0]
    found = measure_activations(model, lambda: samples, histograms=True, channels=[given, name])
    graph = GraphRunner(model)
    values = []
    for sample in samples:
        graph.run(sample)
        values.append(graph.real(name))
    every = np.concatenate(values)
    one = found[name]
    assert one.zeros == np.count_nonzero(every == 0) > 0  # it ends with a ReLU
    low, high = one.range
    wanted, _ = np.histogram(every[every != 0], BINS, (low, high))
    assert one.counts.sum() == wanted.sum()
    assert np.abs(one.counts.cumsum() - wanted.cumsum()).max() <= 3  # at the edges of bins
    np.testing.assert_allclose(one.means, every.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(one.tops, every.max((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(found[given].means, np.mean(samples, (0, 1, 2, 3)), rtol=1e-4)
    assert not found[given].lows  # the input's range is that of pixels


def test_a_large_map_is_counted_in_part() -> None:
    """Every channel of a map with millions of values is among those that are counted."""
    values = np.ones((1, 513, 1025, 8), np.float32)
    values *= np.arange(1, 9)
    one = ActivationStatistics([0.0], [8.5])
    one.add_counts(values)
    seen = one.counts[one.counts > 0]
    assert len(seen) == 8
    assert seen.max() - seen.min() <= 1
    assert 100_000 < seen.sum() < 201_000


def test_nothing_is_measured_without_images(model: bytes) -> None:
    """It is refused in words."""
    with pytest.raises(ModelError, match="needs real images"):
        measure_ranges(model, [])

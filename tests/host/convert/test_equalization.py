"""Pairs of layers are scaled to like ranges without a change of what the network computes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from host_tools.convert.activation_statistics import measure_activations
from host_tools.convert.equalization import channel_scales, equalize
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.layer_weights import LayerEditor, WeightedLayer
from host_tools.tflite.parsed_model import parse_model
from tests.support.tiny_networks import tiny_samples, tiny_segmenter, uneven_chain


def test_scaled_channels_have_equal_ranges() -> None:
    """Both become the root of their product; what one layer does not use stays."""
    first = np.array([8.0, 0.0, 1.0, 3.0], np.float32)
    second = np.array([2.0, 5.0, 0.0, 3.0], np.float32)
    scales = channel_scales(first, second)
    np.testing.assert_allclose(first / scales, [4, 0, 1, 3])
    np.testing.assert_allclose(second * scales, [4, 5, 0, 3])


@pytest.fixture(scope="module")
def chain() -> bytes:
    """Return a chain of three layers with unlike channels."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return uneven_chain()


def layers_of(model: bytes) -> list[WeightedLayer]:
    """Return the layers with weights of a file."""
    return list(LayerEditor(parse_model(model)).layers())


def outputs(model: bytes) -> NDArray[np.float32]:
    """Return what a float32 file makes of some samples."""
    graph = GraphRunner(model, inner=False)
    found = []
    for sample in tiny_samples():
        graph.run(sample)
        found.append(graph.output_values())
    return np.concatenate(found)


def tops_of(model: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the greatest value of each channel of every tensor."""
    names = [name for one in read_graph(model).operators for name in one.outputs]
    found = measure_activations(model, tiny_samples, channels=names)
    return {name: one.tops for name, one in found.items()}


@pytest.mark.tensorflow
def test_the_network_stays_the_same_and_its_ranges_become_alike(chain: bytes) -> None:
    """Two pairs, one through padding; the channels between them have like weights."""
    before, found = layers_of(chain), equalize(chain, tops_of(chain))
    after = layers_of(found.model)
    assert found.pairs == 2
    assert len(found.scaled) == 3  # after the stem, after the depthwise filters, after the padding
    wanted = outputs(chain)
    assert 0 < np.abs(wanted).max() < 100
    np.testing.assert_allclose(outputs(found.model), wanted, atol=1e-4 * np.abs(wanted).max())

    def ratios(layers: list[WeightedLayer]) -> list[float]:
        stem, depth, head = (np.abs(layer.weights).astype(np.float64) for layer in layers)
        pairs = (
            stem.max((1, 2, 3)) / depth.max((0, 1, 2)),
            depth.max((0, 1, 2)) / head.max((0, 1, 2)),
        )
        return [float(np.log(pair).max() - np.log(pair).min()) for pair in pairs]

    assert min(ratios(before)) > 3
    assert max(ratios(after)) < 0.05


@pytest.mark.tensorflow
def test_channels_that_reach_the_cap_of_relu6_stay(chain: bytes) -> None:
    """They would be cut elsewhere; the others stay below it, and the activation stays."""
    tops = tops_of(chain)
    capped = max(tops, key=lambda name: "Relu6" in name)
    tops[capped][[2, 5]] = 6.0
    after = equalize(chain, tops).model
    found = tops_of(after)[capped]
    assert found.max() < 5.6
    for before, now in zip(layers_of(chain), layers_of(after), strict=True):
        activations = [one.operator.builtinOptions.fusedActivationFunction for one in (before, now)]
        assert activations[0] == activations[1]
    (_, depth, head), (_, depth_after, head_after) = layers_of(chain), layers_of(after)
    np.testing.assert_array_equal(head_after.weights[..., [2, 5]], head.weights[..., [2, 5]])
    assert (head_after.weights[..., 0] != head.weights[..., 0]).any()
    assert depth.bias is not None
    assert depth_after.bias is not None
    np.testing.assert_array_equal(depth_after.bias[[2, 5]], depth.bias[[2, 5]])


@pytest.mark.tensorflow
def test_without_images_a_pair_with_relu6_is_left_out(chain: bytes) -> None:
    """Nothing says then which channels reach the cap."""
    assert equalize(chain, {}).pairs == 1


@pytest.mark.tensorflow
def test_a_branch_is_no_pair() -> None:
    """An output that two operators read, or that goes through an addition, stays as it is."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    model = tiny_segmenter()
    found = equalize(model, {})
    assert found.pairs == 0
    assert found.model is model

"""Layers with weights are read from a file and changed in it."""

import numpy as np
import pytest

from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.layer_weights import LayerEditor
from host_tools.tflite.parsed_model import model_bytes, parse_model
from tests.support.tiny_networks import tiny_samples, uneven_chain

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def chain() -> bytes:
    """Return a chain of three layers."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return uneven_chain(spread=1.5)


def test_filters_come_first_whatever_the_kind(chain: bytes) -> None:
    """A depthwise convolution has them in its last axis, the others in the first."""
    stem, depth, head = LayerEditor(parse_model(chain)).layers()
    assert [layer.kind for layer in (stem, depth, head)] == [
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "CONV_2D",
    ]
    assert stem.filters.shape == (8, 3, 3, 3)
    assert depth.filters.shape == (8, 1, 3, 3)
    assert np.shares_memory(depth.filters, depth.weights)
    assert head.filters.shape == (4, 3, 3, 8)


def test_what_is_stored_is_what_the_runtime_computes_with(chain: bytes) -> None:
    """Weights of zero and a bias give the bias everywhere, also where there was none."""
    parsed = parse_model(chain)
    editor = LayerEditor(parsed)
    head = list(editor.layers())[-1]
    editor.set_weights(head, np.zeros_like(head.weights))
    editor.set_bias(head, np.array([1.0, 2.0, 3.0, 4.0]))
    graph = GraphRunner(model_bytes(parsed), inner=False)
    graph.run(tiny_samples()[0])
    assert np.array_equal(np.unique(graph.output_values()), [1, 2, 3, 4])


def test_a_shared_bias_is_not_changed_for_others(chain: bytes) -> None:
    """Layers that share the bytes of a bias get one of their own."""
    parsed = parse_model(chain)
    editor = LayerEditor(parsed)
    stem, depth, _ = editor.layers()
    tensors = editor.graph.tensors
    tensors[depth.operator.inputs[2]].buffer = tensors[stem.operator.inputs[2]].buffer
    stem, depth, _ = editor.layers()
    editor.set_bias(stem, np.full(8, 7.0))
    stem, depth, _ = LayerEditor(parse_model(model_bytes(parsed))).layers()
    assert stem.bias is not None
    assert depth.bias is not None
    assert (stem.bias == 7).all()
    assert not (depth.bias == 7).any()


def test_layers_that_share_weights_are_left_out(chain: bytes) -> None:
    """A change of one would be one of both."""
    parsed = parse_model(chain)
    editor = LayerEditor(parsed)
    stem, depth, head = editor.layers()
    tensors = editor.graph.tensors
    tensors[depth.operator.inputs[1]].buffer = tensors[stem.operator.inputs[1]].buffer
    (left,) = editor.layers()
    assert left.operator is head.operator

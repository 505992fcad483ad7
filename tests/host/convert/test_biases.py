"""A filter with weights of zero keeps its bias in int8."""

import numpy as np
import pytest

from edge_app.model.card import InputSpec
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.convert.activation_statistics import measure_ranges
from host_tools.convert.ai_edge import quantize
from host_tools.convert.biases import preserve_dead_filter_biases, raise_dead_weights
from host_tools.framework import load_keras, load_tensorflow
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner


@pytest.mark.parametrize(("shape", "axis"), [((3, 2, 2, 5), 0), ((1, 3, 3, 3), -1)])
def test_only_a_dead_filter_is_raised(shape: tuple[int, ...], axis: int) -> None:
    """One weight of the dead filter is raised, far too little to matter."""
    weights = np.ones(shape, np.float32)
    np.moveaxis(weights, axis, 0)[1] = 0
    biases = np.array([1.0, 2.0, 3.0], np.float32)
    raised = raise_dead_weights(weights, biases, 0.01, axis)
    assert raised is not None
    assert raised.shape == shape
    (place,) = np.argwhere(raised != weights)
    assert place[axis] == 1
    assert 0 < raised.max(initial=0, where=raised != weights) * 255 * 0.01 < 1e-4 * 2.0


def test_live_filters_are_unchanged() -> None:
    """Nothing is returned without a dead filter, or if the dead filter has no bias."""
    assert raise_dead_weights(np.ones((2, 3), np.float32), np.ones(2, np.float32), 0.01, 0) is None
    assert (
        raise_dead_weights(np.zeros((2, 3), np.float32), np.zeros(2, np.float32), 0.01, 0) is None
    )


@pytest.mark.tensorflow
def test_a_dead_filter_outputs_its_bias_in_int8() -> None:
    """A float32 network with a dead filter keeps its output after quantization to int8."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    pytest.importorskip("ai_edge_quantizer", reason="needs the host extra")
    keras = load_keras()
    given = keras.Input((8, 8, 3), batch_size=1)
    layer = keras.layers.Conv2D(2, 3)
    network = keras.Model(given, layer(given))
    kernel = np.zeros((3, 3, 3, 2), np.float32)
    kernel[1, 1, :, 0] = 0.3
    layer.set_weights([kernel, np.array([0.0, 0.5], np.float32)])
    with capture_native_stderr():
        model = load_tensorflow().lite.TFLiteConverter.from_keras_model(network).convert()
    samples = [np.linspace(-1, 1, 192, dtype=np.float32).reshape(1, 8, 8, 3)]
    ranges = measure_ranges(model, samples)
    (name,) = read_graph(model).inputs
    assert preserve_dead_filter_biases(model, {name: (-1.0, 1.0)}) != model
    quantized = quantize(model, "int8", input=InputSpec((8, 8)), ranges=ranges)
    graph = GraphRunner(quantized)
    graph.run(samples[0])
    np.testing.assert_allclose(graph.output_values()[..., 1], 0.5, atol=0.02)

"""The mean error of rounded weights is taken out of the biases."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.model.recipe import Recipe
from host_tools.convert.activation_statistics import measure_activations
from host_tools.convert.ai_edge import pixel_range, run_quantizer
from host_tools.convert.bias_correction import correct_biases, rounded_weights
from host_tools.convert.quantizer_rules import rules_of
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.layer_weights import LayerEditor
from host_tools.tflite.parsed_model import model_bytes, parse_model, tensor_name
from tests.support.tiny_networks import GIVEN, tiny_samples, uneven_chain

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def model() -> bytes:
    """Return a chain of a strided, a depthwise and a dilated convolution, the last without bias."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return uneven_chain(spread=1.5)


def quantized(model: bytes, scheme: str) -> bytes:
    """Return a model in a scheme of integer weights."""
    recipe, graph = Recipe(scheme=scheme), read_graph(model)
    if not recipe.calibrated:
        return run_quantizer(model, rules_of(recipe, graph), None)
    found = measure_activations(model, tiny_samples)
    ranges = {name: one.range for name, one in found.items()}
    ranges |= {name: pixel_range(GIVEN) for name in graph.inputs}
    return run_quantizer(model, rules_of(recipe, graph), ranges)


def with_rounded_weights(model: bytes, rounded: bytes) -> bytes:
    """Return a float32 model that computes with the weights of its quantized form."""
    parsed, weights = parse_model(model), rounded_weights(rounded)
    editor = LayerEditor(parsed)
    for layer in editor.layers():
        name = tensor_name(editor.graph.tensors[layer.operator.inputs[1]])
        if name in weights:
            editor.set_weights(layer, weights[name])
    return model_bytes(parsed)


def channel_means(model: bytes, name: str) -> NDArray[np.float64]:
    """Return the mean of each channel of a tensor over the samples."""
    return measure_activations(model, tiny_samples, channels=[name])[name].means


@pytest.mark.parametrize("scheme", ["int8", "int4", "dynamic_range"])
def test_the_mean_error_of_a_layer_is_gone(model: bytes, scheme: str) -> None:
    """Of what the stem, which reads the image itself, gives before its ReLU; at borders too."""
    parsed = parse_model(model)
    for operator in parsed.subgraphs[0].operators:
        if getattr(operator.builtinOptions, "fusedActivationFunction", None):
            operator.builtinOptions.fusedActivationFunction = 0
    linear = model_bytes(parsed)
    small = quantized(linear, scheme)
    graph = read_graph(linear)
    reads = [one.inputs[0] for one in graph.operators]
    found = measure_activations(linear, tiny_samples, channels=reads)
    means = {name: one.means for name, one in found.items() if one.rows}
    corrected = correct_biases(linear, small, means)
    (stem, *_) = (one.outputs[0] for one in graph.operators)
    wanted = channel_means(linear, stem)
    before = channel_means(with_rounded_weights(linear, small), stem) - wanted
    after = channel_means(with_rounded_weights(corrected, small), stem) - wanted
    assert np.abs(before).max() > 1e-5
    assert np.abs(after).max() < 0.25 * np.abs(before).max()


def test_a_layer_without_bias_gets_one(model: bytes) -> None:
    """The head has no bias, or shares zeros; its correction is its own."""
    small = quantized(model, "int4")
    graph = read_graph(model)
    reads = [one.inputs[0] for one in graph.operators]
    found = measure_activations(model, tiny_samples, channels=reads)
    means = {name: one.means for name, one in found.items() if one.rows}
    corrected = correct_biases(model, small, means)
    before, after = (list(LayerEditor(parse_model(each)).layers()) for each in (model, corrected))
    head = after[-1].bias
    assert head is not None
    assert np.abs(head).max() > 0
    assert before[-1].bias is None or not before[-1].bias.any()
    GraphRunner(corrected, inner=False).run(tiny_samples()[0])


def test_exact_weights_need_no_correction(model: bytes) -> None:
    """The float32 file itself has no rounded weights."""
    assert correct_biases(model, model, {}) is model


def test_four_bit_weights_are_read_as_the_runtime_reads_them(model: bytes) -> None:
    """Rounded to 15 steps at most, each filter within half a step of its weights."""
    weights = rounded_weights(quantized(model, "int4"))
    parsed = parse_model(model)
    (stem, *_) = LayerEditor(parsed).layers()
    found = weights[tensor_name(parsed.subgraphs[0].tensors[stem.operator.inputs[1]])]
    for rounded, real in zip(found, stem.weights, strict=True):
        step = np.abs(real).max() / 7
        assert np.abs(rounded - real).max() <= step / 2 * 1.01
        assert len(np.unique(rounded)) <= 15

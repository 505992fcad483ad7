"""Layers of fewer than 1,024 weights have 8-bit weights in dynamic_range too."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.model.card import InputSpec
from host_tools.convert.ai_edge import quantize
from host_tools.convert.small_layers import quantize_small_layers, symmetric_int8
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_keras
from host_tools.models.keras_file import export_saved_model
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.open_model import open_model
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import check_variant_types


@pytest.mark.parametrize(("per_channel", "scales"), [(True, [1.0, 1.0, 0.5]), (False, [1.0])])
def test_weights_are_symmetric(per_channel: bool, scales: list[float]) -> None:
    """The largest weight is 127 steps, zero is zero, and a filter of zeros has a scale."""
    weights = np.array([[127.0, -64.0], [0.0, 0.0], [63.5, 0.0]], np.float32)
    steps, found = symmetric_int8(weights, per_channel=per_channel)
    assert found.tolist() == scales
    assert np.abs(steps * found[:, None] - weights).max() <= 0.5 * found.max()
    assert steps[0, 0] == 127
    assert not steps[1].any()


@pytest.mark.tensorflow
def test_small_layers_are_quantized_all_the_same(tmp_path: Path) -> None:
    """TensorFlow's converter alone makes float32 of them, under another name."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    keras = load_keras()
    keras.utils.set_random_seed(2)
    given = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, activation="relu", name="stem")(given)
    x = keras.layers.DepthwiseConv2D(3, name="depth")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(24, 1, name="body")(x))
    export_saved_model(
        keras.Model(given, keras.layers.Dense(5)(x)), (1, 16, 16, 3), tmp_path / "saved"
    )
    made, float32 = (
        convert_saved_model(tmp_path / "saved", name, lambda: iter(()))
        for name in ("dynamic_range", "float32")
    )
    small = quantize_small_layers(made)
    check_variant_types(small, "dynamic_range")
    assert quantize_small_layers(small) == small
    assert len(small) < len(made)
    reference, graph = GraphRunner(float32, inner=False), GraphRunner(small, inner=False)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype(np.float32)
    for runner in (reference, graph):
        runner.run(image)
    wanted = reference.output_values()
    np.testing.assert_allclose(graph.output_values(), wanted, atol=0.02 * np.abs(wanted).max())


@pytest.mark.tensorflow
def test_the_network_whose_kernels_are_all_small(shared: Path, tmp_path: Path) -> None:
    """Both quantizers make the same 2,768 bytes."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    path = shared.parent / "cases" / "small_layers.keras"
    saved = open_model(path, SourceOptions(), tmp_path).saved
    assert saved
    made, float32 = (
        convert_saved_model(saved, name, lambda: iter(())) for name in ("dynamic_range", "float32")
    )
    of_other = quantize(float32, "dynamic_range", input=InputSpec((64, 64)))
    assert len(quantize_small_layers(made)) == len(of_other) == 2768

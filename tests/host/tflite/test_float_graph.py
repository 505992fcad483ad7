"""A .tflite file of a network that was trained with fake quantization has a float graph inside."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.tools import flatbuffer_utils

from edge_app.model.card import InputSpec
from host_tools.convert.activation_statistics import measure_ranges
from host_tools.convert.ai_edge import quantize
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.open_model import open_model
from host_tools.tflite.float_graph import without_fake_quantization
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import check_variant_types
from tests.support.tflite_files import TfliteFile

_SHAPE = (1, 8, 8, 4)
_GIVEN = InputSpec((8, 8))


def _kernel() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (4, 1, 1, 3)).astype(np.float32)


def _image() -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)


def _trained(path: Path, kind: str) -> bytes:
    """Return a convolution whose result is rounded to 8 bits between -4 and 4, twice."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3), name="image")
    made = file.conv(given, _kernel(), _SHAPE)
    if kind == "FAKE_QUANT":
        rounded = file.fake_quantize(made, 4.0, name="rounded")
    else:
        zero_point = 128 if kind == "uint8" else 0
        steps = file.tensor(_SHAPE, kind, scale=8 / 255, zero_point=zero_point)
        rounded = file.tensor(_SHAPE, name="rounded")
        file.operator("QUANTIZE", [made], steps)
        file.operator("DEQUANTIZE", [steps], rounded)
    last = file.reshape(rounded, (1, 256), name="answer")
    return file.write(path, [given], [rounded, last]).read_bytes()


@pytest.mark.parametrize("kind", ["FAKE_QUANT", "uint8", "int8"])
def test_the_float_graph_computes_without_rounding(tmp_path: Path, kind: str) -> None:
    """Nothing of the fake quantizer is left but its range, and outputs keep their names."""
    found = without_fake_quantization(_trained(tmp_path / "x.tflite", kind))
    check_variant_types(found.model, "float32")
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(found.model))
    assert len(parsed.operatorCodes) == 2  # a runtime may refuse a kind that is only listed
    [(name, (low, high))] = found.ranges.items()
    assert name == "rounded"
    assert (low, high) == pytest.approx((-4, 4), abs=8 / 255)
    graph = GraphRunner(found.model, inner=False)
    graph.run(_image())
    np.testing.assert_allclose(graph.output_values()[0], _image()[0] @ _kernel()[:, 0, 0].T, 1e-5)


@pytest.mark.parametrize("kind", ["FAKE_QUANT", "uint8", "int8"])
def test_such_a_file_can_be_converted(tmp_path: Path, kind: str) -> None:
    """It is no quantized one, although it has 8-bit tensors."""
    path = tmp_path / "x.tflite"
    _trained(path, kind)
    loaded = open_model(path, SourceOptions(output_tensor="answer"), tmp_path)
    assert loaded.float32 is not None
    check_variant_types(without_fake_quantization(loaded.float32).model, "float32")


def test_packed_constants_become_real_numbers(tmp_path: Path) -> None:
    """An exporter may store the weights of such a network in 8 bits."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3))
    steps = np.arange(-6, 6, dtype=np.int8).reshape(4, 1, 1, 3)
    packed = file.constant(steps, scale=0.5, zero_point=1)
    weights = file.operator("DEQUANTIZE", [packed], file.tensor(steps.shape))
    bias = file.constant(np.zeros(4, np.float32))
    made = file.operator(
        "CONV_2D",
        [given, weights, bias],
        file.tensor(_SHAPE),
        "Conv2DOptions",
        strideW=1,
        strideH=1,
    )
    rounded = file.fake_quantize(made, 9.0)
    content = file.write(tmp_path / "x.tflite", [given], [rounded]).read_bytes()
    found = without_fake_quantization(content)
    check_variant_types(found.model, "float32")
    graph = GraphRunner(found.model, inner=False)
    graph.run(_image())
    kernel = 0.5 * (steps[:, 0, 0].astype(np.float32) - 1)
    np.testing.assert_allclose(graph.output_values()[0], _image()[0] @ kernel.T, atol=1e-5)


def test_int8_takes_the_ranges_of_training(tmp_path: Path) -> None:
    """They are wider or narrower than what the images reach."""
    pytest.importorskip("ai_edge_quantizer", reason="needs the host extra")
    found = without_fake_quantization(_trained(tmp_path / "x.tflite", "FAKE_QUANT"))
    ranges = measure_ranges(found.model, [_image()])
    assert ranges["rounded"][1] < 3
    made = quantize(found.model, "int8", input=_GIVEN, ranges=ranges, trained=found.ranges)
    check_variant_types(made, "int8")
    assert GraphRunner(made, inner=False).output.scale == pytest.approx(8 / 255)


@pytest.mark.parametrize("variant", ["float32", "float16", "dynamic_range", "int8"])
def test_other_files_are_unchanged(assets: Path, variant: str) -> None:
    """An int8 graph computes with its quantized numbers."""
    content = (assets / f"models/mnist/{variant}.tflite").read_bytes()
    found = without_fake_quantization(content)
    assert found.model is content
    assert not found.ranges

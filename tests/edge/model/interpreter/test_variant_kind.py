"""A file is called what its weights and activations are, whatever goes in and comes out."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.model.interpreter.loading import load_network
from tests.support.tflite_files import TfliteFile

KERNEL = np.random.default_rng(0).normal(size=(4, 1, 1, 3)).astype(np.float32)


def float_network(path: Path, taken: str = "float32", end: str = "logits") -> Path:
    """Write a convolution with float weights; taken: type of the input; end: what comes out."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3), taken)
    real = given
    if taken != "float32":
        real = file.operator("CAST", [given], file.tensor((1, 8, 8, 3)), "CastOptions")
    output = file.conv(real, KERNEL, (1, 8, 8, 4))
    if end == "ids":
        output = file.argmax(output)
    if end == "bytes":
        steps = file.tensor((1, 8, 8, 4), "int8", scale=0.1)
        output = file.operator("QUANTIZE", [output], steps, "QuantizeOptions")
    return file.write(path, [given], [output])


def stored_network(path: Path, kind: str, taken: str = "float32") -> Path:
    """Write a convolution whose weights are stored in another type and become float again."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3), taken)
    real = given
    if taken != "float32":
        real = file.operator("CAST", [given], file.tensor((1, 8, 8, 3)), "CastOptions")
    scale = {"scale": 0.01} if kind == "int8" else {}
    weights = file.constant((KERNEL * 50 if scale else KERNEL).astype(kind), **scale)
    whole = file.tensor(KERNEL.shape)
    file.operator("DEQUANTIZE", [weights], whole, "DequantizeOptions")
    bias = file.constant(np.zeros(4, np.float32))
    output = file.operator(
        "CONV_2D", [real, whole, bias], file.tensor((1, 8, 8, 4)), "Conv2DOptions",
        strideW=1, strideH=1,
    )  # fmt: skip
    return file.write(path, [given], [output])


def whole_network(path: Path, kind: str) -> Path:
    """Write a convolution in 8 bits between a float input and a float output."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3))
    zero = 0 if kind == "int8" else 128
    steps = file.tensor((1, 8, 8, 3), kind, scale=0.1, zero_point=zero)
    file.operator("QUANTIZE", [given], steps, "QuantizeOptions")
    weights = file.constant((KERNEL * 20 + zero).astype(kind), scale=0.05, zero_point=zero)
    bias = file.constant(np.zeros(4, np.int32), scale=0.1 * 0.05)
    made = file.tensor((1, 8, 8, 4), kind, scale=0.2, zero_point=zero)
    file.operator("CONV_2D", [steps, weights, bias], made, "Conv2DOptions", strideW=1, strideH=1)
    output = file.operator("DEQUANTIZE", [made], file.tensor((1, 8, 8, 4)), "DequantizeOptions")
    return file.write(path, [given], [output])


@pytest.mark.parametrize("taken", ["float32", "float16", "uint8", "int8", "int32"])
@pytest.mark.parametrize("end", ["logits", "ids", "bytes"])
def test_float_weights_make_a_float_network(tmp_path: Path, taken: str, end: str) -> None:
    """Neither the type of the input nor that of the output makes it another variant."""
    path = float_network(tmp_path / "a.tflite", taken, end)
    assert load_network(path, threads=1).variant_name() == "float32"


@pytest.mark.parametrize("taken", ["float32", "uint8"])
@pytest.mark.parametrize(("kind", "name"), [("float16", "float16"), ("int8", "dynamic_range")])
def test_stored_weights_name_the_variant(tmp_path: Path, kind: str, name: str, taken: str) -> None:
    """Weights of 16 or 8 bits beside float activations are float16 or dynamic_range."""
    path = stored_network(tmp_path / "a.tflite", kind, taken)
    assert load_network(path, threads=1).variant_name() == name


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_quantized_activations_are_int8(tmp_path: Path, kind: str) -> None:
    """A whole graph in 8 bits may still take and give floats."""
    path = whole_network(tmp_path / "a.tflite", kind)
    assert load_network(path, threads=1).variant_name() == "int8"


@pytest.mark.shared
def test_an_argmax_after_float_weights_is_float32(shared: Path) -> None:
    """Its ids are whole numbers, its weights are not."""
    path = shared.parent / "cases" / "float32_argmax.tflite"
    assert load_network(path, threads=1).variant_name() == "float32"

"""Quantization of a float32 .tflite without TensorFlow."""

import logging
import os
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.interpreter.loading import load_network
from edge_app.model.preprocess import Preprocess
from host_tools.convert.activation_statistics import measure_ranges
from host_tools.convert.ai_edge import pixel_range, quantize
from host_tools.tflite.flatbuffer import fused_names, read_graph, with_current_schema
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import check_variant_types
from tests.support.tflite_files import TfliteFile
from tests.support.tiny_networks import GIVEN, tiny_samples, tiny_segmenter

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def model() -> bytes:
    """Return a tiny float32 segmenter."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return tiny_segmenter()


def test_float32_is_unchanged(model: bytes) -> None:
    """The float32 variant is the model itself."""
    assert quantize(model, "float32", input=GIVEN) == model


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_every_variant_is_close_to_float32(model: bytes, variant: str) -> None:
    """Each variant's output is within a few 8-bit steps of float32's."""
    samples = tiny_samples()
    level = logging.getLogger().level
    quantized = quantize(model, variant, input=GIVEN, samples=samples)
    assert logging.getLogger().level == level
    reference, small = GraphRunner(model, inner=False), GraphRunner(quantized, inner=False)
    for sample in samples:
        reference.run(sample)
        small.run(sample)
        wanted = reference.output_values()
        assert np.abs(small.output_values() - wanted).max() < 0.05 * np.abs(wanted).max()


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_every_variant_is_one_partition(model: bytes, variant: str, tmp_path: Path) -> None:
    """The delegate takes the reference graph, perhaps without the change from uint8 to int8."""
    path = tmp_path / f"{variant}.tflite"
    path.write_bytes(quantize(model, variant, input=GIVEN, samples=tiny_samples()))
    network = load_network(path, runtime="litert", threads=1)
    assert network.variant_name() == variant
    assert network.delegation.partitions == 1
    assert set(network.delegation.left) <= {"QUANTIZE"}


def test_dynamic_range_leaves_depthwise_filters_in_float(model: bytes) -> None:
    """In 8 bits they would not be delegated, and split the graph."""
    graph = GraphRunner(quantize(model, "dynamic_range", input=GIVEN))
    weights = [detail for detail in graph._native.get_tensor_details() if len(detail["shape"]) == 4]
    kinds = {tuple(detail["shape"]): np.dtype(detail["dtype"]) for detail in weights}
    assert kinds[1, 3, 3, 8] == np.float32
    assert kinds[8, 3, 3, 3] == np.int8


@pytest.mark.parametrize(
    ("io", "input_type", "output_type"),
    [("uint8", "uint8", "int8"), ("int8", "int8", "int8"), ("float32", "float32", "float32")],
)
def test_int8_has_the_chosen_types(
    model: bytes, io: str, input_type: str, output_type: str
) -> None:
    """`io` decides the types of input and output."""
    graph = GraphRunner(quantize(model, "int8", input=GIVEN, samples=tiny_samples(), io=io))
    assert (str(graph.input.dtype), str(graph.output.dtype)) == (input_type, output_type)


def test_uint8_input_takes_pixels_unchanged(model: bytes) -> None:
    """The input's scale and zero point are the card's scaling, whatever the samples are."""
    dull = [0.1 * sample for sample in tiny_samples()]
    tensor = GraphRunner(quantize(model, "int8", input=GIVEN, samples=dull)).input
    pixels = np.arange(256)
    np.testing.assert_array_equal(tensor.quantize((pixels - 127.0) / 128.0), pixels)
    image = np.random.default_rng(1).integers(0, 256, (16, 32, 3), np.uint8)
    into = np.empty((16, 32, 3), np.uint8)
    Preprocess(GIVEN, tensor).fill(image, into)
    np.testing.assert_array_equal(into, image[:, :, ::-1])


@pytest.mark.parametrize("pattern", ["CONV_2D", "*stem*"])
def test_keep_float_leaves_operators_alone(model: bytes, pattern: str) -> None:
    """A pattern matches a kind or a part of a name."""
    quantized = quantize(model, "int8", input=GIVEN, samples=tiny_samples(), keep_float=[pattern])
    kept = {operator.name for operator in read_graph(model).matching([pattern])}
    types = {name: info.dtype for name, info in GraphRunner(quantized).tensors.items()}
    assert kept
    assert any(types[name] == np.float32 for name in kept)
    plain = quantize(model, "int8", input=GIVEN, samples=tiny_samples())
    assert len(read_graph(quantized).operators) > len(read_graph(plain).operators)


def test_the_beginning_of_a_name_keeps_operators_in_float(model: bytes) -> None:
    """A text that is no kind, no name and no pattern matches what begins with it."""
    graph = read_graph(model)
    name = fused_names(graph.operators[0].name)[0]
    start = name[: max(4, name.rfind("/") + 3)]
    kept = graph.matching([start])
    assert graph.operators[0] in kept
    assert all(f"/{start}" in f"/{one.name.replace(chr(59), chr(47))}" for one in kept)
    last = name.rpartition("/")[2]
    assert graph.operators[0] in graph.matching([last[:-1]])


def test_a_pattern_that_matches_nothing_lists_what_there_is(model: bytes) -> None:
    """Kinds and names, and how many more there are."""
    with pytest.raises(ModelError, match=r"'nix'; there are the kinds .*CONV_2D.* and the names "):
        read_graph(model).matching(["nix"])


def test_a_file_of_an_old_converter_is_quantized(model: bytes, tmp_path: Path) -> None:
    """Its operators' kinds stand in the old field alone, and it has no signatures."""
    from ai_edge_litert.tools import flatbuffer_utils as tools

    parsed = tools.read_model_from_bytearray(bytearray(model))
    for code in parsed.operatorCodes:
        code.deprecatedBuiltinCode, code.builtinCode = code.builtinCode, 0
    parsed.signatureDefs = None
    old = bytes(tools.convert_object_to_bytearray(parsed))
    assert with_current_schema(model) == model
    for io in ("uint8", "float32"):
        made, of_old = (
            quantize(content, "int8", input=GIVEN, samples=tiny_samples(), io=io)
            for content in (model, old)
        )
        graph, graph_of_old = GraphRunner(made), GraphRunner(of_old)
        for sample in tiny_samples():
            graph.run(sample)
            graph_of_old.run(sample)
            np.testing.assert_array_equal(graph.output_values(), graph_of_old.output_values())
    assert len(quantize(old, "dynamic_range", input=GIVEN)) < len(old)


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_scales_left_on_real_weights_are_ignored(model: bytes, variant: str) -> None:
    """A file that was quantized once and made real again may keep them, one for each channel."""
    from ai_edge_litert.tools import flatbuffer_utils as tools

    parsed = tools.read_model_from_bytearray(bytearray(model))
    (graph,) = parsed.subgraphs
    for operator in graph.operators:
        tensor = graph.tensors[operator.inputs[1]]
        if tools.opcode_to_name(parsed, operator.opcodeIndex) == "CONV_2D":
            tensor.quantization = found = tools.schema_fb.QuantizationParametersT()
            found.scale = np.full(tensor.shape[0], 0.01, np.float32)
            found.zeroPoint = np.zeros(tensor.shape[0], np.int64)
    scaled = bytes(tools.convert_object_to_bytearray(parsed))
    made = quantize(scaled, variant, input=GIVEN, samples=tiny_samples())
    check_variant_types(made, variant)
    GraphRunner(made, inner=False).run(tiny_samples()[0])


def test_a_tensor_that_is_always_zero_stays_in_the_delegate(tmp_path: Path) -> None:
    """Training leaves branches that give nothing: their scale is of the usual size."""
    file = TfliteFile()
    given = file.tensor((1, 16, 32, 3))
    draw = np.random.default_rng(0)
    nothing = file.conv(given, np.zeros((8, 1, 1, 3)), (1, 16, 32, 8))
    x = file.conv(given, draw.normal(0, 0.2, (8, 3, 3, 3)), (1, 16, 32, 8))
    for kind in ("MUL", "ADD"):
        made = file.tensor((1, 16, 32, 8))
        x = file.operator(kind, [nothing, x], made, f"{kind.title()}Options")
    answer = file.conv(x, draw.normal(0, 0.3, (4, 1, 1, 8)), (1, 16, 32, 4))
    model = file.write(tmp_path / "float32.tflite", [given], [answer]).read_bytes()
    path = tmp_path / "int8.tflite"
    path.write_bytes(quantize(model, "int8", input=GIVEN, samples=tiny_samples()))
    assert load_network(path, runtime="litert", threads=1).delegation.partitions == 1
    scales = [info.scale for info in GraphRunner(path.read_bytes()).tensors.values()]
    assert min(scales) > 1e-4


def test_ranges_replace_samples(model: bytes) -> None:
    """TensorRanges measured once give the same file as the samples they came from."""
    samples = tiny_samples()
    ranges = measure_ranges(model, samples)
    again = quantize(model, "int8", input=GIVEN, ranges=ranges)
    assert again == quantize(model, "int8", input=GIVEN, samples=samples)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (InputSpec((8, 8)), (-1.0, 1.0)),
        (InputSpec((8, 8), "gray", (0.0,), (255.0,)), (0.0, 1.0)),
        (InputSpec((8, 8), "rgb", (0.0, 51.0, 102.0), (51.0, 51.0, 51.0)), (-2.0, 5.0)),
    ],
)
def test_pixel_range_holds_every_channel(given: InputSpec, wanted: tuple[float, float]) -> None:
    """The range goes from the smallest value of pixel 0 to the largest of pixel 255."""
    assert pixel_range(given) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("variant", "options", "why"),
    [
        ("int4", {}, "no variant 'int4'"),
        ("int8", {}, "real images"),
        ("int8", {"samples": [np.zeros((1, 8, 8, 3), np.float32)]}, "(1, 8, 8, 3)"),
        ("int8", {"samples": [np.full((1, 16, 32, 3), np.nan, np.float32)]}, "NaN or infinite"),
        ("float16", {"keep_float": ["nix*"]}, "'nix*'"),
    ],
)
def test_an_error_is_one_line(
    model: bytes, variant: str, options: dict[str, Any], why: str
) -> None:
    """Every error is one line with its reason."""
    with pytest.raises(ModelError, match=re.escape(why)) as caught:
        quantize(model, variant, input=GIVEN, **options)
    assert "\n" not in str(caught.value)


def test_only_float32_tflite_is_quantized(model: bytes) -> None:
    """Other files, damaged and quantized ones are refused in one line."""
    int8 = quantize(model, "int8", input=GIVEN, samples=tiny_samples())
    cases = {"not a .tflite": b"no model at all", "damaged": model[:300], "already": int8}
    for why, content in cases.items():
        with pytest.raises(ModelError, match=why) as caught:
            quantize(content, "float16", input=GIVEN)
        assert "\n" not in str(caught.value)


def test_the_street_model_is_smaller_and_one_partition(shared: Path, tmp_path: Path) -> None:
    """A real segmenter shrinks to a third and remains one partition."""
    model = (shared / "street_trial" / "float32.tflite").read_bytes()
    given = InputSpec((512, 256))
    image = cv2.imread(str(next((shared / "camvid" / "train").glob("*.jpg"))))
    assert image is not None
    sample = np.empty((1, 256, 512, 3), np.float32)
    Preprocess(given, TensorInfo("x", sample.shape, np.dtype(np.float32))).fill(
        np.asarray(image, np.uint8), sample[0]
    )
    for variant, most in (("dynamic_range", 800_000), ("float16", 1_180_000), ("int8", 800_000)):
        quantized = quantize(model, variant, input=given, samples=[sample])
        path = tmp_path / f"{variant}.tflite"
        path.write_bytes(quantized)
        assert len(quantized) < most
        assert load_network(path, runtime="litert").delegation.partitions == 1


def test_the_reason_has_what_native_code_said(
    model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quantizer's exception often says no more than that it failed; greetings are no reason."""

    def fail(*_: object, **__: object) -> None:
        os.write(2, b"INFO: Created a delegate\nERROR: tensor 7 is odd\n")
        raise RuntimeError("it failed")

    monkeypatch.setattr("ai_edge_quantizer.quantizer.Quantizer.quantize", fail)
    with pytest.raises(ModelError, match="this variant: it failed ERROR: tensor 7 is odd;"):
        quantize(model, "float16", input=GIVEN)

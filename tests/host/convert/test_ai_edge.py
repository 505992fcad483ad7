"""Test quantization of a float32 .tflite without TensorFlow."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.interpreter.loading import load_network
from edge_app.model.preprocess import Preprocess
from host_tools.convert.ai_edge import measure_ranges, pixel_range, quantize
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from tests.support.tiny_networks import GIVEN, tiny_samples, tiny_segmenter

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install '.[host]'")


@pytest.fixture(scope="module")
def model() -> bytes:
    """Return a tiny float32 segmenter."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")
    return tiny_segmenter()


def test_float32_is_handed_back(model: bytes) -> None:
    """What is float32 already is not touched."""
    assert quantize(model, "float32", input=GIVEN) == model


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_every_variant_answers_nearly_as_float32(model: bytes, variant: str) -> None:
    """Each variant stays within a few steps of 8 bits of float32's answer."""
    samples = tiny_samples()
    made = quantize(model, variant, input=GIVEN, samples=samples)
    whole, small = GraphRunner(model, inner=False), GraphRunner(made, inner=False)
    for sample in samples:
        whole.run(sample)
        small.run(sample)
        wanted = whole.output_values()
        assert np.abs(small.output_values() - wanted).max() < 0.05 * np.abs(wanted).max()


def test_ranges_are_those_of_every_tensor_there_is(model: bytes) -> None:
    """What the delegate hands out spans what the runtime's own kernels compute."""
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


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_every_variant_is_one_partition(model: bytes, variant: str, tmp_path: Path) -> None:
    """The delegate takes the graph whole; the change from uint8 to int8 alone may stay out."""
    path = tmp_path / f"{variant}.tflite"
    path.write_bytes(quantize(model, variant, input=GIVEN, samples=tiny_samples()))
    network = load_network(path, runtime="litert", threads=1)
    assert network.variant_name() == variant
    assert network.delegation.partitions == 1
    assert set(network.delegation.left) <= {"QUANTIZE"}


def test_dynamic_range_leaves_depthwise_filters_in_float(model: bytes) -> None:
    """In 8 bits they would leave the delegate and cut the graph to pieces."""
    graph = GraphRunner(quantize(model, "dynamic_range", input=GIVEN))
    weights = [detail for detail in graph._native.get_tensor_details() if len(detail["shape"]) == 4]
    kinds = {tuple(detail["shape"]): np.dtype(detail["dtype"]) for detail in weights}
    assert kinds[1, 3, 3, 8] == np.float32
    assert kinds[8, 3, 3, 3] == np.int8


@pytest.mark.parametrize(
    ("io", "given", "made"),
    [("uint8", "uint8", "int8"), ("int8", "int8", "int8"), ("float32", "float32", "float32")],
)
def test_int8_takes_and_gives_what_is_asked(model: bytes, io: str, given: str, made: str) -> None:
    """Input and output have the types that go with `io`."""
    graph = GraphRunner(quantize(model, "int8", input=GIVEN, samples=tiny_samples(), io=io))
    assert (str(graph.input.dtype), str(graph.output.dtype)) == (given, made)


def test_uint8_input_takes_pixels_as_they_are(model: bytes) -> None:
    """The input's scale and zero point are the card's scaling, whatever calibration saw."""
    dull = [0.1 * sample for sample in tiny_samples()]
    tensor = GraphRunner(quantize(model, "int8", input=GIVEN, samples=dull)).input
    pixels = np.arange(256)
    np.testing.assert_array_equal(tensor.quantize((pixels - 127.0) / 128.0), pixels)
    picture = np.random.default_rng(1).integers(0, 256, (16, 32, 3), np.uint8)
    into = np.empty((16, 32, 3), np.uint8)
    Preprocess(GIVEN, tensor).fill(picture, into)
    np.testing.assert_array_equal(into, picture[:, :, ::-1])


@pytest.mark.parametrize("pattern", ["CONV_2D", "*stem*"])
def test_keep_float_leaves_operators_alone(model: bytes, pattern: str) -> None:
    """Named by kind or by a part of their name, they compute in float."""
    made = quantize(model, "int8", input=GIVEN, samples=tiny_samples(), keep_float=[pattern])
    kept = {operator.name for operator in read_graph(model).matching([pattern])}
    types = {name: info.dtype for name, info in GraphRunner(made).tensors.items()}
    assert kept
    assert any(types[name] == np.float32 for name in kept)
    plain = quantize(model, "int8", input=GIVEN, samples=tiny_samples())
    assert len(read_graph(made).operators) > len(read_graph(plain).operators)


def test_ranges_are_the_extremes_of_all_samples(model: bytes) -> None:
    """The order of the samples makes no difference, and no sample is beyond a range."""
    samples = tiny_samples()
    ranges = measure_ranges(model, samples)
    assert ranges == measure_ranges(model, samples[::-1])
    graph = GraphRunner(model)
    for sample in samples:
        graph.run(sample)
        for name, low, high in graph.ranges():
            assert ranges[name][0] <= low <= high <= ranges[name][1]


def test_measured_ranges_stand_in_for_samples(model: bytes) -> None:
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
    """The input's range reaches from the least of pixel 0 to the greatest of pixel 255."""
    assert pixel_range(given) == pytest.approx(wanted)


def test_what_cannot_be_done_is_one_line(model: bytes) -> None:
    """Every refusal says in one line what to do."""
    int8 = quantize(model, "int8", input=GIVEN, samples=tiny_samples())
    wrong = [np.zeros((1, 8, 8, 3), np.float32)]
    endless = [np.full((1, 16, 32, 3), np.nan, np.float32)]
    for attempt, word in (
        (lambda: quantize(b"no model at all", "int8", input=GIVEN), "not a .tflite"),
        (lambda: quantize(model[:300], "int8", input=GIVEN), "damaged"),
        (lambda: quantize(int8, "float16", input=GIVEN), "quantized already"),
        (lambda: quantize(model, "int4", input=GIVEN), "no variant 'int4'"),
        (lambda: quantize(model, "int8", input=GIVEN), "real pictures"),
        (lambda: quantize(model, "int8", input=GIVEN, samples=wrong), "(1, 8, 8, 3)"),
        (lambda: quantize(model, "int8", input=GIVEN, samples=endless), "not finite"),
        (lambda: quantize(model, "float16", input=GIVEN, keep_float=["nix*"]), "'nix*'"),
    ):
        with pytest.raises(ModelError) as caught:
            attempt()
        assert word in str(caught.value)
        assert "\n" not in str(caught.value)


def test_street_model_is_smaller_and_whole(shared: Path, tmp_path: Path) -> None:
    """A real segmenter becomes a third in size and stays one partition."""
    model = (shared / "street_trial" / "float32.tflite").read_bytes()
    given = InputSpec((512, 256))
    import cv2

    picture = cv2.imread(str(next((shared / "camvid" / "train").glob("*.jpg"))))
    sample = np.empty((1, 256, 512, 3), np.float32)
    Preprocess(given, TensorInfo("x", sample.shape, np.dtype(np.float32))).fill(picture, sample[0])
    for variant, most in (("dynamic_range", 800_000), ("float16", 1_180_000), ("int8", 800_000)):
        made = quantize(model, variant, input=given, samples=[sample])
        path = tmp_path / f"{variant}.tflite"
        path.write_bytes(made)
        assert len(made) < most
        assert load_network(path, runtime="litert").delegation.partitions == 1

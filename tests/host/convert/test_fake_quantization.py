"""A SavedModel that was trained with fake quantization has float variants and a trained int8."""

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from host_tools.convert.fake_quantization import TrainedGraphs, split_fake_quantization
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_tensorflow
from host_tools.models.write_model import write_saved_model
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import check_variant_types

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow

_SHAPE = (1, 8, 16, 3)


def _images() -> Iterator[list[NDArray[np.float32]]]:
    for seed in range(3):
        image = np.random.default_rng(seed).uniform(-1, 1, _SHAPE).astype(np.float32)
        image[0, 0, 0], image[0, 0, 1] = -1, 1
        yield [image]


def _network(round_to: Callable[[Any, float], Any]) -> Callable[[Any], Any]:
    """Return two convolutions, with what rounds tensors between -limit and limit."""
    tensorflow = load_tensorflow()
    draw = np.random.default_rng(0)
    first, second = (
        tensorflow.constant(draw.normal(0, 0.3, shape), tensorflow.float32)
        for shape in ((3, 3, 3, 16), (1, 1, 16, 19))
    )

    def run(image: Any) -> Any:
        x = tensorflow.nn.conv2d(round_to(image, 1.0), round_to(first, 0.8), 2, "SAME")
        x = round_to(tensorflow.nn.relu(x + 0.1), 2.5)
        return round_to(tensorflow.nn.conv2d(x, round_to(second, 0.7), 1, "SAME"), 16.0)

    return run


def _rounding(kind: str) -> Callable[[Any, float], Any]:
    quantization = load_tensorflow().quantization

    def by_channel(x: Any, limit: float) -> Any:
        if x.shape[0] == 1 and x.shape[1] != 1:  # activations
            return quantization.fake_quant_with_min_max_vars(x, -limit, limit)
        limits = [limit] * x.shape[-1]
        low = [-limit] * x.shape[-1]
        return quantization.fake_quant_with_min_max_vars_per_channel(x, low, limits)

    def arguments(x: Any, limit: float) -> Any:
        return quantization.fake_quant_with_min_max_args(x, -limit, limit)

    def four_bits(x: Any, limit: float) -> Any:
        return quantization.fake_quant_with_min_max_vars(x, -limit, limit, num_bits=4)

    def pair(x: Any, limit: float) -> Any:
        return quantization.quantize_and_dequantize_v2(x, -limit, limit, range_given=True)

    def follows_image(x: Any, limit: float) -> Any:
        return quantization.quantize_and_dequantize_v2(x, -limit, limit, range_given=False)

    kinds = (by_channel, arguments, four_bits, pair, follows_image)
    return {one.__name__: one for one in kinds}[kind]


def _split(kind: str, folder: Path) -> tuple[TrainedGraphs, GraphRunner]:
    """Return the graphs of a network, and the same network without rounding."""
    for name, rounding in (("plain", lambda x, _: x), ("saved", _rounding(kind))):
        write_saved_model(_network(rounding), _SHAPE, folder / name)
    plain = convert_saved_model(folder / "plain", "float32", _images)
    assert split_fake_quantization(folder / "plain").without == folder / "plain"
    return split_fake_quantization(folder / "saved"), GraphRunner(plain, inner=False)


@pytest.mark.parametrize(
    ("kind", "ranges"),
    [("by_channel", 5), ("arguments", 5), ("four_bits", 5), ("pair", 5), ("follows_image", 0)],
)
def test_float_variants_are_without_it_and_int8_uses_its_ranges(
    tmp_path: Path, kind: str, ranges: int
) -> None:
    """Without the change all four files are int8 graphs, or round their activations."""
    graphs, plain = _split(kind, tmp_path)
    assert (graphs.removed, graphs.ranges) == (5, ranges)
    float32 = convert_saved_model(graphs.without, "float32", _images)
    check_variant_types(float32, "float32")
    check_variant_types(convert_saved_model(graphs.without, "float16", _images), "float16")
    graph = GraphRunner(float32, inner=False)
    for [image] in _images():
        graph.run(image)
        plain.run(image)
        np.testing.assert_allclose(graph.output_values(), plain.output_values(), atol=1e-4)
    int8 = convert_saved_model(graphs.for_int8, "int8", _images)
    check_variant_types(int8, "int8")
    scale = GraphRunner(int8, inner=False).output.scale
    if ranges:
        assert scale == pytest.approx(32 / 255, rel=0.01)  # far more than the images reach
    else:
        assert 0.001 < scale < 16 / 255


def test_the_case_of_two_convolutions(shared: Path, tmp_path: Path) -> None:
    """Its float16 and dynamic_range were whole int8 graphs."""
    with tarfile.open(shared.parent / "cases" / "qat_saved.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    graphs = split_fake_quantization(tmp_path / "c12_qat_saved")
    assert graphs.ranges == graphs.removed == 5
    for name in ("float32", "float16"):
        check_variant_types(convert_saved_model(graphs.without, name, lambda: iter(())), name)

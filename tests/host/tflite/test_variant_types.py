"""A file is the variant of its name, or is refused with the operators that show it is not."""

import re
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.card import VARIANTS
from host_tools.convert.ai_edge import quantize
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.variant_types import check_variant_types
from tests.support.tflite_files import TfliteFile
from tests.support.tiny_networks import GIVEN, tiny_samples, tiny_segmenter

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
pytest.importorskip("ai_edge_quantizer", reason="needs the host extra")
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return the four variants of a tiny segmenter."""
    model = tiny_segmenter()
    return {name: quantize(model, name, input=GIVEN, samples=tiny_samples()) for name in VARIANTS}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_passes_for_its_own_name_alone(files: dict[str, bytes], name: str) -> None:
    """So two variants cannot be the same bytes."""
    check_variant_types(files[name], name)
    for other in set(VARIANTS) - {name}:
        with pytest.raises(ModelError) as caught:
            check_variant_types(files[name], other)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("is_a", "name", "why"),
    [
        ("float32", "float16", "it has float32 weights in CONV_2D "),
        ("float32", "dynamic_range", "it has float32 weights in CONV_2D "),
        ("float32", "int8", "it computes in float in CONV_2D "),
        ("int8", "float16", "it has 8-bit activations in QUANTIZE "),
        ("int8", "dynamic_range", "it has 8-bit activations in QUANTIZE "),
        ("float16", "dynamic_range", "it has weights of another kind in CONV_2D "),
        ("dynamic_range", "float32", "it holds quantized or half-precision numbers in CONV_2D "),
    ],
)
def test_the_operators_are_named(files: dict[str, bytes], is_a: str, name: str, why: str) -> None:
    """The reason names the kind and the operators."""
    with pytest.raises(ModelError, match=re.escape(why)):
        check_variant_types(files[is_a], name)


def test_float_operators_are_accepted_only_where_they_were_asked_for(
    files: dict[str, bytes],
) -> None:
    """The rest of int8 computes in integers."""
    mixed = quantize(
        files["float32"], "int8", input=GIVEN, samples=tiny_samples(), keep_float=["*depth*"]
    )
    with pytest.raises(ModelError, match=r"in float in DEPTHWISE_CONV_2D.*--keep-float DEPTH"):
        check_variant_types(mixed, "int8")
    kept = read_graph(files["float32"]).matching(["*depth*"])
    check_variant_types(mixed, "int8", {operator.name for operator in kept})


@pytest.mark.parametrize("name", ["float16", "dynamic_range", "int8"])
def test_a_network_without_weights_has_one_variant(tmp_path: Path, name: str) -> None:
    """There is nothing to store in fewer bits."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3))
    path = file.write(tmp_path / "x.tflite", [given], [file.reshape(given, (1, 192))])
    check_variant_types(path.read_bytes(), "float32")
    with pytest.raises(ModelError, match=f"leave {name} out with --variants"):
        check_variant_types(path.read_bytes(), name)


def test_fake_quantization_is_no_float_variant(tmp_path: Path) -> None:
    """It rounds to 256 steps, in float tensors."""
    file = TfliteFile()
    given = file.tensor((1, 8, 8, 3))
    kernel = np.ones((4, 1, 1, 3), np.float32)
    made = file.fake_quantize(file.conv(given, kernel, (1, 8, 8, 4)), 1.0)
    content = file.write(tmp_path / "x.tflite", [given], [made]).read_bytes()
    with pytest.raises(ModelError, match="numbers in FAKE_QUANT"):
        check_variant_types(content, "float32")

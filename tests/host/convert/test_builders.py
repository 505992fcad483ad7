"""Each variant of a .tflite file is what its name says, whichever quantizer can make it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from host_tools.convert.builders import VariantBuilders
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.float_models import FloatModels
from host_tools.models.loaded_model import LoadedModel
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import check_variant_types
from tests.support.tflite_files import TfliteFile

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
pytest.importorskip("ai_edge_quantizer", reason="needs the host extra")
pytestmark = pytest.mark.tensorflow

_SHAPE = (1, 16, 16, 3)
_MAP = (1, 16, 16, 5)


def _images() -> tuple[np.ndarray, ...]:
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (6, 4, 4, 3), np.uint8)
    return tuple(coarse.repeat(4, axis=1).repeat(4, axis=2))


def _builders(model: bytes, silent: Progress) -> VariantBuilders:
    options = ConversionOptions(Path("net.tflite"), Path("out"))
    loaded = LoadedModel("the TFLite model", _SHAPE, "", float32=model)
    given = InputSpec((16, 16), "rgb", (127.5,), (127.5,))
    return VariantBuilders(options, FloatModels(loaded), given, Calibration(_images(), {}), silent)


def _kernel() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, (5, 3, 3, 3)).astype(np.float32)


def test_class_ids_are_computed_in_integers(tmp_path: Path, silent: Progress) -> None:
    """ai-edge-quantizer leaves ARG_MAX in float, so TensorFlow makes the int8 of this file."""
    file = TfliteFile()
    given = file.tensor(_SHAPE)
    logits = file.conv(given, _kernel(), _MAP)
    model = file.write(tmp_path / "x.tflite", [given], [file.argmax(logits)]).read_bytes()

    builders = _builders(model, silent)
    with pytest.raises(ModelError, match=r"made it is not int8: .*float in ARG_MAX"):
        builders.builders("int8")["ai-edge-quantizer"]()
    assert not builders.fallback("float16")
    int8 = builders.fallback("int8")["tensorflow"]()
    named = {
        quantizer: replace(builders, options=replace(builders.options, quantizer=quantizer))
        for quantizer in ("tensorflow", "ai-edge-quantizer")
    }
    for quantizer, one in named.items():
        assert list(one.builders("int8")) == [quantizer]
    assert not named["ai-edge-quantizer"].fallback("int8")
    small, reference = GraphRunner(int8, inner=False), GraphRunner(model, inner=False)
    assert (str(small.input.dtype), str(small.output.dtype)) == ("uint8", "int32")
    for [image] in builders.calibration.tensors(builders.given, _SHAPE):
        small.run(image)
        reference.run(image)
        assert (small.output_values() == reference.output_values()).mean() > 0.95


def test_a_network_trained_with_fake_quantization(tmp_path: Path, silent: Progress) -> None:
    """Float variants are without it, int8 of both quantizers has its range."""
    file = TfliteFile()
    given = file.tensor(_SHAPE)
    answer = file.fake_quantize(file.conv(given, _kernel(), _MAP), 20.0)
    model = file.write(tmp_path / "x.tflite", [given], [answer]).read_bytes()

    builders = _builders(model, silent)
    check_variant_types(builders.floats.float32, "float32")
    assert builders.floats.notes["fake_quantization"].startswith("int8 uses 1 of its ranges")
    for name in ("float16", "dynamic_range"):
        check_variant_types(builders.builders(name)["ai-edge-quantizer"](), name)
    for build in (builders.builders("int8"), builders.fallback("int8")):
        [made] = (one() for one in build.values())
        assert GraphRunner(made, inner=False).output.scale == pytest.approx(40 / 255)
    plain = LoadedModel("the TFLite model", _SHAPE, "", float32=builders.floats.float32)
    assert not FloatModels(plain).notes

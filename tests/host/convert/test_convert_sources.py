"""Every kind of source becomes a verified model folder, and other files are refused."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, UsageError
from edge_app.model.card import VARIANTS, read_card
from edge_app.model.engine import load_engine
from host_tools.convert import builders
from host_tools.convert.activation_statistics import TensorRanges, measure_ranges
from host_tools.convert.calibration import CalibrationOptions
from host_tools.convert.conversion_options import (
    CardOptions,
    ConversionOptions,
    check_options,
)
from host_tools.convert.convert import convert
from host_tools.convert.evaluation import Evaluation
from host_tools.datasets import digit_files
from host_tools.framework import load_tensorflow
from host_tools.models.keras_file import export_saved_model, load_model
from host_tools.models.loaded_model import SourceOptions, fixed_shape
from host_tools.models.open_model import check_model, open_model
from tests.support.made_graph import write_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def sources(keras_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one network as Keras file, SavedModel and .tflite, and a frozen graph."""
    folder = tmp_path_factory.mktemp("sources")
    export_saved_model(load_model(keras_file), (1, 28, 28), folder / "saved")
    lite = load_tensorflow().lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
    (folder / "net.tflite").write_bytes(lite.convert())
    return {
        "keras": keras_file,
        "saved": folder / "saved",
        "tflite": folder / "net.tflite",
        "frozen": write_graph(folder / "graph.pb"),
    }


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 24 smooth images."""
    folder = tmp_path_factory.mktemp("street")
    draw = np.random.default_rng(0)
    for number in range(24):
        small = draw.integers(0, 256, (4, 6, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (90, 60)))
    return folder


def _options(model: Path, out: Path, mnist: Path) -> ConversionOptions:
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=model,
        out=out,
        card=CardOptions(labels="digits"),  # it knows too few of them to be taken for a reader
        calibration=CalibrationOptions(str(digit_files(mnist, "train")[0])),
        evaluation=Evaluation(str(images), str(labels)),
    )


@pytest.mark.parametrize("kind", ["keras", "saved", "tflite"])
def test_one_network_scores_the_same_from_every_kind(
    sources: dict[str, Path], mnist: Path, tmp_path: Path, silent: Progress, kind: str
) -> None:
    """The card has four variants with their quantizer and their agreement with float32."""
    convert(_options(sources[kind], tmp_path / "net", mnist), silent)
    spec = read_card(tmp_path / "net")
    assert tuple(spec.variants) == VARIANTS
    assert spec.labels.name == "digits"
    for variant in spec.variants.values():
        assert variant.quality["top1"] > 0.9
        assert variant.measured["agreement"] > 0.9
        assert variant.measured["times_float32"] > 0
        if variant.name != "float32":
            assert variant.measured["quantizer"].split()[0] in {"tensorflow", "ai-edge-quantizer"}
    assert spec.variants["int8"].measured["input"] == "uint8"


def test_a_frozen_graph_becomes_a_live_model(
    sources: dict[str, Path], street: Path, tmp_path: Path, silent: Progress
) -> None:
    """int8 takes pixels unchanged and returns 8-bit logits, and the card has the scaling."""
    options = ConversionOptions(
        model=sources["frozen"],
        out=tmp_path / "street",
        calibration=CalibrationOptions(str(street), samples=20),
        source=SourceOptions((33, 17)),
    )
    spec = convert(options, silent).spec
    assert (spec.task, spec.labels.name) == ("segmentation", "cityscapes")
    assert (spec.input.size_wh, spec.input.mean, spec.input.std) == ((33, 17), (127.5,), (127.5,))
    assert spec.source["input_tensor"] == "sub_7"
    assert spec.calibration["pictures"] == 20
    image = np.random.default_rng(0).integers(0, 256, (17, 33, 3), dtype=np.uint8)
    into = np.zeros_like(image)
    load_engine(spec, "int8").preprocess.fill(image, into)
    assert np.array_equal(into, image[..., ::-1])
    assert {v.measured["partitions"] for v in spec.variants.values()} == {1}


def test_float_input_for_int8(
    sources: dict[str, Path], street: Path, tmp_path: Path, silent: Progress
) -> None:
    """--io float32 has the reference's types, and --variants gives only the chosen files."""
    options = ConversionOptions(
        model=sources["frozen"],
        out=tmp_path / "street",
        calibration=CalibrationOptions(str(street), samples=20),
        variants=("int8",),
        io="float32",
        quantizer="ai-edge-quantizer",
    )
    spec = convert(options, silent).spec
    assert {path.name for path in options.out.iterdir()} == {"int8.tflite", "model.json"}
    network = load_engine(spec, "int8").network
    assert [str(network.input.dtype), str(network.output.dtype)] == ["float32", "float32"]


def test_a_variant_that_loses_too_much_is_refused(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names the variant and the next step, and the old folder stays."""
    options = _options(sources["tflite"], tmp_path / "net", mnist)
    options = replace(options, variants=("float32", "int8"))
    convert(options, silent)
    before = {path.name: path.read_bytes() for path in options.out.iterdir()}

    def narrow(*given: Any, **named: Any) -> TensorRanges:
        """Return a thousandth of each tensor's range."""
        found = measure_ranges(*given, **named)
        return {name: (low / 1e3, high / 1e3) for name, (low, high) in found.items()}

    monkeypatch.setattr(builders, "measure_ranges", narrow)
    with pytest.raises(ModelError, match=r"int8.*host-tools diagnose"):
        convert(options, silent)
    assert {path.name: path.read_bytes() for path in options.out.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("absent.pb", None, "there is no file"),
        ("empty.keras", b"", "is empty"),
        ("empty.h5", b"", "is empty"),
        ("empty.pb", b"", "is empty"),
        ("empty.tflite", b"", "is empty"),
        ("foreign.tflite", b"GIF89a" * 50, "is not a .tflite file"),
        ("cut.tflite", b"\x1c\x00\x00\x00TFL3" + b"\x00" * 90, "cut.tflite"),
        ("foreign.pb", b"GIF89a" * 50, "no frozen graph"),
        ("model.onnx", b"x", "is an ONNX model; export it as a SavedModel with onnx2tf"),
        ("model.xyz", b"x", "not a known kind of model"),
    ],
)
def test_a_file_that_is_no_model_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    """Missing, empty, foreign and truncated files each have their own error."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=why) as fault:
        open_model(tmp_path / name, SourceOptions(), tmp_path / "scratch")
    assert "\n" not in str(fault.value)
    assert ";" in str(fault.value)


@pytest.mark.parametrize("content", [None, b"", b"no proto at all"])
def test_a_folder_that_is_no_saved_model_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    """A folder without a graph, and folders with a broken one."""
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError, match=r"saved_model\.pb|does not load") as fault:
        open_model(tmp_path, SourceOptions(), tmp_path / "scratch")
    assert "\n" not in str(fault.value)


def test_a_quantized_model_is_refused(assets: Path, tmp_path: Path) -> None:
    """A second quantization would add to the losses of the first."""
    with pytest.raises(ModelError, match="is already int8"):
        open_model(assets / "models" / "mnist" / "int8.tflite", SourceOptions(), tmp_path)


def test_a_card_beside_a_tflite_has_its_scaling(assets: Path, tmp_path: Path) -> None:
    """The float32 file of a model folder needs no --mean and --std."""
    loaded = open_model(assets / "models" / "mnist" / "float32.tflite", SourceOptions(), tmp_path)
    assert (loaded.mean, loaded.std) == ((0.0,), (255.0,))


@pytest.mark.parametrize(
    ("shape", "size_wh", "result"),
    [
        ((None, 8, 9, 3), None, (1, 8, 9, 3)),
        ((None, None, None, 3), (9, 8), (1, 8, 9, 3)),
        ((1, 8, None, 1), (9, 8), (1, 8, 9, 1)),
        ((None, 8, 9, 3), (8, 9), UsageError),
        ((None, None, None, 3), None, ModelError),
        ((None, 8, 9, 5), None, ModelError),
        ((4, 8, 9, 3), None, ModelError),
        ((None, 10), None, ModelError),
    ],
)
def test_open_sides_get_the_chosen_size(
    shape: tuple[int | None, ...],
    size_wh: tuple[int, int] | None,
    result: tuple[int, ...] | type[EdgeError],
) -> None:
    """Fixed sides stay, and another size is an error."""
    if isinstance(result, tuple):
        assert fixed_shape(shape, size_wh) == result
        return
    with pytest.raises(result):
        fixed_shape(shape, size_wh)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"variants": ("int4",)}, "choose from float32"),
        ({"variants": ()}, "choose from float32"),
        ({"max_drop": 2.0}, "share from 0 to 1"),
        ({"calibration": CalibrationOptions()}, "--calibration"),
        ({"quantizer": "magic"}, "choose one of: auto"),
        ({"quantizer": "tensorflow", "keep_float": ("x",)}, "cannot keep"),
    ],
)
def test_wrong_options_are_refused_at_once(change: dict[str, Any], why: str) -> None:
    """They are checked before anything is loaded."""
    options = ConversionOptions(Path(), Path(), calibration=CalibrationOptions("x"))
    with pytest.raises(UsageError, match=why):
        check_options(replace(options, **change))


def test_a_folder_is_checked_before_tensorflow_loads(tmp_path: Path) -> None:
    """A wrong folder is an error at once."""
    with pytest.raises(ModelError, match=r"a folder without saved_model\.pb"):
        check_model(tmp_path)


@pytest.mark.parametrize("name", ["fingerprint.pb", "variables/variables.index"])
def test_a_pipe_in_a_saved_model_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Neither if the folder is given, nor if its graph is."""
    (tmp_path / "variables").mkdir()
    graph = tmp_path / "saved_model.pb"
    graph.write_bytes(b"x")
    os.mkfifo(tmp_path / name)
    for path in (tmp_path, graph):
        with pytest.raises(ModelError, match="is a pipe, not a file on a disk"):
            check_model(path)

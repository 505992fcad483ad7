"""Test that every kind of source becomes a proven model folder, and what is none is refused."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, UsageError
from edge_app.model.card import VARIANTS, TensorInfo, read_card
from edge_app.model.engine import load_engine
from host_tools.convert.conversion_options import (
    ConversionOptions,
    check_options,
    infer_labels,
    input_spec,
)
from host_tools.convert.convert import convert
from host_tools.convert.evaluation import Evaluation
from host_tools.datasets import digit_files
from host_tools.framework import load_tensorflow
from host_tools.models.keras_file import export_saved_model, load_model
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape
from host_tools.models.open_model import check_model, open_model
from tests.support.made_graph import write_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")


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
    """Return a folder of 24 smooth pictures."""
    folder = tmp_path_factory.mktemp("street")
    draw = np.random.default_rng(0)
    for number in range(24):
        small = draw.integers(0, 256, (4, 6, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (90, 60)))
    return folder


def _recipe(model: Path, out: Path, mnist: Path) -> ConversionOptions:
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=model,
        out=out,
        calibration=str(digit_files(mnist, "train")[0]),
        evaluation=Evaluation(str(images), str(labels)),
    )


@pytest.mark.parametrize("kind", ["keras", "saved", "tflite"])
def test_one_network_scores_the_same_from_every_kind(
    sources: dict[str, Path], mnist: Path, tmp_path: Path, silent: Progress, kind: str
) -> None:
    """Four variants, each naming who quantized it and how it agrees with float32."""
    convert(_recipe(sources[kind], tmp_path / "net", mnist), silent)
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
    """Pixels go in as they are, logits come out in 8 bits, and the card knows the scaling."""
    recipe = ConversionOptions(
        model=sources["frozen"],
        out=tmp_path / "street",
        calibration=str(street),
        samples=20,
        wishes=SourceOptions((33, 17)),
    )
    spec = convert(recipe, silent).spec
    assert (spec.task, spec.labels.name) == ("segmentation", "cityscapes")
    assert (spec.input.size_wh, spec.input.mean, spec.input.std) == ((33, 17), (127.5,), (127.5,))
    assert spec.source["input_tensor"] == "sub_7"
    assert spec.calibration["pictures"] == 20
    picture = np.random.default_rng(0).integers(0, 256, (17, 33, 3), dtype=np.uint8)
    into = np.zeros_like(picture)
    load_engine(spec, "int8").preprocess.fill(picture, into)
    assert np.array_equal(into, picture[..., ::-1])
    assert {v.measured["partitions"] for v in spec.variants.values()} == {1}


def test_float_input_for_int8_where_it_is_asked_for(
    sources: dict[str, Path], street: Path, tmp_path: Path, silent: Progress
) -> None:
    """--io float32 gives the reference's form, --variants the chosen files only."""
    recipe = ConversionOptions(
        model=sources["frozen"],
        out=tmp_path / "street",
        calibration=str(street),
        samples=20,
        variants=("int8",),
        io="float32",
        quantizer="ai-edge-quantizer",
    )
    spec = convert(recipe, silent).spec
    assert {path.name for path in recipe.out.iterdir()} == {"int8.tflite", "model.json"}
    network = load_engine(spec, "int8").network
    assert (network.input.dtype, network.output.dtype) == (np.float32, np.float32)


def test_a_variant_that_loses_too_much_leaves_the_old_folder(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command fails, names the variant, and points to what helps."""
    recipe = _recipe(sources["tflite"], tmp_path / "net", mnist)
    recipe = replace(recipe, variants=("float32", "int8"))
    convert(recipe, silent)
    before = {path.name: path.read_bytes() for path in recipe.out.iterdir()}
    from host_tools.convert import builders as makers

    def narrow(*given: object, **named: object) -> object:
        """Claim that no tensor goes beyond a thousandth of what it reaches."""
        found = whole(*given, **named)
        return {name: (low / 1e3, high / 1e3) for name, (low, high) in found.items()}

    whole = makers.measure_ranges
    monkeypatch.setattr(makers, "measure_ranges", narrow)
    with pytest.raises(ModelError, match=r"int8.*host-tools diagnose"):
        convert(recipe, silent)
    assert {path.name: path.read_bytes() for path in recipe.out.iterdir()} == before


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
        ("model.onnx", b"x", "no model that is known"),
    ],
)
def test_what_is_no_model_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    """Absent, empty, foreign and cut-off files each say what they are."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=why) as fault:
        open_model(tmp_path / name, SourceOptions(), tmp_path / "scratch")
    assert "\n" not in str(fault.value)
    assert ";" in str(fault.value)


@pytest.mark.parametrize("content", [None, b"", b"no proto at all"])
def test_folders_that_are_no_saved_model_are_one_line(
    tmp_path: Path, content: bytes | None
) -> None:
    """A folder without a graph, and one with a broken graph."""
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError, match=r"saved_model\.pb|does not load") as fault:
        open_model(tmp_path, SourceOptions(), tmp_path / "scratch")
    assert "\n" not in str(fault.value)


def test_what_is_quantized_already_is_refused(assets: Path, tmp_path: Path) -> None:
    """A second quantization would start from what the first one lost."""
    with pytest.raises(ModelError, match="is int8 already"):
        open_model(assets / "models" / "mnist" / "int8.tflite", SourceOptions(), tmp_path)


def test_a_card_beside_a_tflite_tells_its_scaling(assets: Path, tmp_path: Path) -> None:
    """A model folder's float32 file needs no --mean and --std."""
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
def test_open_sides_are_closed_by_the_size_asked_for(
    shape: tuple[int | None, ...],
    size_wh: tuple[int, int] | None,
    result: tuple[int, ...] | type[EdgeError],
) -> None:
    """What is fixed stays, and no other size is pretended."""
    if isinstance(result, tuple):
        assert fixed_shape(shape, size_wh) == result
        return
    with pytest.raises(result):
        fixed_shape(shape, size_wh)


def test_what_is_told_goes_before_what_is_found() -> None:
    """The user's mean wins over the model's, and that over what is usual."""
    loaded = LoadedModel("the model", (1, 8, 9, 3), "", mean=(1.0,), std=(2.0,))
    told = ConversionOptions(Path(), Path(), "", mean=(5.0,))
    assert input_spec(told, loaded)[0].mean == (5.0,)
    assert input_spec(replace(told, mean=None), loaded) == (
        input_spec(replace(told, mean=(1.0,)), loaded)[0],
        "found in the model",
    )
    plain = replace(loaded, mean=None, std=None)
    assert input_spec(replace(told, mean=None), plain)[1].startswith("assumed")


def test_an_unusual_number_of_classes_needs_labels() -> None:
    """Seven classes have no usual names."""
    output = TensorInfo("out", (1, 7), np.dtype(np.float32))
    with pytest.raises(UsageError, match="no label set has 7 classes by convention; name one"):
        infer_labels(ConversionOptions(Path(), Path(), ""), "classification", output)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"variants": ("int4",)}, "choose of float32"),
        ({"variants": ()}, "choose of float32"),
        ({"max_drop": 2.0}, "share from 0 to 1"),
        ({"calibration": ""}, "--calibration"),
        ({"quantizer": "magic"}, "choose one of: auto"),
        ({"quantizer": "tensorflow", "keep_float": ("x",)}, "cannot keep"),
    ],
)
def test_orders_that_cannot_be_are_refused_at_once(change: dict[str, object], why: str) -> None:
    """Before anything is loaded."""
    with pytest.raises(UsageError, match=why):
        check_options(replace(ConversionOptions(Path(), Path(), "x"), **change))  # type: ignore[arg-type]


def test_a_folder_is_looked_into_before_tensorflow_loads(tmp_path: Path) -> None:
    """A wrong folder is told at once."""
    with pytest.raises(ModelError, match=r"a folder without saved_model\.pb"):
        check_model(tmp_path)

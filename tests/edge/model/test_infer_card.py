"""A card is inferred from a file, and the guesses are listed."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.model import infer_card as infer_card_module
from edge_app.model.card import VARIANTS, TensorInfo
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import CardOverrides, infer_card

GUESSES = {
    "seed_mnist/converted_model_f32": (
        "classification gray 28x28 digits",
        ["task classification", "input (pixel - 0) / 255", "labels digits", "variant float32"],
    ),
    "seed_mnist/int8_quantized": (
        "classification gray 28x28 digits",
        ["task classification", "input (pixel - 0) / 255", "labels digits", "variant int8"],
    ),
    "tflite/tflm__trained_lstm_int8": (
        "classification gray 28x28 digits",
        ["task classification", "input (pixel - 0) / 255", "labels digits", "variant int8"],
    ),
    "street_trial/float32": (
        "segmentation rgb 512x256 cityscapes",
        [
            "task segmentation",
            "channels rgb",
            "input (pixel - 127.5) / 127.5",
            "labels cityscapes",
            "variant float32",
        ],
    ),
    "street_trial/int8": (
        "segmentation rgb 512x256 cityscapes",
        [
            "task segmentation",
            "channels rgb",
            "input (pixel - 127) / 127.5",
            "labels cityscapes",
            "variant int8",
        ],
    ),
    "tflite/coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant": (
        "segmentation rgb 513x513 cityscapes",
        [
            "task segmentation",
            "channels rgb",
            "input (pixel - 128) / 128",
            "labels cityscapes",
            "variant int8",
        ],
    ),
    "tflite/tfls__deeplabv3": (
        "segmentation rgb 257x257 pascal-voc",
        [
            "task segmentation",
            "channels rgb",
            "input (pixel - 127.5) / 127.5",
            "labels pascal-voc",
            "variant float32",
        ],
    ),
    "tflite/tfls__mobilenet_v1_0.25_224_1_metadata_1": (
        "classification rgb 224x224 packed",
        [
            "task classification",
            "channels rgb",
            "input (pixel - 127.5) / 127.5",
            "the 1001 labels packed in the file",
            "variant float32",
        ],
    ),
    "tflite/mlc__vww_96_int8": (
        "classification rgb 96x96 numbered",
        [
            "task classification",
            "channels rgb",
            "input (pixel - 0) / 255",
            "labels: 2 numbered classes",
            "variant int8",
        ],
    ),
}


@pytest.mark.parametrize("name", GUESSES)
def test_a_card_is_inferred_and_the_guesses_are_listed(shared: Path, name: str) -> None:
    """Task, size, channels, scaling, labels and variant come from the file."""
    summary, guessed = GUESSES[name]
    path = shared / f"{name}.tflite"
    spec = infer_card(path, CardOverrides())
    width, height = spec.input.size_wh
    assert f"{spec.task} {spec.input.channels} {width}x{height} {spec.labels.name}" == summary
    assert list(spec.guessed) == guessed
    named = path.parent.name if path.stem in VARIANTS else path.stem
    assert (spec.name, spec.input.fit) == (named, "stretch")
    (variant,) = spec.variants.values()
    assert variant.bytes == path.stat().st_size
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    load_engine(spec, variant.name, threads=1).predict(image)


def test_overrides_are_not_guesses(assets: Path) -> None:
    """What the user says is used as it is, and not listed."""
    path = assets / "models/mnist/float32.tflite"
    overrides = CardOverrides(
        task="classification",
        labels="digits",
        channels="gray",
        mean=(33.3,),
        std=(78.6,),
        fit="letterbox",
    )
    spec = infer_card(path, overrides)
    assert spec.guessed == ("variant float32",)
    assert (spec.input.mean, spec.input.std, spec.input.fit) == ((33.3,), (78.6,), "letterbox")


def test_a_mean_without_a_std_is_completed(assets: Path) -> None:
    """The given mean is kept, and the usual standard deviation added."""
    path = assets / "models/mnist/float32.tflite"
    spec = infer_card(path, CardOverrides(mean=(10.0,)))
    assert (spec.input.mean, spec.input.std) == ((10.0,), (255.0,))
    assert "input (pixel - 10) / 255" in spec.guessed


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (CardOverrides(mean=(1.0, 2.0)), "mean: 2 values for 1 channels; correct --mean"),
        (CardOverrides(std=(0.0,)), "std: it is zero; correct --mean, --std"),
        (CardOverrides(std=(float("nan"),)), r"std: \[nan\] is not finite"),
        (CardOverrides(labels="cats"), "unknown label set 'cats'"),
    ],
)
def test_impossible_overrides_are_usage_errors(
    assets: Path, overrides: CardOverrides, message: str
) -> None:
    """The message names the options to correct."""
    with pytest.raises(UsageError, match=message):
        infer_card(assets / "models/mnist/float32.tflite", overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            CardOverrides(task="segmentation"),
            r"int8\.tflite: its output is 1x10.*--task classification",
        ),
        (CardOverrides(labels="cityscapes"), r"int8\.tflite: it scores 10 classes, but .* has 19"),
        (
            CardOverrides(channels="rgb"),
            r"int8\.tflite: the card says 28x28 rgb, but the file's input",
        ),
    ],
)
def test_overrides_that_do_not_fit_the_file_fail_at_load(
    assets: Path, overrides: CardOverrides, message: str
) -> None:
    """The message names the file and what it has."""
    spec = infer_card(assets / "models/mnist/int8.tflite", overrides)
    with pytest.raises(ModelError, match=message):
        load_engine(spec, "int8")


def test_an_open_size_is_taken_from_the_overrides(shared: Path) -> None:
    """Without one the file cannot run, and the message names the option."""
    path = shared / "tflite" / "tfls__dilated_conv.tflite"
    with pytest.raises(ModelError, match="--input-size"):
        infer_card(path, CardOverrides())
    spec = infer_card(path, CardOverrides(size_wh=(32, 24)))
    assert spec.input.size_wh == (32, 24)
    assert "labels: 16 numbered classes" in spec.guessed
    engine = load_engine(spec, "float32")
    images = [np.zeros((24, 32, 3), np.uint8)] * 2
    assert [result.class_map.shape for result, *_ in engine.timed_all(images)] == [(24, 32)] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shape", "guess"),
    [((1, 10), "task classification"), ((1, 8, 8), "task segmentation"), ((1, 8, 8, 3), "task")],
)
def test_the_task_follows_from_the_output(shape: tuple[int, ...], guess: str) -> None:
    """Two axes are class scores, three or four are a map."""
    guessed: list[str] = []
    infer_card_module._infer_task(TensorInfo("o", shape, np.dtype("float32")), guessed)
    assert guess in guessed[0]


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 5)])
def test_an_output_of_no_known_form_is_refused(shape: tuple[int, ...]) -> None:
    """The app cannot show such an output."""
    with pytest.raises(ModelError, match="this app cannot show it"):
        infer_card_module._infer_task(TensorInfo("o", shape, np.dtype("float32")), [])


def test_packed_labels_are_read_from_the_appended_archive(tmp_path: Path) -> None:
    """TFLite metadata is a zip archive behind the model; blank lines do not count."""
    path = tmp_path / "a.tflite"
    path.write_bytes(b"TFL3 and so on")
    assert infer_card_module._packed_labels(path) == ()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("about.json", "{}")
        archive.writestr("labels.txt", "cat\ndog\n\n")
    assert infer_card_module._packed_labels(path) == ("cat", "dog")
    path.write_bytes(path.read_bytes().replace(b"cat\n", b"cow\n"))
    assert infer_card_module._packed_labels(path) == ()  # its checksum is wrong now


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        ((), "camvid"),
        (("sky", *(f"other {i}" for i in range(10))), "camvid"),
        (tuple(f"own {i}" for i in range(11)), "packed"),
        (("own",), "camvid"),
    ],
    ids=["none", "the usual names", "other names", "another number"],
)
def test_packed_labels_win_over_the_usual_set_of_that_size(
    monkeypatch: pytest.MonkeyPatch, packed: tuple[str, ...], name: str
) -> None:
    """Eleven classes are CamVid's, unless the file has eleven names of its own."""
    monkeypatch.setattr(infer_card_module, "_packed_labels", lambda _path: packed)
    output = TensorInfo("o", (1, 8, 8, 11), np.dtype("float32"))
    labels = infer_card_module._infer_labels(
        Path("a.tflite"), "segmentation", output, CardOverrides(), []
    )
    assert labels.name == name


def test_packed_labels_have_a_limit(tmp_path: Path) -> None:
    """A zip that unpacks to gigabytes is read up to the limit, which the message names."""
    path = tmp_path / "a.tflite"
    path.write_bytes(b"model")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", b"a\n" * 3_000_000)
    with pytest.raises(ModelError, match=r"more than 4 MB, the limit; .* --labels"):
        infer_card_module._packed_labels(path)


def test_damage_of_packed_labels_is_no_fault_of_the_model(tmp_path: Path) -> None:
    """However a byte of the archive is changed, there are labels or none."""
    path = tmp_path / "a.tflite"
    path.write_bytes(b"model")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("labels.txt", b"cat\ndog\n")
    whole = path.read_bytes()
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
            assert isinstance(infer_card_module._packed_labels(path), tuple)

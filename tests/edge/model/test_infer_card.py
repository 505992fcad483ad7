"""A file without a card is described from itself, and what was guessed is said."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.model import infer_card as bare
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
def test_a_file_is_guessed_and_the_guess_is_said(shared: Path, name: str) -> None:
    """Task, size, channels, scaling, labels and variant come from the file, and each is told."""
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
    load_engine(spec, variant.name, threads=1).answer(image)


def test_hints_stand_and_are_not_called_guesses(assets: Path) -> None:
    """What the user said is taken as it is."""
    path = assets / "models/mnist/float32.tflite"
    hints = CardOverrides(
        task="classification",
        labels="digits",
        channels="gray",
        mean=(33.3,),
        std=(78.6,),
        fit="letterbox",
    )
    spec = infer_card(path, hints)
    assert spec.guessed == ("variant float32",)
    assert (spec.input.mean, spec.input.std, spec.input.fit) == ((33.3,), (78.6,), "letterbox")


def test_half_a_hint_is_completed(assets: Path) -> None:
    """A mean without a standard deviation keeps the mean."""
    path = assets / "models/mnist/float32.tflite"
    spec = infer_card(path, CardOverrides(mean=(10.0,)))
    assert (spec.input.mean, spec.input.std) == ((10.0,), (255.0,))
    assert "input (pixel - 10) / 255" in spec.guessed


@pytest.mark.parametrize(
    ("hints", "words"),
    [
        (CardOverrides(mean=(1.0, 2.0)), "mean: 2 values for 1 channels; mend --mean"),
        (CardOverrides(std=(0.0,)), "std: it is zero; mend --mean, --std"),
        (CardOverrides(std=(float("nan"),)), r"std: \[nan\] is not finite"),
        (CardOverrides(labels="cats"), "no label set is called 'cats'"),
    ],
)
def test_hints_that_cannot_be_are_faults_of_usage(
    assets: Path, hints: CardOverrides, words: str
) -> None:
    """The command line is told what to mend."""
    with pytest.raises(UsageError, match=words):
        infer_card(assets / "models/mnist/float32.tflite", hints)


@pytest.mark.parametrize(
    ("hints", "words"),
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
def test_hints_that_do_not_fit_the_file_are_told_at_load(
    assets: Path, hints: CardOverrides, words: str
) -> None:
    """The file is named, with what it really has."""
    spec = infer_card(assets / "models/mnist/int8.tflite", hints)
    with pytest.raises(ModelError, match=words):
        load_engine(spec, "int8")


def test_an_open_size_is_taken_from_the_hint(shared: Path) -> None:
    """Without it the file cannot be run, and the message names the option."""
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
    ("shape", "words"),
    [((1, 10), "task classification"), ((1, 8, 8), "task segmentation"), ((1, 8, 8, 3), "task")],
)
def test_the_task_follows_from_the_output(shape: tuple[int, ...], words: str) -> None:
    """Two axes are scores, three or four are a map."""
    guessed: list[str] = []
    bare._guess_task(TensorInfo("o", shape, np.dtype("float32")), guessed)
    assert words in guessed[0]


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 5)])
def test_an_output_of_no_known_form_is_refused(shape: tuple[int, ...]) -> None:
    """Nothing sensible can be shown of it."""
    with pytest.raises(ModelError, match="this app cannot show it"):
        bare._guess_task(TensorInfo("o", shape, np.dtype("float32")), [])


def test_packed_labels_are_read_from_the_appended_archive(tmp_path: Path) -> None:
    """TFLite metadata is a zip behind the model; blank lines and other files do not count."""
    path = tmp_path / "a.tflite"
    path.write_bytes(b"TFL3 and so on")
    assert bare._packed_labels(path) == ()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("about.json", "{}")
        archive.writestr("labels.txt", "cat\ndog\n\n")
    assert bare._packed_labels(path) == ("cat", "dog")
    path.write_bytes(path.read_bytes().replace(b"cat\n", b"cow\n"))
    assert bare._packed_labels(path) == ()  # its checksum is wrong now

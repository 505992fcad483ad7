"""A card is inferred from a file, with what was guessed, from what, and how sure."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.model.card import VARIANTS, ModelSpec
from edge_app.model.engine import load_engine
from edge_app.model.guess import Guess
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.inferred import trial_run
from edge_app.model.inferred.trial_images import TrialImages, street_images
from tests.support.metadata_files import metadata, pack, write_classifier
from tests.support.tflite_files import TfliteFile

NOTHING = CardOverrides()
IMAGE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def summary(spec: ModelSpec) -> str:
    """Return a card in a line."""
    width, height = spec.input.size_wh
    layouts = f"{spec.input.layout}/{spec.output.layout}"
    what = f"{spec.task} {spec.input.channels} {width}x{height} {layouts}"
    return f"{what} {spec.output.activation} {spec.labels.name} {len(spec.labels.classes)}"


def about(spec: ModelSpec, topic: str) -> Guess:
    """Return what was guessed of a topic."""
    (guess,) = [guess for guess in spec.guessed if guess.topic == topic]
    return guess


# What is inferred of each development file, its scaling, and how sure that is; or the refusal.
OUTCOMES = {
    "data/seed_mnist/converted_model_f32": (
        "classification gray 28x28 nhwc/nhwc logits digits 10", "(pixel - 0) / 255", "likely"
    ),
    "data/seed_mnist/dynamic_range_quantized": (
        "classification gray 28x28 nhwc/nhwc logits digits 10", "(pixel - 0) / 255", "likely"
    ),
    "data/seed_mnist/float16_quantized": (
        "classification gray 28x28 nhwc/nhwc logits digits 10", "(pixel - 0) / 255", "likely"
    ),
    "data/seed_mnist/int8_quantized": (
        "classification gray 28x28 nhwc/nhwc logits digits 10", "(pixel - 0) / 255", "certain"
    ),
    "data/street_trial/float32": (
        "segmentation rgb 512x256 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "likely",
    ),
    "data/street_trial/int8": (
        "segmentation rgb 512x256 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127) / 127.5", "certain",
    ),
    "data/tflite/coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant": (
        "segmentation rgb 513x513 nhwc/nhwc ids cityscapes 19", "(pixel - 128) / 128", "certain"
    ),
    "data/tflite/coral__keras_lstm_mnist_ptq": (
        "classification gray 28x28 nhwc/nhwc probabilities digits 10",
        "(pixel - 0) / 255", "certain",
    ),
    "data/tflite/espnet_p2q8_cityscapes_512x1024_float32": (
        "segmentation rgb 1024x512 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "data/tflite/espnet_p2q8_cityscapes_512x1024_int8": (
        "segmentation rgb 1024x512 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "data/tflite/mlc__vww_96_int8": (
        "classification rgb 96x96 nhwc/nhwc probabilities numbered 2",
        "(pixel - 0) / 255", "certain",
    ),
    "data/tflite/tflm__trained_lstm_int8": (
        "classification gray 28x28 nhwc/nhwc probabilities digits 10",
        "(pixel - 0) / 255", "certain",
    ),
    "data/tflite/tfls__deeplabv3": (
        "segmentation rgb 257x257 nhwc/nhwc logits pascal-voc 21",
        "(pixel - 127.5) / 127.5", "certain",
    ),
    "data/tflite/tfls__mobilenet_v1_0.25_224_1_metadata_1": (
        "classification rgb 224x224 nhwc/nhwc probabilities imagenet-1001 1001",
        "(pixel - 127.5) / 127.5", "certain",
    ),
    "cases/argmax_float": (
        "segmentation rgb 256x128 nhwc/nhwc ids cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/cls1_sigmoid": (
        "classification rgb 96x96 nhwc/nhwc sigmoid two-classes 2",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/cls_1x1x1x19": (
        "classification bgr 96x96 nhwc/nhwc logits numbered 19",
        "(pixel - [103.939,116.779,123.68]) / 1", "assumed",
    ),
    "cases/float32_argmax": (
        "segmentation rgb 128x64 nhwc/nhwc ids cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/hwc_nobatch": (
        "segmentation rgb 256x128 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/logistic_255": (
        "segmentation rgb 128x64 nhwc/nhwc probabilities cityscapes 19",
        "(pixel - 128) / 127.501", "certain",
    ),
    "cases/nchw": (
        "segmentation rgb 128x64 nchw/nchw logits cityscapes 19",
        "(pixel - [123.675,116.28,103.53]) / [58.395,57.12,57.375]", "doubtful",
    ),
    "cases/nchw_out": (
        "segmentation rgb 256x128 nhwc/nchw logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/two_heads": (
        "segmentation rgb 256x128 nhwc/nhwc logits cityscapes 19",
        "(pixel - 127.5) / 127.5", "doubtful",
    ),
    "cases/public/portrait_prisma_int8": (
        "segmentation rgb 256x256 nhwc/nhwc sigmoid two-classes 2", "(pixel - 0) / 255", "certain"
    ),
    "data/tflite/coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant_edgetpu":
        "was compiled for the Edge TPU",
    "data/tflite/coral__model_invoking_error": "takes rows of numbers (1x3), not an image",
    "data/tflite/coral__split_concat": "takes 3 inputs (1x8x8x3, 1x8x8x1, 1x8x8x2), not one image",
    "data/tflite/litert__argmax": "takes rows of numbers (1x1), not an image",
    "data/tflite/litert__java_add_unknown_dimensions": "leaves its input size open",
    "data/tflite/litert__java_invalid_model": "is damaged or not a .tflite file",
    "data/tflite/litert__java_string": "reads text (2x8x8x3)",
    "data/tflite/litert__multi_signature_model": "takes 2 inputs (10x10, 10x10), not one image",
    "data/tflite/litert__simple_add_dynamic_shape": "takes 2 inputs",
    "data/tflite/tfls__dilated_conv": "leaves its input size open",
    "data/tflite/tfls__sentencepiece_tokenizer_flex_op": "reads text (1)",
    "cases/batch2": "takes batches of 2",
    "cases/open_size": "leaves its input size open",
    "cases/prior_mask_int8":
        "takes images of 4 channels (1x224x224x4, a colour image and the mask of the frame before, "
        "for example) and gives a mask of 224x224 in one row (1x50176): this program shows classes",
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", OUTCOMES)
def test_each_development_file_runs_as_inferred_or_is_refused(shared: Path, name: str) -> None:
    """Its card, its scaling and how sure that is; or one line with the reason."""
    path = shared.parent / f"{name}.tflite"
    outcome = OUTCOMES[name]
    if isinstance(outcome, str):
        with pytest.raises(ModelError) as fault:
            infer_card(path, NOTHING)
        assert str(fault.value).startswith(f"{path} {outcome}")
        assert "\n" not in str(fault.value)
        return
    spec = infer_card(path, NOTHING)
    guess = about(spec, "input")
    assert (summary(spec), guess.value, guess.sureness) == outcome
    named = path.parent.name if path.stem in VARIANTS else path.stem
    assert (spec.name, spec.input.fit) == (named, "stretch")
    (variant,) = spec.variants.values()
    assert variant.bytes == path.stat().st_size
    load_engine(spec, variant.name, threads=1).predict(IMAGE)


@pytest.mark.shared
def test_two_heads_are_both_named_and_the_other_can_be_chosen(shared: Path) -> None:
    """The finer map is read; --output takes a name or a position."""
    path = shared.parent / "cases" / "two_heads.tflite"
    spec = infer_card(path, NOTHING)
    guess = about(spec, "output")
    assert guess.value == "StatefulPartitionedCall_1:1 (1x128x256x19)"
    assert guess.origin == "the finest map of 2"
    assert guess.other == "1 StatefulPartitionedCall_1:0 (1x64x128x19)"
    for output in ("1", "StatefulPartitionedCall_1:0"):
        other = infer_card(path, CardOverrides(output=output))
        assert other.output.tensor == "StatefulPartitionedCall_1:0"
        assert not [one for one in other.guessed if one.topic == "output"]


@pytest.mark.parametrize("name", ["mnist", "street"])
def test_the_shipped_models_are_inferred_as_their_cards_say(
    assets: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial on digits, or on the street clip with its truth, finds their range of values."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # what other tests tried is kept
    spec = infer_card(assets / "models" / name / "float32.tflite", NOTHING)
    if name == "mnist":
        assert spec.input.mean == (0.0,)
        assert about(spec, "labels").origin == "it knows 100% of 20 digits"
        assert about(spec, "input").sureness == "likely"
    else:
        assert (spec.input.mean, spec.input.std) == ((127.5,), (127.5,))
        assert about(spec, "input").origin.startswith("right on ")


def test_what_the_user_says_is_not_guessed(assets: Path) -> None:
    """It is used as it is, and not listed."""
    path = assets / "models/mnist/float32.tflite"
    overrides = CardOverrides(
        task="classification",
        labels="digits",
        channels="gray",
        mean=(33.3,),
        std=(78.6,),
        fit="letterbox",
        layout="nhwc",
        activation="logits",
    )
    spec = infer_card(path, overrides)
    assert [str(guess) for guess in spec.guessed] == ["variant float32"]
    assert (spec.input.mean, spec.input.std, spec.input.fit) == ((33.3,), (78.6,), "letterbox")


def test_a_mean_without_a_std_is_completed(assets: Path) -> None:
    """The given mean is kept, and the usual standard deviation added."""
    path = assets / "models/mnist/float32.tflite"
    spec = infer_card(path, CardOverrides(mean=(10.0,)))
    assert (spec.input.mean, spec.input.std) == ((10.0,), (255.0,))
    assert about(spec, "input").value == "(pixel - 10) / 255"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (CardOverrides(mean=(1.0, 2.0)), "mean: 2 values for 1 channels; correct --mean"),
        (CardOverrides(std=(0.0,)), "std: it is zero; correct --mean, --std"),
        (CardOverrides(labels="cats"), "'?cats'?"),
        (CardOverrides(layout="nchw"), "--layout nchw does not fit the input"),
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
        (CardOverrides(task="segmentation"), "its output 1x10 is none that --task and --layout"),
        (CardOverrides(output="logits"), r"it has no output 'logits'; it has: 0 .*1x10"),
    ],
)
def test_overrides_that_do_not_fit_are_refused(
    assets: Path, overrides: CardOverrides, message: str
) -> None:
    """The message names the file and what it has."""
    with pytest.raises(ModelError, match=rf"int8\.tflite: {message}"):
        infer_card(assets / "models/mnist/int8.tflite", overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (CardOverrides(labels="cityscapes"), r"int8\.tflite: it scores 10 classes, but .* has 19"),
        (CardOverrides(channels="rgb"), r"int8\.tflite: the card says 28x28 rgb, but the file's"),
    ],
)
def test_classes_and_channels_that_do_not_fit_are_refused(
    assets: Path, overrides: CardOverrides, message: str
) -> None:
    """In a trial or at load; the message names the file and what it has."""
    with pytest.raises(ModelError, match=message):
        load_engine(infer_card(assets / "models/mnist/int8.tflite", overrides), "int8")


def test_metadata_and_packed_labels_are_used(tmp_path: Path) -> None:
    """They are certain, and make a trial of ranges needless."""
    path = write_classifier(tmp_path / "own.tflite", 3, metadata([0.0], [255.0], "labels.txt"))
    spec = infer_card(pack(path, labels_txt="cat\ndog\ncow\n"), NOTHING)
    assert spec.labels.names == ("cat", "dog", "cow")
    assert (spec.input.mean, spec.input.std) == ((0.0,), (255.0,))
    assert {about(spec, topic).sureness for topic in ("input", "labels", "channels")} == {"certain"}
    assert spec.licence == "Apache"


def test_ten_classes_that_are_no_digits_are_numbered(tmp_path: Path) -> None:
    """Whether a network knows digits is tried; both readings are named."""
    spec = infer_card(write_classifier(tmp_path / "ten.tflite", 10, side=28), NOTHING)
    guess = about(spec, "labels")
    assert spec.labels.name == "numbered"
    assert guess.origin.startswith("ten classes, but it knows ")
    assert (guess.other, guess.option) == ("digits", "--labels")
    origin = about(spec, "input").origin
    assert "20 digits at most" in origin
    assert "a frame of the street clip" in origin  # the range is tried all the same


def test_ten_classes_of_a_quantized_network_are_tried_too(tmp_path: Path) -> None:
    """Although its range and its activation are certain: ten photographed things are no digits."""
    file = TfliteFile()
    given = file.tensor((1, 32, 32, 3), "uint8", "image", scale=1 / 255)
    real = file.operator("DEQUANTIZE", [given], file.tensor((1, 32, 32, 3)), "DequantizeOptions")
    kernel = np.random.default_rng(1).normal(size=(10, 32, 32, 3)) / 100
    scores = file.reshape(file.conv(real, kernel, (1, 1, 1, 10), stride=32), (1, 10))
    out = file.operator("SOFTMAX", [scores], file.tensor((1, 10)), "SoftmaxOptions", beta=1.0)
    spec = infer_card(file.write(tmp_path / "things.tflite", [given], [out]), NOTHING)
    assert (about(spec, "input").sureness, spec.output.activation) == ("certain", "probabilities")
    guess = about(spec, "labels")
    assert (spec.labels.name, guess.sureness, guess.other) == ("numbered", "doubtful", "digits")


def segmenter(path: Path, channels: int, *, last: str = "", scale: float = 1.0) -> Path:
    """Write a network that gives a map of its input, of one or three channels."""
    file = TfliteFile()
    given = file.tensor((1, 32, 48, 3), name="image")
    kernel = np.eye(channels, 3).reshape(channels, 1, 1, 3) * scale
    shape = (1, 32, 48, channels)
    x = file.conv(given, kernel, shape)
    return file.write(path, [given], [file.operator(last, [x], file.tensor(shape)) if last else x])


def test_a_map_like_its_input_is_an_image(tmp_path: Path) -> None:
    """Three channels that follow those of the input are no classes."""
    with pytest.raises(ModelError, match="makes images from images"):
        infer_card(segmenter(tmp_path / "same.tflite", 3), NOTHING)


def test_one_channel_of_measures_is_no_mask(tmp_path: Path) -> None:
    """Such as depth; --activation says that it is one all the same."""
    path = segmenter(tmp_path / "depth.tflite", 1, last="RELU", scale=7)
    with pytest.raises(ModelError, match=r"one measure for each pixel.* --activation"):
        infer_card(path, NOTHING)
    spec = infer_card(path, CardOverrides(activation="logits"))
    assert summary(spec).endswith("logits two-classes 2")


def test_one_channel_before_the_sigmoid_is_a_mask_with_another_reading(tmp_path: Path) -> None:
    """Its values have both signs; a threshold may be given."""
    path = segmenter(tmp_path / "mask.tflite", 1, scale=5)
    spec = infer_card(path, CardOverrides(threshold=0.8))
    guess = about(spec, "activation")
    assert (guess.value, guess.sureness) == ("logits", "assumed")
    assert "depth" in guess.other
    assert spec.output.threshold == 0.8
    load_engine(spec, "float32", threads=1).predict(IMAGE)


def test_an_open_size_is_taken_from_the_overrides(shared: Path) -> None:
    """Without one the file cannot run, and the message names the option."""
    path = shared / "tflite" / "tfls__dilated_conv.tflite"
    with pytest.raises(ModelError, match="--input-size"):
        infer_card(path, NOTHING)
    spec = infer_card(path, CardOverrides(size_wh=(32, 24)))
    assert spec.input.size_wh == (32, 24)
    assert about(spec, "labels").value == "16 numbered classes"
    engine = load_engine(spec, "float32")
    images = [np.zeros((24, 32, 3), np.uint8)] * 2
    assert [result.class_map.shape for result, *_ in engine.timed_all(images)] == [(24, 32)] * 2  # type: ignore[union-attr]


def test_what_a_trial_found_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start does not run the network; a changed file does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    trials: list[bool] = []

    def counted(*, crops: bool) -> TrialImages:
        trials.append(crops)
        return street_images(crops=crops)

    monkeypatch.setattr(trial_run, "street_images", counted)
    path = write_classifier(tmp_path / "net.tflite", 5)
    first = infer_card(path, NOTHING)
    assert infer_card(path, NOTHING) == first
    assert len(trials) == 1
    write_classifier(path, 6)
    infer_card(path, NOTHING)
    assert len(trials) == 2


def test_a_trial_without_samples_uses_a_drawn_street(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clip may not be installed; then there is no truth either."""
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    spec = infer_card(write_classifier(tmp_path / "net.tflite", 5), NOTHING)
    assert "a drawn street" in about(spec, "input").origin

"""Networks of any usual form answer as a bare interpreter does, read by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Classification, Segmentation
from edge_app.labels import numbered_labels
from edge_app.model.card import InputSpec, ModelSpec, Variant
from edge_app.model.decode import classes_at
from edge_app.model.engine import load_engine
from edge_app.model.interpreter.runtimes import find_runtime
from edge_app.model.output_spec import OutputSpec
from tests.support.bare_interpreter import bare_outputs
from tests.support.tflite_files import TfliteFile

CLASSES = 5
DRAW = np.random.default_rng(5)
KERNEL = DRAW.normal(size=(CLASSES, 3, 3, 3)).astype(np.float32)
ONE = DRAW.normal(size=(1, 3, 3, 3)).astype(np.float32)
SMALL = DRAW.integers(0, 256, (9, 16, 3), np.uint8)
IMAGE = np.asarray(cv2.resize(SMALL, (160, 90), interpolation=cv2.INTER_CUBIC), np.uint8)
SIZE_WH = (32, 16)
TensorEnds = tuple[list[int], list[int]]  # inputs and outputs


def spec_for(
    path: Path, task: str, classes: int, given: InputSpec, output: OutputSpec
) -> ModelSpec:
    """Return a card for one file."""
    labels = numbered_labels("numbered", tuple(f"class {i}" for i in range(classes)))
    variants = {"float32": Variant("float32", path, path.stat().st_size)}
    return ModelSpec("any", "Any", task, labels, given, variants, output)


def cast(file: TfliteFile, given: int, shape: tuple[int, ...], kind: str) -> int:
    """Add a conversion to another type."""
    return file.operator("CAST", [given], file.tensor(shape, kind), "CastOptions")


def logits(file: TfliteFile, given: int, kernel: NDArray[Any] = KERNEL) -> int:
    """Add a convolution from (1, 16, 32, 3) to (1, 8, 16, C)."""
    return file.conv(given, kernel, (1, 8, 16, len(kernel)), stride=2)


def from_image(file: TfliteFile, kind: str = "float32") -> tuple[int, int]:
    """Add an input of a type, and what it is as float32."""
    given = file.tensor((1, 16, 32, 3), kind)
    real = given if kind == "float32" else cast(file, given, (1, 16, 32, 3), "float32")
    return given, real


def nchw(file: TfliteFile) -> TensorEnds:
    """Have the channels in front, in and out, as PyTorch does."""
    given = file.tensor((1, 3, 16, 32))
    made = logits(file, file.transpose(given, (0, 2, 3, 1), (1, 16, 32, 3)))
    return [given], [file.transpose(made, (0, 3, 1, 2), (1, CLASSES, 8, 16))]


def nchw_out(file: TfliteFile) -> TensorEnds:
    """Have the channels in front of the output only."""
    given, real = from_image(file)
    return [given], [file.transpose(logits(file, real), (0, 3, 1, 2), (1, CLASSES, 8, 16))]


def flat(file: TfliteFile) -> TensorEnds:
    """Give one row per pixel."""
    given, real = from_image(file)
    return [given], [file.reshape(logits(file, real), (1, 128, CLASSES))]


def no_batch(file: TfliteFile) -> TensorEnds:
    """Take an image alone, and give its map alone."""
    given = file.tensor((16, 32, 3))
    made = logits(file, file.reshape(given, (1, 16, 32, 3)))
    return [given], [file.reshape(made, (8, 16, CLASSES))]


def chw(file: TfliteFile) -> TensorEnds:
    """Have the channels in front and no batch."""
    given = file.tensor((3, 16, 32))
    whole = file.reshape(given, (1, 3, 16, 32))
    made = logits(file, file.transpose(whole, (0, 2, 3, 1), (1, 16, 32, 3)))
    return [given], [file.reshape(made, (8, 16, CLASSES))]


def of_type(kind: str) -> Callable[[TfliteFile], TensorEnds]:
    """Return a network whose input has a type."""

    def build(file: TfliteFile) -> TensorEnds:
        given, real = from_image(file, kind)
        return [given], [logits(file, real)]

    return build


def ids_of(kind: str) -> Callable[[TfliteFile], TensorEnds]:
    """Return a network that ends in class ids of a type."""

    def build(file: TfliteFile) -> TensorEnds:
        given, real = from_image(file)
        ids = file.argmax(logits(file, real), "int64" if kind == "int64" else "int32")
        return [given], [ids if kind.startswith("int") else cast(file, ids, (1, 8, 16), kind)]

    return build


def second_of_two(file: TfliteFile) -> TensorEnds:
    """Give two maps, of which the second is meant."""
    given, real = from_image(file)
    return [given], [logits(file, real, KERNEL[::-1]), logits(file, real)]


def mask(shape: tuple[int, ...], *, sigmoid: bool) -> Callable[[TfliteFile], TensorEnds]:
    """Return a network with one channel."""

    def build(file: TfliteFile) -> TensorEnds:
        given, real = from_image(file)
        made = logits(file, real, ONE)
        if sigmoid:
            made = file.operator("LOGISTIC", [made], file.tensor((1, 8, 16, 1)))
        return [given], [made if shape == (1, 8, 16, 1) else file.reshape(made, shape)]

    return build


def int8_mask(file: TfliteFile) -> TensorEnds:
    """Give a mask of one channel in steps of 1/256."""
    given, real = from_image(file)
    made = file.operator("LOGISTIC", [logits(file, real, ONE)], file.tensor((1, 8, 16, 1)))
    steps = file.tensor((1, 8, 16, 1), "int8", scale=1 / 256, zero_point=-128)
    return [given], [file.operator("QUANTIZE", [made], steps, "QuantizeOptions")]


@dataclass(frozen=True, slots=True)
class Case:
    """A network, its card, and its class map by hand.

    by_hand: takes the outputs as real numbers, returns (h, w).
    """

    build: Callable[[TfliteFile], TensorEnds]
    output: OutputSpec
    by_hand: Callable[[list[NDArray[Any]]], NDArray[Any]]
    layout: str = "nhwc"
    classes: int = CLASSES


CASES = {
    "usual": Case(of_type("float32"), OutputSpec(), lambda made: made[0][0].argmax(2)),
    "nchw": Case(nchw, OutputSpec(layout="nchw"), lambda made: made[0][0].argmax(0), "nchw"),
    "nchw out": Case(nchw_out, OutputSpec(layout="nchw"), lambda made: made[0][0].argmax(0)),
    "flat": Case(flat, OutputSpec(layout="flat"), lambda made: made[0][0].argmax(1).reshape(8, 16)),
    "hwc": Case(no_batch, OutputSpec(), lambda made: made[0].argmax(2)),
    "chw": Case(chw, OutputSpec(), lambda made: made[0].argmax(2), "nchw"),
    "float16 in": Case(of_type("float16"), OutputSpec(), lambda made: made[0][0].argmax(2)),
    "int16 in": Case(of_type("int16"), OutputSpec(), lambda made: made[0][0].argmax(2)),
    "int32 in": Case(of_type("int32"), OutputSpec(), lambda made: made[0][0].argmax(2)),
    "int64 ids": Case(ids_of("int64"), OutputSpec(), lambda made: made[0][0]),
    "int32 ids": Case(ids_of("int32"), OutputSpec(), lambda made: made[0][0]),
    "float ids": Case(ids_of("float32"), OutputSpec(activation="ids"), lambda made: made[0][0]),
    "second": Case(second_of_two, OutputSpec("1"), lambda made: made[1][0].argmax(2)),
    "sigmoid": Case(
        mask((1, 8, 16, 1), sigmoid=True),
        OutputSpec(activation="sigmoid"),
        lambda made: made[0][0, :, :, 0] > 0.5,
        classes=2,
    ),
    "sigmoid at 0.7": Case(
        mask((1, 1, 8, 16), sigmoid=True),
        OutputSpec(None, "nchw", "sigmoid", 0.7),
        lambda made: made[0][0, 0] > 0.7,
        classes=2,
    ),
    "flat sigmoid": Case(
        mask((1, 128), sigmoid=True),
        OutputSpec(None, "flat", "sigmoid"),
        lambda made: made[0].reshape(8, 16) > 0.5,
        classes=2,
    ),
    "logits of one": Case(
        mask((8, 16), sigmoid=False),
        OutputSpec(activation="logits"),
        lambda made: 1 / (1 + np.exp(-made[0].astype(np.float64))) > 0.5,
        classes=2,
    ),
    "int8 sigmoid": Case(
        int8_mask,
        OutputSpec(activation="sigmoid"),
        lambda made: made[0][0, :, :, 0] > 0.5,
        classes=2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_pixel_is_that_of_a_bare_interpreter(tmp_path: Path, name: str) -> None:
    """Loading, preparing, running and decoding give the map that reading by hand gives."""
    case = CASES[name]
    file = TfliteFile()
    path = file.write(tmp_path / "any.tflite", *case.build(file))
    whole = "int" in name and name.endswith(" in")
    given = InputSpec(SIZE_WH, "rgb", (128.0,), (1.0 if whole else 64.0,), layout=case.layout)
    spec = spec_for(path, "segmentation", case.classes, given, case.output)
    result = load_engine(spec, "float32", threads=1).predict(IMAGE)
    assert isinstance(result, Segmentation)
    wanted = case.by_hand(bare_outputs(path, IMAGE, given))
    assert len(np.unique(wanted)) == case.classes
    assert np.array_equal(result.class_map, wanted)


@pytest.mark.parametrize("name", ["sigmoid", "int8 sigmoid", "nchw", "flat"])
def test_a_map_at_display_size_is_that_of_the_resized_output(tmp_path: Path, name: str) -> None:
    """Scores compare the resized values, as `cv2.resize` on the real output gives them."""
    case = CASES[name]
    file = TfliteFile()
    path = file.write(tmp_path / "any.tflite", *case.build(file))
    given = InputSpec(SIZE_WH, "rgb", (128.0,), (64.0,), layout=case.layout)
    spec = spec_for(path, "segmentation", case.classes, given, case.output)
    result = load_engine(spec, "float32", threads=1).predict(IMAGE)
    assert isinstance(result, Segmentation)
    (real,) = bare_outputs(path, IMAGE, given)
    if name == "nchw":
        real = real.transpose(0, 2, 3, 1)
    wide = cv2.resize(real.reshape(8, 16, -1), (160, 90), interpolation=cv2.INTER_LINEAR)
    if wide.ndim == 2:
        wide = np.stack([np.full_like(wide, 0.5), wide], axis=2)
    ordered = np.sort(wide, axis=2)
    clear = ordered[:, :, -1] - ordered[:, :, -2] > 1e-4
    assert clear.mean() > 0.99
    shown = classes_at(result, (160, 90))
    assert np.array_equal(shown[clear], wide.argmax(2)[clear])


def pooled(file: TfliteFile, kernel: NDArray[Any]) -> tuple[int, int]:
    """Add an input and the mean of its logits over all pixels: (1, 1, 1, C)."""
    given, real = from_image(file)
    axes = file.constant(np.array([1, 2], np.int32))
    mean = file.tensor((1, 1, 1, len(kernel)))
    made = logits(file, real, kernel)
    return given, file.operator("MEAN", [made, axes], mean, "ReducerOptions", keepDims=True)


@pytest.mark.parametrize("shape", [(1, 1, 1, CLASSES), (1, CLASSES, 1, 1), (CLASSES,)])
def test_a_classifier_with_further_axes_answers_as_a_bare_one(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    """The class and its logits are those of the bare output."""
    file = TfliteFile()
    given, mean = pooled(file, KERNEL)
    output = mean if shape == (1, 1, 1, CLASSES) else file.reshape(mean, shape)
    path = file.write(tmp_path / "any.tflite", [given], [output])
    taken = InputSpec(SIZE_WH, "bgr", (0.0,), (255.0,))
    spec = spec_for(path, "classification", CLASSES, taken, OutputSpec(activation="logits"))
    engine = load_engine(spec, "float32", threads=1)
    result = engine.predict(IMAGE)
    assert isinstance(result, Classification)
    (made,) = bare_outputs(path, IMAGE, taken)
    assert np.array_equal(result.logits, made.ravel())
    assert result.class_id == made.argmax()
    (grouped,) = (one.result for one in engine.timed_all([IMAGE]))
    assert isinstance(grouped, Classification)
    assert np.array_equal(grouped.logits, result.logits)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1, 1), (1,)])
@pytest.mark.parametrize("activation", ["sigmoid", "logits"])
def test_a_binary_classifier_answers_with_its_probability(
    tmp_path: Path, shape: tuple[int, ...], activation: str
) -> None:
    """One number, after or before the sigmoid, is the probability of the second class."""
    file = TfliteFile()
    given, mean = pooled(file, ONE)
    if activation == "sigmoid":
        mean = file.operator("LOGISTIC", [mean], file.tensor((1, 1, 1, 1)))
    output = mean if shape == (1, 1, 1, 1) else file.reshape(mean, shape)
    path = file.write(tmp_path / "any.tflite", [given], [output])
    taken = InputSpec(SIZE_WH, "rgb", (0.0,), (255.0,))
    spec = spec_for(path, "classification", 2, taken, OutputSpec(activation=activation))
    result = load_engine(spec, "float32", threads=1).predict(IMAGE)
    assert isinstance(result, Classification)
    (made,) = bare_outputs(path, IMAGE, taken)
    value = float(made.item())
    share = value if activation == "sigmoid" else 1 / (1 + np.exp(-value))
    assert result.class_id == (share > 0.5)
    assert result.scores.tolist() == pytest.approx([1 - share, share], abs=1e-6)


UNIT = ((0.0,), (255.0,))
# File, input, output, classes, and the class map by hand.
SHARED: list[tuple[str, InputSpec, OutputSpec, int, Callable[..., NDArray[Any]]]] = [
    ("argmax_float", InputSpec((256, 128)), OutputSpec(activation="ids"), 19, lambda out: out[0]),
    ("float32_argmax", InputSpec((128, 64)), OutputSpec(), 19, lambda out: out[0]),
    (
        "nchw",
        InputSpec((128, 64), layout="nchw"),
        OutputSpec(layout="nchw"),
        19,
        lambda out: out[0].argmax(0),
    ),
    (
        "nchw_out",
        InputSpec((256, 128)),
        OutputSpec(layout="nchw"),
        19,
        lambda out: out[0].argmax(0),
    ),
    ("hwc_nobatch", InputSpec((256, 128)), OutputSpec(), 19, lambda out: out.argmax(2)),
    (
        "unet1_sigmoid",
        InputSpec((256, 128), "rgb", *UNIT),
        OutputSpec(activation="sigmoid"),
        2,
        lambda out: out[0, :, :, 0] > 0.5,
    ),
    (
        "public/portrait_prisma_int8",
        InputSpec((256, 256), "rgb", *UNIT),
        OutputSpec(activation="sigmoid"),
        2,
        lambda out: out[0, :, :, 0] > 0.5,
    ),
    ("logistic_255", InputSpec((128, 64)), OutputSpec(), 19, lambda out: out[0].argmax(2)),
    ("two_heads", InputSpec((256, 128)), OutputSpec("0"), 19, lambda out: out[0].argmax(2)),
    (
        "two_heads",
        InputSpec((256, 128)),
        OutputSpec("StatefulPartitionedCall_1:0"),
        19,
        lambda out: out[0].argmax(2),
    ),
]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "given", "output", "classes", "by_hand"), SHARED)
def test_the_collected_files_answer_as_a_bare_interpreter(
    shared: Path,
    name: str,
    given: InputSpec,
    output: OutputSpec,
    classes: int,
    by_hand: Callable[..., NDArray[Any]],
) -> None:
    """On a street every pixel has the class that reading by hand gives."""
    path = shared.parent / "cases" / f"{name}.tflite"
    image = np.asarray(cv2.imread(str(shared / "frames/mit_driveseg_sample.png")), np.uint8)
    spec = spec_for(path, "segmentation", classes, given, output)
    if name == "logistic_255" and find_runtime() == "tflite-runtime":
        with pytest.raises(ModelError, match=r"this runtime does not take; .*\(LOGISTIC\)$"):
            load_engine(spec, "float32", threads=1)
        return
    result = load_engine(spec, "float32", threads=1).predict(image)
    assert isinstance(result, Segmentation)
    made = bare_outputs(path, image, given)
    wanted = by_hand(made[1 if output.tensor and output.tensor != "0" else 0])
    assert np.array_equal(result.class_map, wanted)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "classes", "output"),
    [
        ("cls1_sigmoid", 2, OutputSpec(activation="sigmoid")),
        ("cls_1x1x1x19", 19, OutputSpec(activation="logits")),
    ],
)
def test_the_collected_classifiers_answer_as_a_bare_interpreter(
    shared: Path, name: str, classes: int, output: OutputSpec
) -> None:
    """The class and its probability are those by hand."""
    path = shared.parent / "cases" / f"{name}.tflite"
    image = np.asarray(cv2.imread(str(shared / "frames/mit_driveseg_sample.png")), np.uint8)
    given = InputSpec((96, 96))
    spec = spec_for(path, "classification", classes, given, output)
    result = load_engine(spec, "float32", threads=1).predict(image)
    assert isinstance(result, Classification)
    values = bare_outputs(path, image, given)[0].ravel().astype(np.float64)
    shares = np.exp(values) / np.exp(values).sum()
    if classes == 2:
        shares = np.array([1 - values[0], values[0]])
    assert result.class_id == shares.argmax()
    assert result.scores == pytest.approx(shares, abs=1e-6)

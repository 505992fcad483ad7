"""Outputs of any form give the classes that reading them by hand gives."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Classification, Segmentation
from edge_app.labels import VOID
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.decode import Decoder, classes_at
from edge_app.model.output_form import threshold_in
from edge_app.model.output_spec import OutputSpec
from edge_app.upsample.preview import smooth_classes

GIVEN = InputSpec((64, 32))
FRAME_WH = (640, 320)


def info(output: NDArray[Any], scale: float = 0.0, zero_point: int = 0) -> TensorInfo:
    """Return the tensor of an output."""
    return TensorInfo("output", output.shape, output.dtype, scale, zero_point)


def segment(
    output: NDArray[Any], spec: OutputSpec, classes: int, tensor: TensorInfo | None = None
) -> Segmentation:
    """Return the segmentation of one output."""
    decoder = Decoder("segmentation", classes, GIVEN, tensor or info(output), spec)
    result = decoder.decode(output, FRAME_WH)
    assert isinstance(result, Segmentation)
    return result


def classify(
    output: NDArray[Any], spec: OutputSpec, classes: int, tensor: TensorInfo | None = None
) -> Classification:
    """Return the class of one output, which it has in a group too."""
    decoder = Decoder("classification", classes, GIVEN, tensor or info(output), spec)
    result = decoder.decode(output, FRAME_WH)
    (grouped,) = decoder.decode_all(output, [FRAME_WH])
    assert isinstance(result, Classification)
    assert isinstance(grouped, Classification)
    assert grouped.class_id == result.class_id
    assert np.array_equal(grouped.scores, result.scores)
    return result


def logits_of(kind: str, seed: int = 0) -> NDArray[Any]:
    """Return logits (8, 16, 19) of a dtype."""
    return np.random.default_rng(seed).integers(-100, 100, (8, 16, 19)).astype(kind)


@pytest.mark.parametrize("kind", ["float32", "float16", "int8", "uint8", "int16"])
@pytest.mark.parametrize(
    ("layout", "shape", "axes"),
    [
        ("nchw", (1, 19, 8, 16), (2, 0, 1)),
        ("flat", (1, 19, 128), (2, 0, 1)),
        ("flat", (1, 128, 19), (0, 1, 2)),
        ("flat", (1, 128 * 19), (0, 1, 2)),
    ],
    ids=["nchw", "flat, classes first", "flat, classes last", "one row"],
)
def test_logits_in_any_layout_give_the_same_map(
    kind: str, layout: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    """The map and the logits are those of the usual layout, at any size."""
    logits = logits_of(kind)
    output = np.ascontiguousarray(logits.transpose(axes)).reshape(shape)
    tensor = info(output, 0.5, 3) if output.dtype.kind in "iu" else info(output)
    result = segment(output, OutputSpec(layout=layout), 19, tensor)
    usual = segment(logits[None], OutputSpec(), 19)
    assert np.array_equal(result.class_map, logits.argmax(-1))
    assert result.logits is not None
    assert np.array_equal(result.logits, logits)
    assert result.logits.flags["C_CONTIGUOUS"]
    assert np.array_equal(classes_at(result, FRAME_WH), classes_at(usual, FRAME_WH))


@pytest.mark.parametrize("kind", ["float32", "float16", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("nhwc", (1, 8, 16)),
        ("nhwc", (1, 8, 16, 1)),
        ("nchw", (1, 1, 8, 16)),
        ("flat", (1, 128)),
        ("flat", (1, 128, 1)),
    ],
)
def test_class_ids_of_any_type_become_the_map(
    kind: str, layout: str, shape: tuple[int, ...]
) -> None:
    """Whole numbers are classes by their type, others where the card says so."""
    ids = np.random.default_rng(0).integers(0, 19, shape).astype(kind)
    activation = "ids" if kind.startswith("float") else None
    result = segment(ids, OutputSpec(layout=layout, activation=activation), 19)
    assert result.logits is None
    assert np.array_equal(result.class_map, ids.reshape(8, 16).astype(np.uint8))


def test_numbers_that_are_no_class_are_void() -> None:
    """Float ids are rounded; what is outside the label set or no number is void."""
    values = [[[0.4, 17.9999, 18.4, 18.6, 256.0, -0.6, np.nan, np.inf]]]
    result = segment(np.array(values, np.float32), OutputSpec(activation="ids"), 19)
    assert result.class_map.tolist() == [[0, 18, 18, VOID, VOID, VOID, VOID, VOID]]


def test_quantized_ids_are_read_by_their_scale() -> None:
    """A converter may quantize the ids as it does all else."""
    output = np.array([[[-128, -124, -90, 127]]], np.int8)
    result = segment(output, OutputSpec(activation="ids"), 19, info(output, 0.5, -128))
    assert result.class_map.tolist() == [[0, 2, VOID, VOID]]
    assert segment(output, OutputSpec(activation="ids"), 20, info(output, 0.5, -128)).class_map[
        0
    ].tolist() == [0, 2, 19, VOID]


MASKS = [
    ("float32", 0.0, 0),
    ("float16", 0.0, 0),
    ("int8", 1 / 256, -128),
    ("uint8", 1 / 256, 0),
    ("uint8", 1 / 255, 0),
]


def mask_of(kind: str, scale: float, zero_point: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return a smooth mask (8, 16) in a tensor's values and as real numbers, 0 to 1."""
    real = np.random.default_rng(4).random((4, 8), np.float32)
    real = np.asarray(cv2.resize(real, (16, 8), interpolation=cv2.INTER_LINEAR), np.float32)
    tensor = TensorInfo("mask", (1, 8, 16, 1), np.dtype(kind), scale, zero_point)
    values = tensor.quantize(real)
    return values, tensor.dequantize(values)


@pytest.mark.parametrize(("kind", "scale", "zero_point"), MASKS)
@pytest.mark.parametrize("threshold", [0.5, 0.3, 0.75])
@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("nhwc", (1, 8, 16, 1)),
        ("nhwc", (1, 8, 16)),
        ("nchw", (1, 1, 8, 16)),
        ("flat", (1, 128)),
    ],
)
def test_a_mask_of_one_channel_has_two_classes(
    kind: str, scale: float, zero_point: int, threshold: float, layout: str, shape: tuple[int, ...]
) -> None:
    """A pixel is the second class where its probability is above the threshold."""
    values, real = mask_of(kind, scale, zero_point)
    output = values.reshape(shape)
    spec = OutputSpec(layout=layout, activation="sigmoid", threshold=threshold)
    result = segment(output, spec, 2, info(output, scale, zero_point))
    assert np.array_equal(result.class_map, real > threshold)
    assert 0 < result.class_map.sum() < result.class_map.size


@pytest.mark.parametrize(("kind", "scale", "zero_point"), MASKS)
@pytest.mark.parametrize("threshold", [0.5, 0.3])
@pytest.mark.parametrize("size_wh", [(640, 320), (65, 33), (1001, 203)])
def test_a_resized_mask_is_the_resized_probability_against_the_threshold(
    kind: str, scale: float, zero_point: int, threshold: float, size_wh: tuple[int, int]
) -> None:
    """At display size no pixel is on another side than its bilinear probability."""
    values, real = mask_of(kind, scale, zero_point)
    output = values[None, :, :, None]
    spec = OutputSpec(activation="sigmoid", threshold=threshold)
    result = segment(output, spec, 2, info(output, scale, zero_point))
    wide = cv2.resize(real, size_wh, interpolation=cv2.INTER_LINEAR)
    clear = np.abs(wide - threshold) > 1e-5  # within that, float32 rounds either way
    assert clear.mean() > 0.99
    assert np.array_equal(classes_at(result, size_wh)[clear], (wide > threshold)[clear])
    fine = smooth_classes(result, size_wh)
    if size_wh[1] > 100:
        assert fine is not None
        grid = cv2.resize(real, fine.shape[::-1], interpolation=cv2.INTER_LINEAR)
        assert (fine == (grid > threshold)).mean() > 0.995


def test_one_channel_of_logits_has_its_threshold_before_the_sigmoid() -> None:
    """A probability of 0.73 is a logit of 1."""
    output = np.array([[[[-3.0], [0.0], [0.98], [1.01]]]], np.float32)
    spec = OutputSpec(activation="logits", threshold=1 / (1 + np.exp(-1)))
    assert segment(output, spec, 2).class_map.tolist() == [[0, 0, 0, 1]]
    assert segment(output, OutputSpec(activation="logits"), 2).class_map.tolist() == [[0, 0, 1, 1]]


def test_a_value_at_the_threshold_is_not_above_it() -> None:
    """The scale's last digits do not move a quantized value over the threshold."""
    scale = float(np.float32(0.1))  # 0.5 is 4.9999999 steps of it
    tensor = TensorInfo("mask", (1, 1, 3, 1), np.dtype(np.uint8), scale)
    assert threshold_in(tensor, OutputSpec(activation="sigmoid")) == 5
    output = np.array([[[[4], [5], [6]]]], np.uint8)
    assert segment(output, OutputSpec(activation="sigmoid"), 2, tensor).class_map.tolist() == [
        [0, 0, 1]
    ]


def test_a_letterboxed_mask_is_cut() -> None:
    """The borders are cut off before the two classes are made."""
    output = np.ones((1, 8, 8, 1), np.float32)
    output[:, :3] = 0
    spec, mask = InputSpec((64, 64), fit="letterbox"), OutputSpec(activation="sigmoid")
    result = Decoder("segmentation", 2, spec, info(output), mask).decode(output, (200, 50))
    assert isinstance(result, Segmentation)
    assert result.class_map.tolist() == [[1] * 8] * 2
    assert result.logits is not None
    assert result.logits.shape == (2, 8, 2)


@pytest.mark.parametrize("shape", [(1, 5), (1, 1, 1, 5), (1, 5, 1, 1), (1, 1, 5)])
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_a_classifier_may_have_further_axes(shape: tuple[int, ...], kind: str) -> None:
    """Sides of one, as pooling leaves them, say nothing."""
    values = np.array([1, 7, 3, -2, 0], kind)
    output = values.reshape(shape)
    tensor = info(output, 0.5 if kind == "int8" else 0.0)
    result = classify(output, OutputSpec(), 5, tensor)
    assert result.class_id == 1
    assert np.array_equal(result.logits, tensor.dequantize(values))


@pytest.mark.parametrize(
    ("activation", "scores"),
    [
        ("probabilities", [0.25, 0.75]),
        ("sigmoid", [0.25, 0.75]),
        ("logits", [1 / (1 + np.exp(0.5)), 1 / (1 + np.exp(-0.5))]),
        (None, [0.25, 0.75]),
    ],
)
def test_scores_are_what_the_card_says(activation: str | None, scores: list[float]) -> None:
    """Logits that look like probabilities still go through a softmax where the card knows."""
    output = np.array([[0.25, 0.75]], np.float32)
    result = classify(output, OutputSpec(activation=activation), 2)
    assert result.scores.tolist() == pytest.approx(scores)


def test_classes_with_a_sigmoid_each_keep_their_probabilities() -> None:
    """They need not sum to one."""
    output = np.array([[0.9, 0.8, 0.1]], np.float32)
    result = classify(output, OutputSpec(activation="sigmoid"), 3)
    assert result.top(2) == [(0, pytest.approx(0.9)), (1, pytest.approx(0.8))]


@pytest.mark.parametrize("shape", [(1, 1), (1,), (1, 1, 1, 1)])
@pytest.mark.parametrize(
    ("activation", "kind", "scale", "zero_point", "value", "threshold", "class_id", "probability"),
    [
        ("sigmoid", "float32", 0.0, 0, 0.8, 0.5, 1, 0.8),
        ("probabilities", "float32", 0.0, 0, 0.2, 0.5, 0, 0.8),
        ("sigmoid", "float32", 0.0, 0, 0.45, 0.4, 1, 0.45),
        ("sigmoid", "float32", 0.0, 0, 0.5, 0.5, 0, 0.5),
        ("sigmoid", "int8", 1 / 256, -128, 64, 0.5, 1, 0.75),
        ("logits", "float32", 0.0, 0, 2.0, 0.5, 1, 1 / (1 + np.exp(-2))),
        ("logits", "float32", 0.0, 0, -800.0, 0.5, 0, 1.0),
        ("logits", "uint8", 0.5, 128, 124, 0.1, 1, 1 / (1 + np.exp(2))),
    ],
)
def test_a_classifier_with_one_number_says_yes_or_no(
    shape: tuple[int, ...],
    activation: str,
    kind: str,
    scale: float,
    zero_point: int,
    value: float,
    threshold: float,
    class_id: int,
    probability: float,
) -> None:
    """It answers with the class on the threshold's side, and with that class's probability."""
    output = np.array(value, kind).reshape(shape)
    spec = OutputSpec(activation=activation, threshold=threshold)
    result = classify(output, spec, 2, info(output, scale, zero_point))
    assert result.class_id == class_id
    assert result.top(2)[0] == (class_id, pytest.approx(probability, abs=1e-6))
    assert float(result.scores.sum()) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["int64", "int32", "float32"])
def test_a_classifier_may_give_the_class_alone(kind: str) -> None:
    """A graph that ends in an argmax has no probabilities to show; its class has all of it."""
    spec = OutputSpec(activation="ids" if kind == "float32" else None)
    result = classify(np.array([[3]], kind), spec, 10)
    assert (result.class_id, result.top(1)) == (3, [(3, 1.0)])


@pytest.mark.parametrize("value", [10, -1, np.nan])
def test_a_class_outside_the_label_set_is_refused(value: float) -> None:
    """It is no answer, and no other class is shown instead."""
    output = np.array([[value]], np.float32)
    decoder = Decoder("classification", 10, GIVEN, info(output), OutputSpec(activation="ids"))
    with pytest.raises(ModelError, match=f"answers with class {value:g}, but the label set has 10"):
        decoder.decode(output, FRAME_WH)


def zeros(shape: tuple[int, ...], kind: str = "float32") -> NDArray[Any]:
    """Return an output of zeros."""
    return np.zeros(shape, kind)


@pytest.mark.parametrize(
    ("task", "classes", "output", "spec", "message"),
    [
        ("segmentation", 2, zeros((1, 8, 16, 1)), OutputSpec(), "8x16x1 float32 has one channel"),
        ("segmentation", 2, zeros((1, 8, 16)), OutputSpec(), "--activation: sigmoid .*, logits"),
        ("classification", 2, zeros((1, 1)), OutputSpec(), "1x1 float32 has one channel, and noth"),
        (
            "segmentation",
            19,
            zeros((1, 8, 16, 1)),
            OutputSpec(activation="sigmoid"),
            "has one channel for 2 classes, but the label set has 19",
        ),
        (
            "classification",
            10,
            zeros((1, 1)),
            OutputSpec(activation="sigmoid"),
            "has one channel for 2 classes, but the label set has 10",
        ),
        (
            "segmentation",
            2,
            zeros((1, 8, 16, 1), "uint8"),
            OutputSpec(activation="sigmoid"),
            "whole numbers without a scale",
        ),
        (
            "segmentation",
            19,
            zeros((1, 8, 16, 19)),
            OutputSpec(activation="ids"),
            "19 numbers per pixel, not one class id",
        ),
        ("classification", 9, zeros((1, 9)), OutputSpec(activation="ids"), "9 numbers, not one"),
        (
            "segmentation",
            19,
            zeros((1, 8, 16, 19)),
            OutputSpec(layout="nchw"),
            "it scores 8 classes, but the label set has 19",
        ),
        (
            "segmentation",
            19,
            zeros((1, 8, 16, 19)),
            OutputSpec(layout="flat"),
            "1x8x16x19 float32, a segmenter gives 1xN",
        ),
        (
            "segmentation",
            19,
            zeros((1, 2049)),
            OutputSpec(layout="flat"),
            "1x2049, which is no flattened map of 64x32 pixels",
        ),
        (
            "segmentation",
            2,
            zeros((1, 50176)),
            OutputSpec(layout="flat", activation="sigmoid"),
            "1x50176, which is no flattened map of 64x32 pixels",
        ),
        ("segmentation", 19, zeros((1, 128)), OutputSpec(), "try --task classification"),
        ("segmentation", 19, zeros((1, 8, 16, 0)), OutputSpec(), "it scores 0 classes"),
    ],
)
def test_what_does_not_fit_is_refused(
    task: str, classes: int, output: NDArray[Any], spec: OutputSpec, message: str
) -> None:
    """The message names the form and the option that decides."""
    with pytest.raises(ModelError, match=message):
        Decoder(task, classes, GIVEN, info(output), spec)

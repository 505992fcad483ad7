"""Outputs of any form and dtype become class maps and classes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Classification, Segmentation
from edge_app.labels import VOID
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.decode import Decoder, classes_at

STRETCH = InputSpec((64, 32))


def info(shape: tuple[int, ...], kind: str, scale: float = 0.0, zero_point: int = 0) -> TensorInfo:
    """Return an output tensor of a shape and dtype."""
    return TensorInfo("output", shape, np.dtype(kind), scale, zero_point)


def segment(
    output: NDArray[Any],
    classes: int = 19,
    spec: InputSpec = STRETCH,
    frame_wh: tuple[int, int] = (640, 320),
    scale: float = 0.0,
) -> Segmentation:
    """Return the segmentation of one output."""
    tensor = info(output.shape, str(output.dtype), scale)
    result = Decoder("segmentation", classes, spec, tensor).decode(output, frame_wh)
    assert isinstance(result, Segmentation)
    return result


@pytest.mark.parametrize(("kind", "scale"), [("float32", 0.0), ("int8", 0.1), ("uint8", 0.1)])
def test_logits_give_the_highest_class(kind: str, scale: float) -> None:
    """Quantized logits are compared as they are, and returned in their own dtype."""
    logits = np.random.default_rng(0).integers(0, 100, (1, 8, 16, 19)).astype(kind)
    result = segment(logits, scale=scale)
    assert result.class_map.dtype == np.uint8
    assert np.array_equal(result.class_map, logits[0].argmax(-1))
    assert result.logits is not None
    assert result.logits.dtype == np.dtype(kind)


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("shape", [(1, 8, 16), (1, 8, 16, 1)])
def test_class_ids_become_the_map(kind: str, shape: tuple[int, ...]) -> None:
    """A graph that ends in an argmax gives a map and no logits."""
    ids = np.random.default_rng(0).integers(0, 19, shape).astype(kind)
    result = segment(ids)
    assert result.logits is None
    assert result.class_map.dtype == np.uint8
    assert np.array_equal(result.class_map, ids.reshape(8, 16))


@pytest.mark.parametrize("kind", ["int64", "int32"])
def test_ids_past_the_labels_are_void(kind: str) -> None:
    """Ids outside the label set never wrap into a class: 256 is void, not 0."""
    ids = np.array([[[0, 18, 19, 255, 256, 274, -1]]], kind)
    assert segment(ids).class_map.tolist() == [[0, 18, VOID, VOID, VOID, VOID, VOID]]


@pytest.mark.parametrize(
    ("kind", "scale", "values", "real"),
    [
        ("float32", 0.0, [0.25, 4.5, -1.0], [0.25, 4.5, -1.0]),
        ("int8", 0.5, [-128, 127, 0], [-64.0, 63.5, 0.0]),
        ("uint8", 1 / 256, [0, 255, 1], [0.0, 255 / 256, 1 / 256]),
    ],
)
def test_a_classifier_gives_a_class_and_real_scores(
    kind: str, scale: float, values: list[float], real: list[float]
) -> None:
    """Scores are dequantized by the tensor's scale, alone and in a group."""
    decoder = Decoder("classification", 3, STRETCH, info((1, 3), kind, scale))
    outputs = np.array([values], kind)
    result = decoder.decode(outputs, (28, 28))
    assert isinstance(result, Classification)
    assert result.class_id == 1
    assert result.logits.tolist() == real
    (grouped,) = decoder.decode_all(outputs, [(28, 28)])
    assert isinstance(grouped, Classification)
    assert grouped.class_id == 1
    assert grouped.logits.tolist() == real


def test_scores_become_probabilities() -> None:
    """Logits go through a softmax; probabilities stay as they are."""
    logits = Classification(1, np.array([0.0, 1000.0, 999.0], np.float32))
    assert logits.scores.sum() == pytest.approx(1)
    assert [class_id for class_id, _ in logits.top(3)] == [1, 2, 0]
    assert logits.top(1)[0][1] == pytest.approx(1 / (1 + np.exp(-1)))
    probabilities = Classification(0, np.array([0.9, 0.1], np.float32))
    assert probabilities.scores is probabilities.logits


@pytest.mark.parametrize("kind", ["float32", "int64"])
@pytest.mark.parametrize(
    ("frame_wh", "rows", "columns"),
    [((200, 50), slice(3, 5), slice(0, 8)), ((50, 200), slice(0, 8), slice(3, 5))],
    ids=["wide", "tall"],
)
def test_letterbox_borders_are_cut_off(
    kind: str, frame_wh: tuple[int, int], rows: slice, columns: slice
) -> None:
    """Map and logits keep only the part of the grid that shows the image."""
    spec = InputSpec((64, 64), fit="letterbox")
    ids = np.random.default_rng(0).integers(0, 19, (8, 8))
    output = np.eye(19, dtype="float32")[ids] if kind == "float32" else ids
    result = segment(output[None].astype(kind), spec=spec, frame_wh=frame_wh)
    assert np.array_equal(result.class_map, ids[rows, columns])
    if result.logits is not None:
        assert result.logits.shape[:2] == result.class_map.shape


def test_a_very_wide_image_keeps_one_row() -> None:
    """An image that fills less than one row of the grid still has a class map."""
    spec = InputSpec((64, 64), fit="letterbox")
    result = segment(np.zeros((1, 4, 4), np.int32), spec=spec, frame_wh=(6400, 1))
    assert result.class_map.shape == (1, 4)


def test_decode_all_gives_the_same_as_decode() -> None:
    """Each output of a group is decoded as alone, cut by its own frame size."""
    outputs = np.random.default_rng(1).normal(size=(3, 8, 8, 19)).astype(np.float32)
    spec, frames_wh = InputSpec((64, 64), fit="letterbox"), [(64, 64), (200, 50), (50, 200)]
    decoder = Decoder("segmentation", 19, spec, info((1, 8, 8, 19), "float32"))
    for result, output, frame_wh in zip(
        decoder.decode_all(outputs, frames_wh), outputs, frames_wh, strict=True
    ):
        assert isinstance(result, Segmentation)
        alone = segment(output[None], spec=spec, frame_wh=frame_wh)
        assert np.array_equal(result.class_map, alone.class_map)


@pytest.mark.parametrize(
    ("task", "classes", "tensor", "message"),
    [
        ("classification", 10, info((1, 11), "float32"), "scores 11 classes, but .* has 10"),
        ("classification", 10, info((1, 8, 8, 10), "float32"), "try --task segmentation"),
        ("classification", 10, info((2, 10), "float32"), "a classifier gives 1xC"),
        ("classification", 10, info((), "float32"), "a single number"),
        ("segmentation", 19, info((1, 8, 16, 21), "int8", 0.1), "21 classes.*--labels"),
        ("segmentation", 19, info((1, 19), "float32"), "try --task classification"),
        ("segmentation", 19, info((1, 8, 16), "float32"), "1x8x16 float32"),
        ("segmentation", 19, info((2, 8, 16, 19), "float32"), "2x8x16x19"),
        (
            "segmentation",
            300,
            info((1, 8, 16, 300), "float32"),
            "300 numbers for each place.* feat",
        ),
        ("segmentation", 300, info((1, 8, 16), "int32"), "at most 255 classes, .* --labels"),
    ],
)
def test_an_output_that_does_not_fit_is_refused(
    task: str, classes: int, tensor: TensorInfo, message: str
) -> None:
    """Task, classes and tensor are compared when the decoder is made."""
    with pytest.raises(ModelError, match=message):
        Decoder(task, classes, STRETCH, tensor)


def test_ids_alone_are_resized_to_the_nearest() -> None:
    """No third class appears between two classes."""
    class_map = np.array([[0, 18], [5, VOID]], np.uint8)
    resized = classes_at(Segmentation(class_map), (6, 4))
    assert resized.tolist() == [[0, 0, 0, 18, 18, 18]] * 2 + [[5, 5, 5, VOID, VOID, VOID]] * 2


@pytest.mark.parametrize("with_logits", [True, False])
@pytest.mark.parametrize("size_wh", [(400, 200), (401, 203), (1001, 37)])
def test_a_border_keeps_its_place(with_logits: bool, size_wh: tuple[int, int]) -> None:
    """A border in the middle of the grid is in the middle of the result, to half a pixel."""
    class_map = np.zeros((8, 16), np.uint8)
    class_map[:, 8:] = 1
    logits = np.eye(2, dtype=np.float32)[class_map] if with_logits else None
    resized = classes_at(Segmentation(class_map, logits), size_wh)
    assert (np.abs((resized == 0).sum(axis=1) - size_wh[0] / 2) <= 0.5).all()
    assert (np.abs(np.diff(resized.astype(int), axis=1)).sum(axis=1) == 1).all()

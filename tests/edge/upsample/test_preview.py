"""The preview is the argmax of upsampled logits, but for the lowest bits and the rarest classes."""

import cv2
import numpy as np
import pytest

from edge_app.frame import Segmentation
from edge_app.labels import VOID
from edge_app.upsample.preview import grid_size, smooth_classes
from tests.support.resized_argmax import resized_argmax, resized_logits

ROAD, SKY = 0, 10
DTYPES = ["float32", "float16", "int8", "uint8", "int16"]


def step(columns: int, edge: int, dtype: str = "float32", rows: int = 8) -> Segmentation:
    """Return road left of a column and sky from it on, with logits 60 apart."""
    classes = np.full((rows, columns), ROAD, np.uint8)
    classes[:, edge:] = SKY
    logits = np.where(np.arange(19) == classes[..., None], 90, 30)
    return Segmentation(classes, logits.astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_dtypes_give_the_same_edge(dtype: str) -> None:
    """Quantized logits are compared as they are, in the order of their values."""
    fine = smooth_classes(step(16, 5, dtype), (640, 480))
    reference = smooth_classes(step(16, 5, "float32"), (640, 480))
    assert fine is not None
    assert reference is not None
    assert np.mean(fine != reference) < 0.005


def test_negative_int8_logits_lose_against_positive_ones() -> None:
    """The sign bit does not count as a high value."""
    logits = np.full((4, 4, 2), -100, np.int8)
    logits[..., 1] = 100
    logits[0, 0] = (100, -100)
    result = Segmentation(logits.argmax(2).astype(np.uint8), logits)
    fine = smooth_classes(result, (640, 480))
    assert fine is not None
    assert (fine == 1).mean() > 0.85


def test_it_is_the_argmax_of_the_resized_logits() -> None:
    """Leaving out classes that win nowhere, and 5 of 16 bits, changes less than 0.5 %."""
    rng = np.random.default_rng(3)
    logits = cv2.GaussianBlur(rng.normal(0, 30, (32, 64, 19)).astype(np.float32), (0, 0), 2)
    result = Segmentation(logits.argmax(2).astype(np.uint8), logits)
    fine = smooth_classes(result, (1280, 720))
    assert fine is not None
    assert np.mean(fine == resized_argmax(logits, (640, 360))) > 0.995


@pytest.mark.parametrize("shape", [(64, 128), (33, 65), (30, 52), (45, 80)])
def test_a_part_is_upsampled_as_the_whole_would_be(shape: tuple[int, int]) -> None:
    """Classes in a corner, at the borders and in the middle meet where the oracle says."""
    rows, columns = shape
    classes = np.zeros(shape, np.uint8)
    classes[: rows // 4] = 1
    classes[rows // 3 : rows // 2, columns // 5 : columns // 3] = 2
    classes[-3:, -4:] = 3
    classes[rows // 2, columns // 2] = 4
    classes[:, -1] = 5
    random = np.random.default_rng(1)
    logits = random.integers(-60, 0, (*shape, 6)).astype(np.int8)
    np.put_along_axis(logits, classes[..., None].astype(int), np.int8(90), axis=2)
    fine = smooth_classes(Segmentation(classes, logits), (1280, 720))
    assert fine is not None
    ordered = np.sort(resized_logits(logits, fine.shape[::-1]), axis=-1)
    clear = ordered[..., -1] - ordered[..., -2] > 8  # more than the low bits can hide
    assert clear.mean() > 0.9
    assert (fine == resized_argmax(logits, fine.shape[::-1]))[clear].all()


def test_the_lowest_class_wins_a_tie() -> None:
    """Equal int8 logits are common; the class map has the lowest class there."""
    logits = np.full((8, 8, 3), 5, np.int8)
    logits[:4, :4, 2] = 90
    result = Segmentation(logits.argmax(2).astype(np.uint8), logits)
    fine = smooth_classes(result, (640, 480))
    assert fine is not None
    assert set(np.unique(fine)) == {0, 2}
    logits[4:, 4:, 1] = 90
    result = Segmentation(logits.argmax(2).astype(np.uint8), logits)
    fine = smooth_classes(result, (640, 480))
    assert fine is not None
    assert (fine[-60:, :60] == 0).all()


def test_a_single_class_fills_the_grid() -> None:
    """An image of nothing but sky needs no comparison."""
    result = Segmentation(np.full((8, 16), SKY, np.uint8), np.zeros((8, 16, 19), np.int8))
    fine = smooth_classes(result, (1280, 720))
    assert fine is not None
    assert fine.shape == (360, 640)
    assert (fine == SKY).all()


def test_of_too_many_classes_the_most_frequent_are_shown() -> None:
    """With more than 32 classes the rarest are drawn as their neighbours."""
    classes = np.repeat(np.arange(40, dtype=np.uint8), 8)[None].repeat(4, axis=0)
    classes[:, :4] = 39
    logits = np.where(np.arange(40) == classes[..., None], 5.0, 0.0).astype(np.float32)
    fine = smooth_classes(Segmentation(classes, logits), (640, 480))
    assert fine is not None
    assert len(np.unique(fine)) == 32
    assert 39 in fine


@pytest.mark.parametrize(
    ("size_wh", "grid_wh"),
    [
        ((640, 480), (480, 360)),
        ((1280, 720), (640, 360)),
        ((1919, 1080), (960, 540)),
        ((3840, 2160), (960, 540)),
        ((320, 200), (320, 200)),
        ((1, 2000), (1, 540)),
    ],
)
def test_the_grid_has_half_the_rows_within_bounds(
    size_wh: tuple[int, int], grid_wh: tuple[int, int]
) -> None:
    """A grid has 360 to 540 rows, and never more than the display."""
    assert grid_size(size_wh) == grid_wh


@pytest.mark.parametrize(
    "result",
    [
        Segmentation(np.zeros((8, 8), np.uint8)),
        step(640, 300, rows=360),
        Segmentation(np.eye(8, dtype=np.uint8), np.full((8, 8, 2), np.nan, np.float32)),
        Segmentation(np.full((8, 8), VOID, np.uint8), np.zeros((8, 8, 2), np.int8)),
    ],
    ids=["no logits", "as fine as the grid", "not finite", "only void"],
)
def test_there_is_no_preview_if_it_gains_nothing(result: Segmentation) -> None:
    """The class map is then shown as it is."""
    assert smooth_classes(result, (640, 480)) is None

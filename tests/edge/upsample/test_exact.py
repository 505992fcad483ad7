"""The exact upsampler gives the argmax of the upsampled logits."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.upsample.exact import upsampled_classes
from tests.support.resized_argmax import resized_argmax, resized_logits

SIZES = [(160, 90), (16, 8), (7, 5), (33, 200), (401, 203), (5, 64)]


def noise(rows: int, columns: int, classes: int, kind: str, smooth: bool = False) -> NDArray[Any]:
    """Return random logits: each node independent, or smooth in patches of one class."""
    logits = np.random.default_rng(2).normal(scale=40, size=(rows, columns, classes))
    if smooth:
        blurred = cv2.GaussianBlur(logits.astype(np.float32), (9, 9), 3) * 8
        logits = blurred.reshape(logits.shape).astype(np.float64)
    info = np.iinfo(kind) if kind in ("int8", "uint8") else None
    return (np.clip(logits, info.min, info.max) if info else logits).astype(kind)


@pytest.mark.parametrize("kind", ["float32", "float16", "int8", "uint8"])
@pytest.mark.parametrize("size_wh", SIZES)
@pytest.mark.parametrize(
    "grid",
    [(8, 16, 19, False), (33, 65, 5, True), (33, 65, 2, True), (1, 7, 4, False), (3, 1, 3, False)],
    ids=str,
)
def test_it_is_the_argmax_of_the_resized_logits(
    kind: str, size_wh: tuple[int, int], grid: tuple[int, int, int, bool]
) -> None:
    """At every pixel the class is one with the highest logit."""
    rows, columns, classes, smooth = grid
    logits = noise(rows, columns, classes, kind, smooth)
    class_map = logits.argmax(-1).astype(np.uint8)
    resized = resized_logits(logits, size_wh)
    found = upsampled_classes(class_map, logits, size_wh)
    chosen = np.take_along_axis(resized, found[:, :, None].astype(int), axis=-1)[:, :, 0]
    # Integers tie exactly, and the two methods round the last digit differently.
    assert np.allclose(chosen, resized.max(-1), rtol=0, atol=1e-4)
    if kind != "uint8":  # where half of all logits are clipped to 0
        assert (found == resized_argmax(logits, size_wh)).mean() > 0.99


def test_a_class_that_wins_at_no_node_wins_between_them() -> None:
    """A class that is second at both nodes may win in the middle, and only there."""
    logits = np.array([[[10, 0, 9], [0, 10, 9]]], np.float32)
    found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (80, 1))
    first, middle, last = (found == 0).sum(), (found == 2).sum(), (found == 1).sum()
    assert first == last == 24  # 20 beyond the node's centre, and 4 of the 40 between nodes
    assert middle == 32
    assert (np.diff(np.flatnonzero(found == 2)) == 1).all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_lowest_class_wins_a_tie(order: tuple[int, int]) -> None:
    """The pixel in the middle gets the lower class, whichever side it is on."""
    logits = np.array([[[8, 0], [0, 8]]], np.int8)[:, :, list(order)]
    found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (6, 1))
    assert found.tolist() == resized_argmax(logits, (6, 1)).tolist()
    three = np.array([[[8, 0, 4], [0, 8, 4]]], np.int8)
    found = upsampled_classes(three.argmax(-1).astype(np.uint8), three, (10, 1))
    assert 2 not in found  # it only equals the two where they cross


def test_values_that_are_not_finite_give_no_warning() -> None:
    """The result of a broken network is shown, without a warning per frame."""
    logits = noise(8, 16, 4, "float32")
    logits[2, 3, 1], logits[4, 4, 2], logits[5, 5, 0] = np.inf, np.nan, -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (64, 32))
    assert found.shape == (32, 64)
    assert found.max() < 4

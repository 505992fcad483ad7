"""The best class of upsampled logits, beside upsampling all of them."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.upsample.exact import upsampled_classes

SIZES = [(160, 90), (16, 8), (7, 5), (33, 200), (401, 203), (5, 64)]


def noise(rows: int, columns: int, classes: int, kind: str, smooth: bool = False) -> NDArray[Any]:
    """Return random logits: every node by itself, or in patches of a class each."""
    logits = np.random.default_rng(2).normal(scale=40, size=(rows, columns, classes))
    if smooth:
        blurred = cv2.GaussianBlur(logits.astype(np.float32), (9, 9), 3) * 8
        logits = blurred.reshape(logits.shape).astype(np.float64)
    info = np.iinfo(kind) if kind in ("int8", "uint8") else None
    return (np.clip(logits, info.min, info.max) if info else logits).astype(kind)


@pytest.mark.parametrize("kind", ["float32", "float16", "int8", "uint8"])
@pytest.mark.parametrize("size_wh", SIZES)
@pytest.mark.parametrize(
    "made",
    [(8, 16, 19, False), (33, 65, 5, True), (33, 65, 2, True), (1, 7, 4, False), (3, 1, 3, False)],
    ids=str,
)
def test_it_is_the_argmax_of_the_resized_stack(
    kind: str, size_wh: tuple[int, int], made: tuple[int, int, int, bool]
) -> None:
    """At every pixel the class is one that is highest there."""
    rows, columns, classes, smooth = made
    logits = noise(rows, columns, classes, kind, smooth)
    class_map = logits.argmax(-1).astype(np.uint8)
    stack = cv2.resize(logits.astype(np.float32), size_wh, interpolation=cv2.INTER_LINEAR)
    found = upsampled_classes(class_map, logits, size_wh)
    chosen = np.take_along_axis(stack, found[:, :, None].astype(int), axis=-1)[:, :, 0]
    # Integers tie exactly, and the two ways round the last digit differently.
    assert np.allclose(chosen, stack.max(-1), rtol=0, atol=1e-4)
    if kind != "uint8":  # where half of all logits are cut to 0
        assert (found == stack.argmax(-1)).mean() > 0.99


def test_a_class_that_wins_at_no_node_wins_between_them() -> None:
    """Second at both ends may be first in the middle, and only there."""
    logits = np.array([[[10, 0, 9], [0, 10, 9]]], np.float32)
    found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (80, 1))
    first, middle, last = (found == 0).sum(), (found == 2).sum(), (found == 1).sum()
    assert first == last == 24  # 20 beyond the node's centre, and 4 of the 40 between
    assert middle == 32
    assert (np.diff(np.flatnonzero(found == 2)) == 1).all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_tie_is_the_lowest_class_s(order: tuple[int, int]) -> None:
    """As in an argmax: the pixel in the middle, whichever side the lower class is on."""
    logits = np.array([[[8, 0], [0, 8]]], np.int8)[:, :, list(order)]
    found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (6, 1))
    between = cv2.resize(logits.astype(np.float32), (6, 1), interpolation=cv2.INTER_LINEAR)
    assert found.tolist() == between.argmax(-1).tolist()
    three = np.array([[[8, 0, 4], [0, 8, 4]]], np.int8)
    found = upsampled_classes(three.argmax(-1).astype(np.uint8), three, (10, 1))
    assert 2 not in found  # it only reaches the two where they cross


def test_what_is_not_finite_raises_no_noise() -> None:
    """A broken network's answer is shown as it is, without a line for every frame."""
    logits = noise(8, 16, 4, "float32")
    logits[2, 3, 1], logits[4, 4, 2], logits[5, 5, 0] = np.inf, np.nan, -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = upsampled_classes(logits.argmax(-1).astype(np.uint8), logits, (64, 32))
    assert found.shape == (32, 64)
    assert found.max() < 4

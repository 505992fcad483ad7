"""The answer to an image is one line of plain words."""

from __future__ import annotations

import numpy as np

from edge_app.answer_text import answer_text
from edge_app.frame import Classification, Reading, Readings, Segmentation
from edge_app.labels import CITYSCAPES, DIGITS, NO_LABELS
from tests.support.readings import reading


def digit(number: int, x: int, y: int, confidence: float = 0.99) -> Reading:
    """Return a digit of 20 by 30 pixels."""
    return reading(number, (x, y, 20, 30), confidence)


def test_classes_have_their_share_of_the_frame() -> None:
    """The largest first, without those that would read 0.0 %."""
    class_map = np.zeros((100, 100), np.uint8)  # road
    class_map[:25] = 10  # sky
    class_map[99, 90:] = 13  # ten pixels of a car
    class_map[98, 0] = 18  # a pixel of 0.01 %
    text = answer_text(Segmentation(class_map), CITYSCAPES)
    assert text == "road 74.9 %, sky 25.0 %, car 0.1 %"
    assert answer_text(Segmentation(np.full((2, 2), 255, np.uint8)), CITYSCAPES) == (
        "class 255 100.0 %"
    )


def test_the_likeliest_classes_have_their_probability() -> None:
    """Up to three, and whether the first is right if the truth is known."""
    scores = np.array([0, 0.9, 0.07, 0, 0.03, 0, 0, 0, 0, 0], np.float32)
    result, digits = Classification(1, scores), DIGITS
    assert answer_text(result, digits) == "1 90.0 %, 2 7.0 %, 4 3.0 %"
    assert answer_text(result, digits, 1).endswith(", right")
    assert answer_text(result, digits, np.uint8(2)).endswith(", wrong: it is 2")
    sure = Classification(0, np.eye(10, dtype=np.float32)[0])
    assert answer_text(sure, NO_LABELS) == "class 0 100.0 %"


def test_digits_are_read_as_they_stand_on_the_page() -> None:
    """Row by row, from left to right, whatever their order; the least certain one is named."""
    found = (digit(3, 10, 12), digit(9, 12, 60, 0.7), digit(1, 50, 5), digit(4, 90, 15))
    text = answer_text(Readings(found), DIGITS)
    assert text == "3 1 4 / 9 (4 digits, least certain: 9, 70.0 %)"
    one = Readings((digit(7, 0, 0, 0.8),))
    assert answer_text(one, DIGITS) == "7 (1 digit, 80.0 %)"
    assert answer_text(Readings(), DIGITS) == "no digits found"

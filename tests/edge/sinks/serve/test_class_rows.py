"""The page lists the classes of a street beside their colours, each in a place of its own."""

import itertools

import numpy as np
import pytest

from edge_app.frame import Classification, Readings, Result, Segmentation
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.sinks.serve.class_rows import ClassRow, ClassRows

ROAD, SKY, CAR = 0, 10, 13


def street(*train_ids: int) -> Segmentation:
    """Return a class map with as many pixels of each class."""
    return Segmentation(np.repeat(np.array([train_ids], np.uint8), 40, axis=0).repeat(30, axis=1))


def test_classes_have_their_colours() -> None:
    """In label order, whatever their size."""
    rows = ClassRows()
    rows.offer(street(CAR, ROAD, CAR), CITYSCAPES)
    assert rows.rows() == [ClassRow("road", "#804080", True), ClassRow("car", "#00008E", True)]


def test_a_class_that_leaves_keeps_its_row() -> None:
    """It is marked as out of view, and no other row moves."""
    now_s = itertools.count(0.0, 0.2)
    rows = ClassRows(now_s.__next__)
    rows.offer(street(ROAD, CAR), CITYSCAPES)
    rows.rows()
    for _ in range(40):
        rows.offer(street(ROAD, SKY), CITYSCAPES)
        found = rows.rows()
    assert [(row.name, row.in_view) for row in found] == [
        ("road", True),
        ("sky", True),
        ("car", False),
    ]


def test_another_model_begins_a_new_list() -> None:
    """Classes of the model before it are gone."""
    rows = ClassRows()
    rows.offer(street(CAR), CITYSCAPES)
    rows.rows()
    rows.offer(street(1), DIGITS)
    assert [row.name for row in rows.rows()] == ["1"]


@pytest.mark.parametrize("result", [Readings(), Classification(3, np.eye(10, dtype=np.float32)[3])])
def test_what_is_no_class_map_has_no_rows(result: Result) -> None:
    """Digits have no colours on the image; nor is there anything before the first result."""
    rows = ClassRows()
    assert rows.rows() == []
    rows.offer(street(CAR), CITYSCAPES)
    rows.offer(result, DIGITS)
    assert rows.rows() == []

"""Answers of a trial are compared with the truth, or by certainty and variety."""

import numpy as np
import pytest

from edge_app.label_sets import label_set
from edge_app.labels import CITYSCAPES
from edge_app.model.inferred.output_readings import OutputReading
from edge_app.model.inferred.trial_scores import (
    agreement,
    as_grid,
    certainty,
    classes_of,
    probabilities_of,
    street_table,
)


def test_an_output_becomes_a_grid_with_classes_last() -> None:
    """Whatever its layout."""
    grid = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    form = OutputReading("segmentation", 3, "nhwc", (2, 4))
    assert (as_grid(grid[None], form) == grid).all()
    nchw = OutputReading("segmentation", 3, "nchw", (2, 4))
    assert (as_grid(grid.transpose(2, 0, 1)[None], nchw) == grid).all()
    flat = OutputReading("segmentation", 3, "flat", (2, 4))
    assert (as_grid(grid.reshape(1, 24), flat) == grid).all()


def test_agreement_counts_classes_not_pixels() -> None:
    """One class everywhere is right in one class of the truth."""
    table = street_table(CITYSCAPES)
    assert table is not None
    truth = np.zeros((8, 8), np.uint8)
    truth[:, 6:] = 10
    assert agreement(truth, truth, table) == 1
    assert agreement(np.zeros((8, 8), np.uint8), truth, table) == 0.5
    assert agreement(np.full((8, 8), 5, np.uint8), truth, table) == 0


@pytest.mark.parametrize(
    ("name", "has_street"),
    [("camvid", True), ("ade20k", True), ("pascal-voc", False), ("digits", False)],
)
def test_sets_with_classes_of_a_street_are_comparable(name: str, has_street: bool) -> None:
    """A set that calls most of it background is not."""
    assert (street_table(label_set(name)) is not None) == has_street


def test_certainty_needs_variety() -> None:
    """One answer to everything is worth nothing, however certain; so is no certainty."""
    same = np.tile(np.array([0.99, 0.01], np.float32), (10, 1))
    unsure = np.full((10, 2), 0.5, np.float32)
    varied = np.eye(2, dtype=np.float32)[[0, 1] * 5]
    assert certainty(same) == pytest.approx(0, abs=1e-6)
    assert certainty(unsure) == pytest.approx(0, abs=1e-6)
    assert certainty(varied) == pytest.approx(np.log(2), abs=1e-3)


def test_values_become_probabilities_and_classes() -> None:
    """By what they are; one channel is two classes."""
    one = np.array([[[-5.0], [5.0]]], np.float32)
    assert classes_of(one, "logits").tolist() == [[0, 1]]
    assert probabilities_of(one, "logits")[1, 1] > 0.99
    half = np.array([[[0.2], [0.7]]], np.float32)
    assert classes_of(half, "sigmoid").tolist() == [[0, 1]]
    assert probabilities_of(half, "sigmoid")[:, 1].tolist() == pytest.approx([0.2, 0.7])
    assert classes_of(np.array([[[3.0], [400.0]]], np.float32), "ids").tolist() == [[3, 255]]
    three = np.array([[[1.0, 2.0, 1.0]]], np.float32)
    assert classes_of(three, "logits").tolist() == [[1]]
    assert probabilities_of(three, "probabilities").tolist() == [[0.25, 0.5, 0.25]]

"""A confusion matrix of any number of classes is an image that people can read."""

import numpy as np

from edge_app.evaluate.matrix_image import _most_mistaken, matrix_image
from edge_app.label_sets import label_set
from edge_app.quality import ConfusionMatrix


def matrix_of(classes: int, mistakes: int) -> ConfusionMatrix:
    """Return a matrix in which each class is right ten times, and the last ones are confused."""
    matrix = ConfusionMatrix(classes)
    for place in range(classes):
        matrix.add_one(place, place, 10)
    for place in range(classes - mistakes, classes):
        matrix.add_one(place, place - 1, place)
    return matrix


def test_few_classes_are_all_shown() -> None:
    """A row and a column each, none twice."""
    assert _most_mistaken(matrix_of(19, 3), list(range(19))) == list(range(19))


def test_of_a_thousand_classes_those_with_the_most_mistakes_are_shown() -> None:
    """All would take an image of 46,000 pixels; shares are of whole rows all the same."""
    matrix = matrix_of(1000, 70)
    shown = _most_mistaken(matrix, list(range(1000)))
    assert shown == list(range(939, 999))
    image = matrix_image(matrix, label_set("imagenet").names, "ImageNet int8: top-1 20.0 %")
    assert max(image.shape) < 3600
    assert np.unique(image).size > 10

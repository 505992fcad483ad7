"""A difference marks exactly the pixels on which two variants disagree."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.frame import Segmentation
from edge_app.labels import CAMVID, CITYSCAPES, DIGITS, PASCAL_VOC, VOID
from edge_app.overlay.difference import (
    ONLY_FIRST,
    ONLY_SECOND,
    OTHER,
    SAME,
    difference_marks,
    difference_scheme,
    draw_difference,
)
from edge_app.style import VARIANT_COLOURS, bgr, variant_colour
from tests.support.comparisons import noise, segmentation

ROAD, SIDEWALK, PERSON, CAR = 0, 1, 11, 13
SCHEME = difference_scheme(CITYSCAPES, "float32", "int8")
PALETTE = CITYSCAPES.palette_bgr()


def kinds(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mark of each pixel of a canvas over a black image."""
    found = np.zeros(canvas.shape[:2], np.uint8)
    for kind, colour in enumerate(SCHEME.colours, ONLY_FIRST):
        near = np.abs(canvas.astype(int) - np.multiply(bgr(colour), 0.86)).max(axis=2) <= 2
        found[near] = kind
    return found


def test_marks_show_which_variant_has_an_object() -> None:
    """An object in one map only is marked as that variant's, any other difference as neither's."""
    first = np.array([[ROAD, PERSON, ROAD, PERSON, ROAD, VOID]], np.uint8)
    second = np.array([[ROAD, ROAD, CAR, CAR, SIDEWALK, CAR]], np.uint8)
    assert difference_marks(first, second, SCHEME.objects).tolist() == [
        [SAME, ONLY_FIRST, ONLY_SECOND, OTHER, OTHER, ONLY_SECOND]
    ]


def test_maps_of_two_sizes_are_compared_at_the_size_of_the_first() -> None:
    """Variants may have different input sizes."""
    first, second = np.zeros((4, 8), np.uint8), np.zeros((8, 16), np.uint8)
    second[:2] = 1
    assert difference_marks(first, second, SCHEME.objects).sum(axis=1).tolist() == [24, 0, 0, 0]


@pytest.mark.parametrize(
    ("size_wh", "shape_hw"),
    [((640, 320), (16, 32)), ((641, 363), (13, 29)), ((320, 240), (16, 32))],
)
def test_clean_marks_are_exactly_the_pixels_that_differ(
    size_wh: tuple[int, int], shape_hw: tuple[int, int]
) -> None:
    """Each pixel of the network is marked as a whole, and no other pixel of the canvas."""
    first, second = (segmentation(i, logits=False, shape_hw=shape_hw) for i in (1, 2))
    black = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    canvas = draw_difference(black, first, second, PALETTE, SCHEME, rounded=False)
    rows = ((np.arange(size_wh[1]) + 0.5) * shape_hw[0] / size_wh[1]).astype(int)
    columns = ((np.arange(size_wh[0]) + 0.5) * shape_hw[1] / size_wh[0]).astype(int)
    expected = difference_marks(first.class_map, second.class_map, SCHEME.objects)
    found = kinds(canvas)
    assert np.array_equal(found, expected[rows][:, columns])
    differ = first.class_map != second.class_map
    assert np.array_equal(expected > 0, differ)
    assert {ONLY_FIRST, ONLY_SECOND, OTHER} <= set(np.unique(found))


def test_rounded_marks_keep_every_pixel_at_its_centre() -> None:
    """Soft outlines neither lose nor add a pixel of the network."""
    first, second = segmentation(1, logits=True), segmentation(2, logits=True)
    black = np.zeros((720, 1280, 3), np.uint8)
    canvas = draw_difference(black, first, second, PALETTE, SCHEME, rounded=True)
    expected = difference_marks(first.class_map, second.class_map, SCHEME.objects)
    assert np.array_equal(kinds(canvas)[22::45, 20::40], expected)


def test_a_map_finer_than_the_canvas_loses_no_mark() -> None:
    """A single pixel of a large map is still visible on a small canvas."""
    first, second = np.zeros((2, 1024, 2048), np.uint8)
    second[501, 1003] = PERSON
    canvas = draw_difference(
        np.zeros((480, 854, 3), np.uint8),
        Segmentation(first),
        Segmentation(second),
        PALETTE,
        SCHEME,
        rounded=False,
    )
    assert (kinds(canvas) == ONLY_SECOND).any()


@pytest.mark.parametrize("rounded", [False, True])
def test_pixels_without_a_difference_are_dim_and_gray(rounded: bool) -> None:
    """None is brighter than the dimmed, tinted image."""
    same, given = segmentation(1, logits=True), noise(640, 360)
    before = given.copy()
    canvas = draw_difference(given, same, same, PALETTE, SCHEME, rounded=rounded)
    assert not kinds(canvas).any()
    assert canvas.max() <= 0.48 * 255 + 0.22 * 255 + 2
    assert np.array_equal(given, before)


def test_each_variant_has_its_own_colour() -> None:
    """The colours are those of the HUD, also of two that would have the same by their names."""
    assert SCHEME.colours[:2] == (variant_colour("float32"), variant_colour("int8"))
    names = [f"trial-{number}" for number in range(8)]
    for name in names[1:]:
        colours = difference_scheme(CITYSCAPES, names[0], name, names).colours
        assert colours[:2] == (variant_colour(names[0], names), variant_colour(name, names))
        assert len(set(colours)) == 3
    same = difference_scheme(CITYSCAPES, "int8", "int8").colours
    assert same[1] in set(VARIANT_COLOURS.values()) - {same[0]}


def test_objects_are_found_by_name() -> None:
    """Streets and Pascal's photographs have objects in front of surroundings, digits do not."""
    names = {label.train_id: label.name for label in CITYSCAPES.classes}
    objects = {names[int(i)] for i in np.flatnonzero(SCHEME.objects)}
    assert {"pole", "traffic sign", "person", "car", "bicycle"} <= objects
    assert not {"road", "building", "sky", "vegetation"} & objects
    assert difference_scheme(CAMVID, "float32", "int8").objects.any()
    assert (
        difference_scheme(PASCAL_VOC, "float32", "int8").objects[0, :21].tolist() == [0] + [1] * 20
    )
    assert not difference_scheme(DIGITS, "float32", "int8").objects.any()

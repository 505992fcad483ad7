"""Where two variants disagree: marks per pixel, drawn over a dimmed gray image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.labels import SURROUNDINGS, LabelSet
from edge_app.overlay.panel import Size
from edge_app.overlay.resize import nearest, smooth
from edge_app.style import VARIANT_COLOURS, bgr, variant_colour
from edge_app.upsample.preview import grid_size

SAME, ONLY_FIRST, ONLY_SECOND, OTHER = range(4)
OTHER_COLOUR = "#F4F7FA"  # neither a variant nor anything in the dimmed image is white
# Where both agree: shares of the class colour and of the brightness of the image.
_TINT, _DIMMED = 0.22, 0.48
# Where they differ: shares of the colour of the mark and of the brightness of the image.
_MARK, _MARKED = 0.86, 0.14
_EDGE = 96  # of 255; at this threshold the rounded mark of a single pixel keeps its area


@dataclass(frozen=True, slots=True)
class DifferenceScheme:
    """The colours of a difference, and which classes are objects.

    colours: #RRGGBB of objects in the first variant only, in the second only, and of the rest.
    objects: uint8 (1, 256), 1 for each trainId that is an object; all 0 if none is known.
    """

    colours: tuple[str, str, str]
    objects: NDArray[np.uint8]


def difference_scheme(
    labels: LabelSet, first: str, second: str, among: Sequence[str] = ()
) -> DifferenceScheme:
    """Return the colours for two variants by name, and the objects of a label set.

    among: as `variant_colour` takes it.

    A label set without classes of the surroundings has no objects.
    """
    objects = np.zeros((1, 256), np.uint8)
    if SURROUNDINGS & set(labels.names):
        for label in labels.classes:
            objects[0, label.train_id] = label.name.partition("-")[0] not in SURROUNDINGS
    among = (*among, first)
    one, other = variant_colour(first, among), variant_colour(second, among)
    if one == other:
        other = next(colour for colour in VARIANT_COLOURS.values() if colour != one)
    return DifferenceScheme((one, other, OTHER_COLOUR), objects)


def difference_marks(
    first: ClassMap, second: ClassMap, objects: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return how two class maps differ at each pixel: uint8 (h, w) of the constants above.

    ONLY_FIRST: only the first has an object; OTHER: both or neither has one.
    first, second: uint8 (h, w) trainIds. objects: uint8 (1, 256), 1 for an object.
    """
    if second.shape != first.shape:
        second = nearest(second, (first.shape[1], first.shape[0]))
    # One lookup gives 1 and the other 2, so that the sum shows which map has the object.
    sides = cv2.add(cv2.LUT(first, objects), cv2.LUT(second, objects * 2))
    kind = np.full((1, 256), OTHER, np.uint8)
    kind[0, 1], kind[0, 2] = ONLY_FIRST, ONLY_SECOND
    differ = cv2.compare(first, second, cv2.CMP_NE)
    return np.asarray(cv2.bitwise_and(cv2.LUT(sides, kind), differ), np.uint8)


def draw_difference(
    image: Image,
    first: Segmentation,
    second: Segmentation,
    palette: Image,
    scheme: DifferenceScheme,
    *,
    rounded: bool,
) -> Image:
    """Return a new canvas: a dim gray image, faintly tinted, with bright differences.

    image: uint8 (H, W, 3) BGR, not changed.
    palette: uint8 (256, 1, 3) BGR, of the classes.
    rounded: whether marks have soft outlines, instead of those of the pixels of the network.
    """
    size_wh = (image.shape[1], image.shape[0])
    marks = difference_marks(first.class_map, second.class_map, scheme.objects)
    tint = np.asarray(cv2.applyColorMap(first.class_map, palette), np.uint8)
    if marks.size > size_wh[0] * size_wh[1]:
        marks, tint = _shrink_marks(marks, size_wh), nearest(tint, size_wh)
    grid_wh = grid_size(size_wh)
    rounded = rounded and marks.shape[0] < grid_wh[1] and marks.shape[1] < grid_wh[0]
    if rounded:
        marks, tint = _round_marks(marks, grid_wh), smooth(tint, grid_wh)
    strong = np.zeros((256, 1, 3), np.uint8)
    for kind, colour in enumerate(scheme.colours, ONLY_FIRST):
        strong[kind, 0] = np.rint(np.multiply(bgr(colour), _MARK))
    colours = cv2.convertScaleAbs(tint, alpha=_TINT)
    cv2.copyTo(cv2.applyColorMap(marks, strong), marks, colours)
    keeps = np.full((1, 256), round(255 * _MARKED), np.uint8)
    keeps[0, SAME] = round(255 * _DIMMED)
    keep = np.asarray(cv2.LUT(marks, keeps), np.uint8)
    enlarge = smooth if rounded else nearest
    # One channel as long as possible: dimming a gray image costs a third.
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    gray = cv2.multiply(gray, enlarge(keep, size_wh), scale=1 / 255)
    canvas = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.add(canvas, enlarge(np.asarray(colours, np.uint8), size_wh)), np.uint8)


def _round_marks(marks: NDArray[np.uint8], grid_wh: Size) -> NDArray[np.uint8]:
    """Enlarge marks to a grid linearly, so that they keep their centres and lose their corners."""
    best = np.zeros(grid_wh[::-1], np.uint8)
    for kind in (ONLY_FIRST, ONLY_SECOND, OTHER):
        mask = cv2.inRange(marks, kind, kind)
        if cv2.countNonZero(mask) == 0:
            continue
        grown = cv2.resize(mask, grid_wh, interpolation=cv2.INTER_LINEAR)
        # The kind is packed into the low bits, so that one maximum finds value and kind.
        np.bitwise_and(grown, np.uint8(0xFC), out=grown)
        np.bitwise_or(grown, np.uint8(kind), out=grown)
        np.maximum(best, grown, out=best)
    kinds = np.bitwise_and(best, np.uint8(3))
    solid = cv2.threshold(best, _EDGE, 255, cv2.THRESH_BINARY)[1]
    return np.asarray(cv2.bitwise_and(kinds, solid), np.uint8)


def _shrink_marks(marks: NDArray[np.uint8], size_wh: Size) -> NDArray[np.uint8]:
    """Shrink marks to a smaller canvas without losing any that are one pixel thin."""
    columns, rows = -(-marks.shape[1] // size_wh[0]), -(-marks.shape[0] // size_wh[1])
    return nearest(np.asarray(cv2.dilate(marks, np.ones((rows, columns))), np.uint8), size_wh)

"""Show where two variants disagree about a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.labels import LabelSet
from edge_app.overlay.resize import nearest, smooth
from edge_app.style import VARIANT_COLOURS, bgr, variant_colour
from edge_app.upsample.preview import grid_size

ALIKE, FIRST_ALONE, SECOND_ALONE, OTHERWISE = range(4)
OTHERWISE_COLOUR = "#F4F7FA"  # no variant is white, and nothing in the dimmed picture is
# What objects stand on and before, by the names of the label sets here. The rest are objects.
_GROUND = {
    "background", "road", "sidewalk", "pavement", "building", "wall", "fence", "vegetation",
    "tree", "terrain", "sky",
}  # fmt: skip
_TINT = 0.22  # share of the class colour where both agree
_DIMMED = 0.48  # and of the picture's brightness
_MARK = 0.86  # share of the mark's colour where they do not
_MARKED = 0.14
_EDGE = 96  # of 255; a single pixel keeps its area when its rounded mark begins here


@dataclass(frozen=True, slots=True)
class Scheme:
    """Hold the colours of a comparison, and which classes are objects.

    colours: #RRGGBB of the first variant, of the second, and of what neither explains.
    objects: uint8 (1, 256), 1 where a trainId is an object, as against its surroundings.
    """

    colours: tuple[str, str, str]
    objects: NDArray[np.uint8]

    @property
    def knows_objects(self) -> bool:
        """Whether the label set tells objects from surroundings at all."""
        return bool(self.objects.any())


def scheme(labels: LabelSet, first: str, second: str) -> Scheme:
    """Choose the colours for two variants by name, and find the objects of a label set.

    A set without any class of the surroundings has no objects either: nothing stands out.
    """
    objects = np.zeros((1, 256), np.uint8)
    if _GROUND & set(labels.names):
        for label in labels.classes:
            objects[0, label.train_id] = label.name not in _GROUND
    one, other = variant_colour(first), variant_colour(second)
    if one == other:
        other = next(colour for colour in VARIANT_COLOURS.values() if colour != one)
    return Scheme((one, other, OTHERWISE_COLOUR), objects)


def marks(first: ClassMap, second: ClassMap, objects: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Say of each pixel how two class maps differ there: uint8 (h, w).

    ALIKE, FIRST_ALONE where only the first has an object, SECOND_ALONE likewise, OTHERWISE.
    objects: uint8 (1, 256), 1 for an object.
    """
    if second.shape != first.shape:
        second = nearest(second, (first.shape[1], first.shape[0]))
    # Where one lookup gives 1 and the other 2, adding them tells who has the object.
    sides = cv2.add(cv2.LUT(first, objects), cv2.LUT(second, objects * 2))
    kind = np.full((1, 256), OTHERWISE, np.uint8)
    kind[0, 1], kind[0, 2] = FIRST_ALONE, SECOND_ALONE
    differ = cv2.compare(first, second, cv2.CMP_NE)
    return np.asarray(cv2.bitwise_and(cv2.LUT(sides, kind), differ), np.uint8)


def draw_difference(
    picture: Image,
    first: Segmentation,
    second: Segmentation,
    palette: Image,
    chosen: Scheme,
    *,
    rounded: bool,
) -> Image:
    """Return a new canvas: a dim gray picture, faintly tinted, with the differences bright.

    picture: uint8 (H, W, 3) BGR, left as it is.
    palette: uint8 (256, 1, 3) BGR, of the classes.
    rounded: whether marks are drawn with soft outlines instead of as the network's pixels.
    """
    size_wh = (picture.shape[1], picture.shape[0])
    found = marks(first.class_map, second.class_map, chosen.objects)
    tint = np.asarray(cv2.applyColorMap(first.class_map, palette), np.uint8)
    if found.size > size_wh[0] * size_wh[1]:
        found, tint = _most_marked(found, size_wh), nearest(tint, size_wh)
    grid_wh = grid_size(size_wh)
    rounded = rounded and found.shape[0] < grid_wh[1] and found.shape[1] < grid_wh[0]
    if rounded:
        found, tint = _round(found, grid_wh), smooth(tint, grid_wh)
    strong = np.zeros((256, 1, 3), np.uint8)
    for kind, colour in enumerate(chosen.colours, FIRST_ALONE):
        strong[kind, 0] = np.rint(np.multiply(bgr(colour), _MARK))
    colours = cv2.convertScaleAbs(tint, alpha=_TINT)
    cv2.copyTo(cv2.applyColorMap(found, strong), found, colours)
    keeps = np.full((1, 256), round(255 * _MARKED), np.uint8)
    keeps[0, ALIKE] = round(255 * _DIMMED)
    keep = np.asarray(cv2.LUT(found, keeps), np.uint8)
    enlarge = smooth if rounded else nearest
    # One channel as long as possible: gray pictures are dimmed at a third of the cost.
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    gray = cv2.multiply(gray, enlarge(keep, size_wh), scale=1 / 255)
    canvas = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.add(canvas, enlarge(np.asarray(colours, np.uint8), size_wh)), np.uint8)


def _round(found: NDArray[np.uint8], grid_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Enlarge marks linearly to a grid, so that they keep their centres and lose their corners."""
    best = np.zeros(grid_wh[::-1], np.uint8)
    for kind in (FIRST_ALONE, SECOND_ALONE, OTHERWISE):
        alone = cv2.inRange(found, kind, kind)
        if cv2.countNonZero(alone) == 0:
            continue
        grown = cv2.resize(alone, grid_wh, interpolation=cv2.INTER_LINEAR)
        # The kind stands in the value's low bits, so that one maximum finds both.
        np.bitwise_and(grown, np.uint8(0xFC), out=grown)
        np.bitwise_or(grown, np.uint8(kind), out=grown)
        np.maximum(best, grown, out=best)
    kinds = np.bitwise_and(best, np.uint8(3))
    solid = cv2.threshold(best, _EDGE, 255, cv2.THRESH_BINARY)[1]
    return np.asarray(cv2.bitwise_and(kinds, solid), np.uint8)


def _most_marked(found: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Shrink marks to a canvas with fewer pixels, losing none that are one pixel thin."""
    columns, rows = -(-found.shape[1] // size_wh[0]), -(-found.shape[0] // size_wh[1])
    return nearest(np.asarray(cv2.dilate(found, np.ones((rows, columns))), np.uint8), size_wh)

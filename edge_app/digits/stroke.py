"""Which strokes may be a digit, among all dark or light things in an image.

Ink is how much darker (or, on dark paper, lighter) a pixel is than its surroundings. The background
of strokes is calm if it has little ink, few edges and even brightness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.digits.normalise import Ink

# Lengths and widths are shares of a digit's longer side, areas of that squared. Of the digits on
# synthetic pages, in photographs and in a labelled camera stream 95 % are well within each limit.
WIDEST = 1.6  # of the height
_STROKE_MOST = 0.33
_BLOB_MOST = 0.45
_LENGTHS = (0.75, 5.0)
_HOLE_LEAST = 0.002  # smaller ones are gaps in the ink
_HOLES_MOST = 2
_UNEVEN = (2.2, 3.2)  # widths of 90 % and of all of a stroke, relative to its usual width
_APART = 0.12  # a separate part, as the bar of a 5, is not farther away
_PART_LEAST = 0.02
_AROUND = 0.3
_AROUND_BAR = 0.8
# Shares of the digit's own ink.
_PATCHY = 0.26  # how far a fifth of the ink may be from its usual strength
_CLEAN = 0.5  # anything as strong in the background is ink as well
_SHARP = 0.7  # difference between the ink and what is beside it
_EDGE = 0.25  # a difference as large within three pixels is an edge
_DRAWN_LEAST = 20  # levels of brightness between ink and background
# Limits of a calm background: share of ink, share of edges, and spread of brightness relative to
# the contrast of the ink.
_CALM = (0.25, 0.1, 1.6)
_CALM_BAR = (0.01, 0.02, 0.6)
_TILTS_DEG = (30, 52)  # of a 1 on its own, and of one beside other digits


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of ink of an image, dark or light, at one scale.

    gray: uint8 (h, w), brightness.
    ink, other_ink: uint8 (h, w), of this kind and of the other.
    """

    gray: Ink
    ink: Ink
    other_ink: Ink


@dataclass(frozen=True, slots=True)
class Pieces:
    """The connected pieces of a layer.

    labels: int32 (h, w), the piece of each pixel from 1; 0 is the background.
    stats: int32 (n + 1, 5), x, y, width, height and area of each, the background first.
    """

    labels: NDArray[np.int32]
    stats: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes that may be a digit.

    box_xywh: in pixels of their scale.
    ink: uint8 (h, w), their own ink only, 255 at its strongest.
    stroke_px: usual width of the strokes.
    needs_company: a bar that may be a pole, a marking or a crease instead of a 1, so that it
        counts only beside another digit.
    """

    box_xywh: tuple[int, int, int, int]
    ink: Ink
    stroke_px: float
    needs_company: bool


def strokes_of(layer: Layer, pieces: Pieces, number: int) -> Strokes | None:
    """Return a piece with its separate parts if it may be a digit, else None."""
    numbers = [number, *_parts(pieces.stats, number)]
    boxes = pieces.stats[numbers, :4]
    left, top = (int(side) for side in boxes[:, :2].min(axis=0))
    right, bottom = (int(side) for side in (boxes[:, :2] + boxes[:, 2:]).max(axis=0))
    width, height = right - left, bottom - top
    if width > WIDEST * height:
        return None
    box = (left, top, right, bottom)
    rows, columns = _widened(box, _AROUND * height)
    own = _mask(pieces.labels[rows, columns], numbers)
    size = max(width, height)
    stroke_px = _stroke_px(own, layer.ink[rows, columns], size)
    if stroke_px is None or not _is_calm(layer, pieces, numbers, box, _AROUND * height, _CALM):
        return None
    tilt_deg = _tilt_deg(own, stroke_px)
    if tilt_deg is not None and tilt_deg > _TILTS_DEG[1]:
        return None
    needs_company = tilt_deg is not None and (
        tilt_deg > _TILTS_DEG[0]
        or not _is_calm(layer, pieces, numbers, box, _AROUND_BAR * height, _CALM_BAR)
    )
    ink = layer.ink[rows, columns]
    # One more pixel on all sides contains the grey edge of the strokes.
    reach = cv2.dilate(own, np.ones((3, 3), np.uint8))
    scaled = np.minimum(ink.astype(np.float32) * (255 / ranked(ink[own > 0], 0.5)[0]), 255) * reach
    return Strokes((left, top, width, height), scaled.astype(np.uint8), stroke_px, needs_company)


def ranked(values: NDArray[Any], *shares: float) -> list[float]:
    """Return the values at these shares of the sorted values, without interpolation.

    On the few hundred pixels of a digit this takes a fifth of the time of np.percentile.
    """
    places = [round(share * (values.size - 1)) for share in shares]
    parted = np.partition(values, places)
    return [float(parted[place]) for place in places]


def _widened(box: tuple[int, int, int, int], by_px: float) -> tuple[slice, slice]:
    """Return the rows and columns of a box with a margin."""
    pad = max(3, round(by_px))
    left, top, right, bottom = box
    return slice(max(0, top - pad), bottom + pad), slice(max(0, left - pad), right + pad)


def _mask(labels: NDArray[np.int32], numbers: Sequence[int]) -> Ink:
    """Return a mask of the pieces with these numbers: uint8 (h, w), 0 or 1."""
    own = labels == numbers[0]
    for number in numbers[1:]:
        own |= labels == number
    return np.asarray(own, np.uint8)


def _parts(stats: NDArray[np.int32], number: int) -> list[int]:
    """Return the pieces beside one that are too small for a digit and close enough to belong."""
    x, y, w, h, area = (int(value) for value in stats[number])
    near = _APART * h
    apart_x = np.maximum(stats[:, 0] - (x + w), x - (stats[:, 0] + stats[:, 2]))
    apart_y = np.maximum(stats[:, 1] - (y + h), y - (stats[:, 1] + stats[:, 3]))
    small = (stats[:, 3] < 0.5 * h) & (stats[:, 2] < h) & (stats[:, 4] < area)
    small &= (stats[:, 4] > _PART_LEAST * h * h) & (stats[:, :2] > 1).all(axis=1)
    found = small & (apart_x <= near) & (apart_y <= near)
    found[[0, number]] = False
    return [int(i) for i in np.flatnonzero(found)]


def _stroke_px(own: Ink, ink: Ink, size: int) -> float | None:
    """Return the usual width of the strokes; None if they are not those of a digit.

    own: uint8 (h, w), 1 for ink, with background on all sides.
    """
    depth = cv2.distanceTransform(own, cv2.DIST_L2, 3)
    ridge = (own > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 0.01)
    # The background begins half a pixel from the last pixel with ink. The mean depth of a bar is a
    # quarter of its width; unlike the usual depth along the ridge, rough edges do not change it.
    most, thickest = (2 * value - 1 for value in ranked(depth[ridge], 0.9, 1.0))
    stroke_px = max(1.0, 4 * float(depth[own > 0].mean()) - 2.5)
    if stroke_px > _STROKE_MOST * size or thickest > max(3.0, _BLOB_MOST * size):
        return None
    # Pixels are too coarse to compare the widths of thin strokes.
    if most > _UNEVEN[0] * max(stroke_px, 3) or thickest > _UNEVEN[1] * max(stroke_px, 3):
        return None
    length = float(np.count_nonzero(own)) / stroke_px / size
    if not _LENGTHS[0] <= length <= _LENGTHS[1]:
        return None
    along = ink[ridge & (depth >= 0.35 * (stroke_px + 1))].astype(np.float32)
    typical = ranked(along, 0.5)[0]
    if ranked(np.abs(along - typical), 0.8)[0] > _PATCHY * typical:
        return None
    contours, hierarchy = cv2.findContours(own, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    holes = [
        contour
        for contour, links in zip(contours, hierarchy[0], strict=True)
        if links[3] >= 0 and cv2.contourArea(contour) > _HOLE_LEAST * size * size
    ]
    return stroke_px if len(holes) <= _HOLES_MOST else None


def _tilt_deg(own: Ink, stroke_px: float) -> float | None:
    """Return how many degrees a straight bar leans from upright; None for other strokes."""
    moments = cv2.moments(own, binaryImage=True)
    mass = moments["m00"]
    xx, yy, xy = moments["mu20"] / mass, moments["mu02"] / mass, moments["mu11"] / mass
    spread = math.hypot(xx - yy, 2 * xy)
    # Across its width w a bar has the variance w squared / 12.
    across_px = math.sqrt(12 * max(0.0, (xx + yy - spread) / 2))
    if across_px > 1.5 * stroke_px + 1:
        return None
    return abs(90 - abs(math.degrees(0.5 * math.atan2(2 * xy, xx - yy))))


def _is_calm(
    layer: Layer,
    pieces: Pieces,
    numbers: Sequence[int],
    box: tuple[int, int, int, int],
    by_px: float,
    limits: tuple[float, float, float],
) -> bool:
    """Return whether the background of strokes is calm; limits: as `_CALM`."""
    rows, columns = _widened(box, by_px)
    layers = (layer.gray, layer.ink, layer.other_ink)
    gray, ink, other_ink = (values[rows, columns] for values in layers)
    own = _mask(pieces.labels[rows, columns], numbers)
    clean = _CLEAN * ranked(ink[own > 0], 0.5)[0]
    reach = cv2.dilate(own, np.ones((5, 5), np.uint8))
    edge = cv2.dilate(reach, np.ones((3, 3), np.uint8)) > reach
    if ranked(ink[edge], 0.9)[0] > clean:
        return False
    around = reach == 0
    left, top, right, bottom = box
    inside_rows = slice(top - rows.start, bottom - rows.start)
    around[inside_rows, left - columns.start : right - columns.start] = False
    ground = around & (ink < 0.8 * clean)
    if np.count_nonzero(ground) < 16:
        return False
    if max(np.mean(ink[around] > clean), np.mean(other_ink[ground] > clean)) > limits[0]:
        return False
    low, usual, high = ranked(gray[ground], 0.05, 0.5, 0.95)
    written = ranked(gray[own > 0], 0.5)[0]
    drawn = abs(usual - written)
    if drawn < _DRAWN_LEAST or high - low > limits[2] * drawn:
        return False
    # Only a part of a broad dark thing is ink, and what is beside that part is about as dark.
    beside = np.abs(gray[edge].astype(np.float32) - written)
    if ranked(beside, 0.5)[0] < _SHARP * drawn or ranked(beside, 0.08)[0] < _CLEAN * drawn:
        return False
    # The edge of a shadow is one line in the background; a busy background has edges everywhere.
    steps = cv2.morphologyEx(gray, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return bool(np.mean(steps[ground] > max(_EDGE * drawn, 8)) <= limits[1])

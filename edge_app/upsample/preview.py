"""Find the smooth edges between classes, on a grid finer than the network's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Segmentation

# Smooth edges are found on a grid of half the display's rows, within these bounds: 360 rows
# cost about 0.15 ms per class on a laptop, and past 540 nobody sees a difference.
_GRID_ROWS = (360, 540)
_LOW_BITS = 5  # of the 16 bits of a logit, given up to carry which class it belongs to
_MOST_CLASSES = 1 << _LOW_BITS


def smooth_classes(found: Segmentation, size_wh: tuple[int, int]) -> ClassMap | None:
    """Take the best class after upsampling the logits bilinearly: uint8 (h, w) trainIds.

    A class takes part from a node before to a node behind the rectangle in which it wins at
    network resolution, and pixel centres are aligned as `cv2.resize` does. Returns None where
    that makes nothing finer: no logits, a class map already as fine as the grid, or logits
    that are not finite.
    """
    grid_wh = grid_size(size_wh)
    logits = found.logits
    if logits is None or logits.shape[0] >= grid_wh[1] or logits.shape[1] >= grid_wh[0]:
        return None
    in_view, all_seen = _classes_in_view(found.class_map, logits.shape[2])
    if len(in_view) < 2:
        return np.full(grid_wh[::-1], in_view[0], np.uint8) if in_view else None
    planes = _ordered_planes(logits, in_view)
    if planes is None:
        return None
    best = np.zeros(grid_wh[::-1], np.uint16)
    room = np.empty(best.size, np.uint16)
    high = np.uint16(0xFFFF ^ (_MOST_CLASSES - 1))
    boxes = [(0, logits.shape[0], 0, logits.shape[1])] * len(in_view)
    if all_seen:  # else a pixel may lie between nodes of which none is of a class in view
        boxes = _boxes(found.class_map, in_view)
    for place, (plane, box) in enumerate(zip(planes, boxes, strict=True)):
        rows = _Span.around(box[0], box[1], plane.shape[0], best.shape[0])
        columns = _Span.around(box[2], box[3], plane.shape[1], best.shape[1])
        flat = room[: rows.grown * columns.grown]
        grown = flat.reshape(rows.grown, columns.grown)
        # One maximum finds value and class: the class's place stands in the value's low bits.
        cv2.resize(
            plane[rows.nodes, columns.nodes],
            (columns.grown, rows.grown),
            dst=grown,
            interpolation=cv2.INTER_LINEAR,
        )
        np.bitwise_and(flat, high, out=flat)
        np.bitwise_or(flat, np.uint16(place), out=flat)
        reached = best[rows.pixels, columns.pixels]
        cv2.max(reached, grown[rows.inner, columns.inner], dst=reached)
    table = np.zeros((1, 256), np.uint8)
    table[0, : len(in_view)] = in_view
    places = np.bitwise_and(best, np.uint16(_MOST_CLASSES - 1)).astype(np.uint8)
    return np.asarray(cv2.LUT(places, table), np.uint8)


def grid_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the grid for smooth edges, for a display of a size."""
    width, height = size_wh
    rows = min(height, max(_GRID_ROWS[0], min(_GRID_ROWS[1], height // 2)))
    return max(1, round(width * rows / height)), rows


@dataclass(frozen=True, slots=True)
class _Span:
    """Hold a part of one axis that can be upsampled by itself, as if all of it were.

    nodes: the part, which begins and ends where a node's edge falls on a pixel's.
    grown: how many pixels the part becomes. inner: those of them that are wanted.
    pixels: where the wanted ones lie on the grid.
    """

    nodes: slice
    grown: int
    inner: slice
    pixels: slice

    @classmethod
    def around(cls, first: int, last: int, nodes: int, pixels: int) -> _Span:
        """Return the span of nodes first to last - 1, and up to the centres of the next ones."""
        common = math.gcd(nodes, pixels)
        node_step, pixel_step = nodes // common, pixels // common
        begin = max(first - 1, 0) // node_step
        end = min(-(-(last + 1) // node_step), common)
        # Pixel x lies at node (x + 0.5) nodes / pixels - 0.5.
        low = max(math.ceil((first - 0.5) * pixels / nodes - 0.5), 0)
        high = min(math.floor((last + 0.5) * pixels / nodes - 0.5) + 1, pixels)
        start = begin * pixel_step
        return cls(
            slice(begin * node_step, end * node_step),
            (end - begin) * pixel_step,
            slice(low - start, high - start),
            slice(low, high),
        )


def _boxes(class_map: ClassMap, classes: list[int]) -> list[tuple[int, int, int, int]]:
    """Return the rectangle that each class fills: first and last + 1 of rows, and of columns.

    All at once by a bit per class: OpenCV's own rectangles cost four times as much.
    """
    bits = np.zeros((1, 256), np.int32)
    bits[0, classes] = np.left_shift(1, np.arange(len(classes))).astype(np.int32)
    marked = np.asarray(cv2.LUT(class_map, bits))
    ends = []
    for axis in (1, 0):
        held = np.bitwise_or.reduce(marked, axis=axis)
        present = held[None] >> np.arange(len(classes), dtype=np.int32)[:, None] & 1
        ends.append(present.argmax(axis=1))
        ends.append(present.shape[1] - present[:, ::-1].argmax(axis=1))
    return list(zip(*(end.tolist() for end in ends), strict=True))


def _classes_in_view(class_map: ClassMap, channels: int) -> tuple[list[int], bool]:
    """Return the classes that win somewhere, and whether the map holds no others.

    Those of most pixels where they are too many.

    The lowest comes last, where it wins ties as it does in an argmax: int8 has many of them.
    """
    counts = cv2.calcHist([class_map], [0], None, [256], [0, 256]).ravel()[:channels]
    order = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    in_view = sorted((int(i) for i in order if counts[i] > 0), reverse=True)
    return in_view, int(counts[in_view].sum()) == class_map.size


def _ordered_planes(logits: NDArray[Any], classes: list[int]) -> NDArray[np.uint16] | None:
    """Return a uint16 (h, w) plane per class, in the order of their logits' values."""
    height, width, channels = logits.shape
    flat = np.ascontiguousarray(logits).reshape(height * width, channels)
    planes = np.asarray(cv2.transpose(flat))[classes].reshape(-1, height, width)
    if logits.dtype == np.uint8:
        return planes.astype(np.uint16) << np.uint16(8)
    if logits.dtype == np.int8:  # flipping the sign bit maps -128..127 to 0..255 in order
        return (planes.view(np.uint8) ^ np.uint8(0x80)).astype(np.uint16) << np.uint16(8)
    low = float(planes.min())
    spread = float(planes.max()) - low
    if not np.isfinite(spread) or spread <= 0:
        return None
    factor = np.float32(65534 / spread)  # one less than fits, for what float32 rounds up
    return ((planes.astype(np.float32) - np.float32(low)) * factor).astype(np.uint16)

"""Approximate argmax of upsampled logits, quick enough for every frame of the live view."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Segmentation

# The grid has half the display's rows, within these bounds: 360 rows cost about 0.15 ms per class
# on a laptop, and above 540 no difference is visible.
_GRID_ROWS = (360, 540)
_CLASS_BITS = 5  # of the 16 bits per logit; they carry the class instead
_MAX_CLASSES = 1 << _CLASS_BITS


def smooth_classes(result: Segmentation, size_wh: tuple[int, int]) -> ClassMap | None:
    """Return the argmax of logits upsampled linearly to `grid_size(size_wh)`: uint8 (h, w).

    Only classes that win somewhere at network resolution take part, each from one node before
    to one node after the rectangle in which it wins. Returns None if there is nothing to gain:
    no logits, a class map as fine as the grid, or logits that are not finite.
    """
    grid_wh = grid_size(size_wh)
    logits = result.logits
    if logits is None or logits.shape[0] >= grid_wh[1] or logits.shape[1] >= grid_wh[0]:
        return None
    present, all_present = _classes_present(result.class_map, logits.shape[2])
    if len(present) < 2:
        return np.full(grid_wh[::-1], present[0], np.uint8) if present else None
    planes = _ordered_planes(logits, present)
    if planes is None:
        return None
    best = np.zeros(grid_wh[::-1], np.uint16)
    buffer = np.empty(best.size, np.uint16)
    high = np.uint16(0xFFFF ^ (_MAX_CLASSES - 1))
    boxes = [(0, logits.shape[0], 0, logits.shape[1])] * len(present)
    if all_present:  # else a pixel may lie between nodes whose classes are all left out
        boxes = _boxes(result.class_map, present)
    for index, (plane, box) in enumerate(zip(planes, boxes, strict=True)):
        rows = _Span.around(box[0], box[1], plane.shape[0], best.shape[0])
        columns = _Span.around(box[2], box[3], plane.shape[1], best.shape[1])
        flat = buffer[: rows.length * columns.length]
        upsampled = flat.reshape(rows.length, columns.length)
        part, size_wh = plane[rows.nodes, columns.nodes], (columns.length, rows.length)
        cv2.resize(part, size_wh, dst=upsampled, interpolation=cv2.INTER_LINEAR)
        # The low bits hold the index of the class, so one maximum gives both value and class.
        np.bitwise_and(flat, high, out=flat)
        np.bitwise_or(flat, np.uint16(index), out=flat)
        target = best[rows.pixels, columns.pixels]
        cv2.max(target, upsampled[rows.inner, columns.inner], dst=target)
    table = np.zeros((1, 256), np.uint8)
    table[0, : len(present)] = present
    indices = np.bitwise_and(best, np.uint16(_MAX_CLASSES - 1)).astype(np.uint8)
    return np.asarray(cv2.LUT(indices, table), np.uint8)


def grid_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of the grid for a display size."""
    width, height = size_wh
    rows = min(height, max(_GRID_ROWS[0], min(_GRID_ROWS[1], height // 2)))
    return max(1, round(width * rows / height)), rows


@dataclass(frozen=True, slots=True)
class _Span:
    """Part of one axis that can be upsampled alone with the same result as the whole axis.

    nodes: the part; it begins and ends where the edges of a node and of a pixel coincide.
    length: how many pixels it becomes. inner: the pixels that are needed, within the part.
    pixels: the same pixels on the whole grid.
    """

    nodes: slice
    length: int
    inner: slice
    pixels: slice

    @classmethod
    def around(cls, first: int, last: int, nodes: int, pixels: int) -> _Span:
        """Return the part for nodes first to last - 1 and half-way into the ones beside them."""
        common = math.gcd(nodes, pixels)
        node_step, pixel_step = nodes // common, pixels // common
        begin = max(first - 1, 0) // node_step
        end = min(-(-(last + 1) // node_step), common)
        # Centres of nodes, as `cv2.resize` aligns them with the centres of pixels.
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
    """Return each class's rectangle: first and last + 1 of its rows, then of its columns.

    A bit per class finds all at once; `cv2.boundingRect` per class takes four times as long.
    """
    bits = np.zeros((1, 256), np.int32)
    bits[0, classes] = np.left_shift(1, np.arange(len(classes))).astype(np.int32)
    marked = np.asarray(cv2.LUT(class_map, bits))
    ends: list[NDArray[np.intp]] = []
    for axis in (1, 0):
        bits_on_line = np.bitwise_or.reduce(marked, axis=axis)
        present = bits_on_line[None] >> np.arange(len(classes), dtype=np.int32)[:, None] & 1
        ends += present.argmax(axis=1), present.shape[1] - present[:, ::-1].argmax(axis=1)
    return list(zip(*(end.tolist() for end in ends), strict=True))


def _classes_present(class_map: ClassMap, channels: int) -> tuple[list[int], bool]:
    """Return the classes in the map, highest first, and whether these are all of them.

    If there are too many, the rarest are left out. The lowest class comes last, so that it wins
    ties as in an argmax; int8 logits often tie.
    """
    counts = cv2.calcHist([class_map], [0], None, [256], [0, 256]).ravel()[:channels]
    order = np.argsort(-counts, kind="stable")[:_MAX_CLASSES]
    present = sorted((int(i) for i in order if counts[i] > 0), reverse=True)
    return present, int(counts[present].sum()) == class_map.size


def _ordered_planes(logits: NDArray[Any], classes: list[int]) -> NDArray[np.uint16] | None:
    """Return a uint16 (h, w) plane per class, ordered as the logits are; None if not finite."""
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
    factor = np.float32(65534 / spread)  # one below the largest, since float32 may round up
    return ((planes.astype(np.float32) - np.float32(low)) * factor).astype(np.uint16)

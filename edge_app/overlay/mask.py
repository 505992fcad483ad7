"""Paint a class map over a picture, with clean or with smooth edges."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.overlay.resize import nearest, smooth

EDGES = ("auto", "smooth", "clean")
# Smooth edges are found on a grid of half the display's rows, within these bounds: 360 rows
# cost about 0.15 ms per class on a laptop, and past 540 nobody sees a difference.
_GRID_ROWS = (360, 540)
_LOW_BITS = 5  # of the 16 bits of a logit, given up to carry which class it belongs to
_MOST_CLASSES = 1 << _LOW_BITS


class Painter:
    """Blend class colours into pictures; holds the palette, and a buffer as large as a canvas.

    palette: uint8 (256, 1, 3) BGR; a class that is black in it stands for nothing and leaves
        the picture clear, as does void.
    edges: one of `EDGES`.
    used: the edges of the last picture, "smooth" or "clean"; None before the first.
    """

    def __init__(self, palette: Image, edges: str = "auto") -> None:
        self.used: str | None = None
        self._palette = palette
        self._edges = edges
        black = ~palette.reshape(256, 3).any(axis=1)
        self._clear = np.where(black, 255, 0).astype(np.uint8)[None]
        self._first_clear = int(np.argmax(black))
        self._colours = np.empty((0, 0, 3), np.uint8)

    def paint(self, picture: Image, found: Segmentation, alpha: float) -> Image:
        """Return a new canvas: (1 - alpha) picture + alpha colour, uint8 (H, W, 3) BGR.

        picture: uint8 (H, W, 3) BGR, left as it is.
        """
        canvas = np.empty_like(picture)
        self.paint_on(canvas, found, picture, alpha)
        return canvas

    def paint_on(
        self,
        canvas: Image,
        found: Segmentation,
        picture: Image | None,
        alpha: float,
        columns: slice = slice(None),
    ) -> None:
        """Paint some columns of a canvas as `paint` would, or in class colours alone.

        canvas: uint8 (H, W, 3) BGR, written to.
        picture: of the canvas's shape; None for the colours alone, black where there is none.
        """
        if picture is not None and alpha <= 0:
            canvas[:, columns] = picture[:, columns]
            return
        if self._colours.shape != canvas.shape:
            # Kept from frame to frame: past 4 MB, getting memory costs more than filling it.
            self._colours = np.empty(canvas.shape, np.uint8)
        size_wh = (canvas.shape[1], canvas.shape[0])
        fine = smooth_classes(found, size_wh) if self._edges != "clean" else None
        self.used = "clean" if fine is None else "smooth"
        classes = found.class_map if fine is None else fine
        if classes.size > size_wh[0] * size_wh[1]:
            classes = nearest(classes, size_wh)
        colours = np.asarray(cv2.applyColorMap(classes, self._palette), np.uint8)
        if fine is None:
            nearest(colours, size_wh, self._colours)
        else:  # linearly, which softens the steps of the grid and nothing else
            smooth(colours, size_wh, self._colours)
        part, colour = canvas[:, columns], self._colours[:, columns]
        if picture is None:
            part[...] = colour
            return
        below = picture[:, columns]
        if below.size == 0:
            return
        cv2.addWeighted(below, 1 - alpha, colour, alpha, 0, dst=part)
        if found.class_map.max() >= self._first_clear:  # the quickest way to know there is none
            clear = np.asarray(cv2.LUT(classes, self._clear), np.uint8)
            clear = nearest(clear, size_wh)[:, columns]
            cv2.copyTo(below, np.ascontiguousarray(clear), part)


def smooth_classes(found: Segmentation, size_wh: tuple[int, int]) -> ClassMap | None:
    """Take the best class after upsampling the logits bilinearly: uint8 (h, w) trainIds.

    Only classes that win somewhere at network resolution take part, and pixel centres are
    aligned as `cv2.resize` does. Returns None where that makes nothing finer: no logits, a
    class map already as fine as the grid, or logits that are not finite.
    """
    grid_wh = grid_size(size_wh)
    logits = found.logits
    if logits is None or logits.shape[0] >= grid_wh[1] or logits.shape[1] >= grid_wh[0]:
        return None
    in_view = _classes_in_view(found.class_map, logits.shape[2])
    if len(in_view) < 2:
        return np.full(grid_wh[::-1], in_view[0], np.uint8) if in_view else None
    planes = _ordered_planes(logits, in_view)
    if planes is None:
        return None
    best, grown = np.zeros((2, *grid_wh[::-1]), np.uint16)
    high = np.uint16(0xFFFF ^ (_MOST_CLASSES - 1))
    for place, plane in enumerate(planes):
        # One maximum finds value and class: the class's place stands in the value's low bits.
        cv2.resize(plane, grid_wh, dst=grown, interpolation=cv2.INTER_LINEAR)
        np.bitwise_and(grown, high, out=grown)
        np.bitwise_or(grown, np.uint16(place), out=grown)
        np.maximum(best, grown, out=best)
    table = np.zeros((1, 256), np.uint8)
    table[0, : len(in_view)] = in_view
    places = np.bitwise_and(best, np.uint16(_MOST_CLASSES - 1)).astype(np.uint8)
    return np.asarray(cv2.LUT(places, table), np.uint8)


def shares(class_map: ClassMap, names: int) -> NDArray[np.float64]:
    """Return which share of the pixels each of the first classes has: float64 (names,)."""
    # A million pixels tell no more about shares than every fourth of them.
    step = max(1, min(class_map.shape) // 256)
    part = np.ascontiguousarray(class_map[::step, ::step])
    counts = cv2.calcHist([part], [0], None, [256], [0, 256]).ravel()
    return np.asarray(counts[:names] / part.size, np.float64)


def _classes_in_view(class_map: ClassMap, channels: int) -> list[int]:
    """Return the classes that win somewhere, those of most pixels where they are too many.

    The lowest comes last, where it wins ties as it does in an argmax: int8 has many of them.
    """
    counts = cv2.calcHist([class_map], [0], None, [256], [0, 256]).ravel()[:channels]
    order = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    return sorted((int(i) for i in order if counts[i] > 0), reverse=True)


def _ordered_planes(logits: NDArray[Any], classes: list[int]) -> list[NDArray[np.uint16]] | None:
    """Return one uint16 (h, w) plane per class, in the order of their logits' values."""
    planes = [np.ascontiguousarray(logits[..., i]) for i in classes]
    if logits.dtype == np.uint8:
        return [plane.astype(np.uint16) << np.uint16(8) for plane in planes]
    if logits.dtype == np.int8:  # flipping the sign bit maps -128..127 to 0..255 in order
        return [
            (plane.view(np.uint8) ^ np.uint8(0x80)).astype(np.uint16) << np.uint16(8)
            for plane in planes
        ]
    low = min((float(plane.min()) for plane in planes), default=0.0)
    spread = max((float(plane.max()) for plane in planes), default=0.0) - low
    if not np.isfinite(spread) or spread <= 0:
        return None
    factor = np.float32(65534 / spread)  # one less than fits, for what float32 rounds up
    return [
        ((plane.astype(np.float32) - np.float32(low)) * factor).astype(np.uint16)
        for plane in planes
    ]


def grid_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the grid for smooth edges, for a display of a size."""
    width, height = size_wh
    rows = min(height, max(_GRID_ROWS[0], min(_GRID_ROWS[1], height // 2)))
    return max(1, round(width * rows / height)), rows

"""Paint a class map over a picture, with clean or with smooth edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.overlay.resize import nearest, smooth
from edge_app.upsample.preview import smooth_classes

EDGES = ("auto", "smooth", "clean")


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


def shares(class_map: ClassMap, names: int) -> NDArray[np.float64]:
    """Return which share of the pixels each of the first classes has: float64 (names,)."""
    # A million pixels tell no more about shares than every fourth of them.
    step = max(1, min(class_map.shape) // 256)
    part = np.ascontiguousarray(class_map[::step, ::step])
    counts = cv2.calcHist([part], [0], None, [256], [0, 256]).ravel()
    return np.asarray(counts[:names] / part.size, np.float64)

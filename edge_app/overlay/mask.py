"""Class colours blended into an image, with clean or smooth edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.overlay.resize import nearest, smooth
from edge_app.upsample.preview import smooth_classes

EDGES = ("auto", "smooth", "clean")


class MaskPainter:
    """A palette, and a reused buffer as large as the canvas.

    palette: uint8 (256, 1, 3) BGR; the image stays clear where a class is black, as void is.
    edges: as `Overlay` takes them.
    """

    def __init__(self, palette: Image, edges: str = "auto") -> None:
        self._palette = palette
        self._edges = edges
        black = ~palette.reshape(256, 3).any(axis=1)
        self._clear = np.where(black, 255, 0).astype(np.uint8)[None]
        self._first_clear = int(np.argmax(black))
        self._colours = np.empty((0, 0, 3), np.uint8)

    def paint(self, image: Image, result: Segmentation, alpha: float) -> Image:
        """Return a new canvas: (1 - alpha) image + alpha colour, uint8 (H, W, 3) BGR.

        image: uint8 (H, W, 3) BGR, not changed.
        """
        canvas = np.empty_like(image)
        self.paint_on(canvas, result, image, alpha)
        return canvas

    def paint_on(
        self,
        canvas: Image,
        result: Segmentation,
        image: Image | None,
        alpha: float,
        columns: slice = slice(None),
    ) -> None:
        """Paint some columns of a canvas like `paint`, or in class colours alone.

        canvas: uint8 (H, W, 3) BGR, written to.
        image: of the same shape; None for the colours alone.
        """
        if image is not None and alpha <= 0:
            canvas[:, columns] = image[:, columns]
            return
        if self._colours.shape != canvas.shape:
            # Reused for every frame: above 4 MB, allocating memory costs more than filling it.
            self._colours = np.empty(canvas.shape, np.uint8)
        size_wh = (canvas.shape[1], canvas.shape[0])
        fine = smooth_classes(result, size_wh) if self._edges != "clean" else None
        classes = result.class_map if fine is None else fine
        if classes.size > size_wh[0] * size_wh[1]:
            classes = nearest(classes, size_wh)
        colours = np.asarray(cv2.applyColorMap(classes, self._palette), np.uint8)
        if fine is None:
            nearest(colours, size_wh, self._colours)
        else:  # linear, which softens only the steps of the grid
            smooth(colours, size_wh, self._colours)
        part, colour = canvas[:, columns], self._colours[:, columns]
        if image is None:
            part[...] = colour
            return
        below = image[:, columns]
        if below.size == 0:
            return
        cv2.addWeighted(below, 1 - alpha, colour, alpha, 0, dst=part)
        if result.class_map.max() >= self._first_clear:  # the fastest test for none
            clear = np.asarray(cv2.LUT(classes, self._clear), np.uint8)
            clear = nearest(clear, size_wh)[:, columns]
            cv2.copyTo(below, np.ascontiguousarray(clear), part)


def class_shares(class_map: ClassMap, classes: int) -> NDArray[np.float64]:
    """Return the share of pixels of each of the first classes: float64 (classes,).

    class_map: uint8 (h, w) trainIds.
    """
    # A sample of the pixels gives the same shares as all of them.
    step = max(1, min(class_map.shape) // 256)
    part = np.ascontiguousarray(class_map[::step, ::step])
    counts = cv2.calcHist([part], [0], None, [256], [0, 256]).ravel()
    return np.asarray(counts[:classes] / part.size, np.float64)

"""The image and its classes in each view and comparison, without panels."""

from __future__ import annotations

import cv2
import numpy as np

from edge_app.controls import Controls
from edge_app.frame import Comparison, Image, Segmentation
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import Area
from edge_app.overlay.difference import DifferenceScheme, draw_difference
from edge_app.overlay.mask import MaskPainter
from edge_app.overlay.panel import Size
from edge_app.overlay.resize import shrink, smooth

BACKGROUND_BGR = (48, 42, 37)
_LINE_BGR = (250, 247, 244)
_SHADE_BGR = (26, 21, 17)


def view_mode(controls: Controls, compared: bool) -> str:
    """Return what is drawn: one of `controls.VIEWS`, "split" or "difference".

    Two variants side by side need no divider, so that view stays the same while they are split.
    compared: whether there is a result of a second variant.
    """
    if not compared or controls.compare == "off":
        return controls.view
    if controls.compare == "split" and controls.view == "side by side":
        return controls.view
    return controls.compare


def background(size_wh: Size) -> Image:
    """Return a canvas for images that do not fill it: uint8 (H, W, 3) BGR."""
    canvas = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    cv2.rectangle(canvas, (0, 0), size_wh, BACKGROUND_BGR, cv2.FILLED)
    return canvas


class ScenePainter:
    """Draws scenes; its buffers are reused from frame to frame."""

    def __init__(self, labels: LabelSet, edges: str) -> None:
        self._palette = labels.palette_bgr()
        self._edges = edges
        self._mask = MaskPainter(self._palette, edges)

    def paint(
        self,
        image: Image,
        size_wh: Size,
        result: Segmentation,
        controls: Controls,
        comparison: Comparison | None,
        scheme: DifferenceScheme | None,
        halves: tuple[Area, Area],
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR.

        image: uint8 (h, w, 3) BGR, not changed. size_wh: (W, H).
        scheme: None without a comparison. halves: areas of the images side by side.
        """
        mode = view_mode(controls, comparison is not None)
        if mode == "side by side":
            shrunk = fitted(image, halves[0][2:])
            shown = [shrunk, self._mask.paint(shrunk, result, controls.alpha)]
            if comparison is not None and controls.compare == "split":
                shown = [shown[1], self._mask.paint(shrunk, comparison.result, controls.alpha)]
            canvas = background(size_wh)
            for half, (x, y, width, height) in zip(shown, halves, strict=True):
                canvas[y : y + height, x : x + width] = half
            return canvas
        resized = fitted(image, size_wh)
        if comparison is not None and scheme is not None and mode == "difference":
            rounded = self._edges != "clean" and result.logits is not None
            return draw_difference(
                resized, result, comparison.result, self._palette, scheme, rounded=rounded
            )
        if mode == "image":
            return resized.copy() if resized is image else resized
        below = None if controls.view == "map" else resized
        canvas = np.empty_like(resized)
        if comparison is not None and mode == "split":
            x = divider_px(controls.divider, size_wh[0])
            if x > 0:
                self._mask.paint_on(canvas, result, below, controls.alpha, slice(0, x))
            if x < size_wh[0]:
                other = comparison.result
                self._mask.paint_on(canvas, other, below, controls.alpha, slice(x, None))
            draw_divider(canvas, x)
        else:
            self._mask.paint_on(canvas, result, below, controls.alpha)
        return canvas


def fitted(image: Image, size_wh: Size) -> Image:
    """Return an image in a size: the same one if it has it."""
    if size_wh == (image.shape[1], image.shape[0]):
        return image
    smaller = size_wh[0] <= image.shape[1] and size_wh[1] <= image.shape[0]
    return shrink(image, size_wh) if smaller else smooth(image, size_wh)


def in_area(image: Image, size_wh: Size, area: Area) -> Image:
    """Return a new canvas with an image in an area of it, black around it.

    image: uint8 (h, w, 3) BGR, not changed. The canvas: uint8 (H, W, 3) BGR.
    """
    if area[2:] == size_wh:
        resized = fitted(image, size_wh)
        return resized.copy() if resized is image else resized
    canvas = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    x, y, width, height = area
    canvas[y : y + height, x : x + width] = fitted(image, (width, height))
    return canvas


def divider_px(share: float, width: int) -> int:
    """Return the first column of the second variant."""
    return min(width, max(0, round(share * width)))


def line_px(rows: int) -> int:
    """Return the columns of half the line of the divider."""
    return max(1, round(rows / 720))


def draw_divider(canvas: Image, x: int) -> None:
    """Draw a fine line with a handle before column x, in place."""
    rows, columns = canvas.shape[:2]
    half = line_px(rows)
    shade = canvas[:, max(0, x - half - 1) : min(columns, x + half + 1)]
    shade[...] = _SHADE_BGR
    line = canvas[:, max(0, x - half) : min(columns, x + half)]
    line[...] = _LINE_BGR
    middle, radius = rows // 2, max(9, round(rows / 36))
    cv2.circle(canvas, (x, middle), radius + half, _SHADE_BGR, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(canvas, (x, middle), radius, _LINE_BGR, cv2.FILLED, cv2.LINE_AA)
    for side in (-1, 1):
        tip, base = x + side * round(radius * 0.68), x + side * round(radius * 0.26)
        tall = round(radius * 0.4)
        arrow = np.array([[tip, middle], [base, middle - tall], [base, middle + tall]], np.int32)
        cv2.fillPoly(canvas, [arrow], _SHADE_BGR, cv2.LINE_AA)

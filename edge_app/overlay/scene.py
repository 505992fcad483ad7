"""Paint the picture and its classes in the view that is asked for, without any words."""

from __future__ import annotations

import cv2
import numpy as np

from edge_app.controls import Controls
from edge_app.frame import Comparison, Image, Segmentation
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import letterbox
from edge_app.overlay.difference import Scheme, draw_difference
from edge_app.overlay.mask import Painter
from edge_app.overlay.resize import smooth

GROUND_BGR = (48, 42, 37)
_LINE_BGR = (250, 247, 244)
_SHADE_BGR = (26, 21, 17)

Area = tuple[int, int, int, int]  # x, y, width, height


def mode_of(controls: Controls, compared: bool) -> str:
    """Return the view that is drawn: one of VIEWS, "split" or "difference".

    Two variants side by side need no divider, so that view stays what it is.
    compared: whether there is a second variant to compare with.
    """
    if not compared or controls.compare == "off":
        return controls.view
    if controls.compare == "split" and controls.view == "side by side":
        return controls.view
    return controls.compare


class Scene:
    """Paint scenes; holds the painter with its buffers."""

    def __init__(self, labels: LabelSet, edges: str) -> None:
        self._palette = labels.palette_bgr()
        self._edges = edges
        self._painter = Painter(self._palette, edges)

    @property
    def used(self) -> str | None:
        """The edges of the last mask, "smooth" or "clean"; None before the first."""
        return self._painter.used

    def paint(
        self,
        image: Image,
        size_wh: tuple[int, int],
        result: Segmentation,
        controls: Controls,
        comparison: Comparison | None,
        chosen: Scheme,
        halves: tuple[Area, Area],
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR, of a size.

        image: uint8 (h, w, 3) BGR, left as it is.
        halves: where the pictures go that are shown side by side.
        """
        mode = mode_of(controls, comparison is not None)
        if mode == "side by side":
            return self._side_by_side(image, size_wh, result, controls, comparison, halves)
        picture = image
        if size_wh != (image.shape[1], image.shape[0]):
            picture = smooth(image, size_wh)
        if comparison is not None and mode == "difference":
            rounded = self._edges != "clean" and result.logits is not None
            return draw_difference(
                picture, result, comparison.result, self._palette, chosen, rounded=rounded
            )
        if mode == "picture":
            return picture.copy() if picture is image else picture
        below = None if controls.view == "map" else picture
        canvas = np.empty_like(picture)
        if comparison is not None and mode == "split":
            at = divider_px(controls.divider, size_wh[0])
            if at > 0:
                self._painter.paint_on(canvas, result, below, controls.alpha, slice(0, at))
            if at < size_wh[0]:
                other = comparison.result
                self._painter.paint_on(canvas, other, below, controls.alpha, slice(at, None))
            draw_divider(canvas, at)
        else:
            self._painter.paint_on(canvas, result, below, controls.alpha)
        return canvas

    def _side_by_side(
        self,
        image: Image,
        size_wh: tuple[int, int],
        result: Segmentation,
        controls: Controls,
        comparison: Comparison | None,
        halves: tuple[Area, Area],
    ) -> Image:
        """Place the picture beside its overlay, or the overlays of two variants."""
        canvas = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
        cv2.rectangle(canvas, (0, 0), size_wh, GROUND_BGR, cv2.FILLED)
        picture = _shrink(image, halves[0][2:])
        drawn = self._painter.paint(picture, result, controls.alpha)
        left, right = picture, drawn
        if comparison is not None and controls.compare == "split":
            left = drawn
            right = self._painter.paint(picture, comparison.result, controls.alpha)
        for half, (x, y, width, height) in zip((left, right), halves, strict=True):
            canvas[y : y + height, x : x + width] = half
        return canvas


def halves_of(frame_wh: tuple[int, int], area: Area, gap: int) -> tuple[Area, Area]:
    """Return two places of a picture's shape beside each other in an area."""
    x, y, width, height = area
    each = max(1, (width - gap) // 2)
    # Both measured as one, so that they have the same size to the pixel.
    left, top, *inner = letterbox(frame_wh, (x, y, each, height))
    shift = each + gap
    # Where rows are short the pictures move together instead of floating apart.
    inward = min(left - x, (each - inner[0]) // 2)
    return (
        (left + inward, top, inner[0], inner[1]),
        (left + shift - inward, top, inner[0], inner[1]),
    )


def _shrink(image: Image, size_wh: tuple[int, int]) -> Image:
    """Resize a picture, by half first where that does not go too far.

    OpenCV averages two by two pixels in 0.2 ms, and by any other ratio in 9 (1280x720).
    """
    half_wh = (image.shape[1] // 2, image.shape[0] // 2)
    if half_wh[0] < size_wh[0] or half_wh[1] < size_wh[1]:
        return smooth(image, size_wh)
    half = np.asarray(cv2.resize(image, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
    if half_wh[1] > 1.5 * size_wh[1]:
        return _shrink(half, size_wh)
    return np.asarray(cv2.resize(half, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def divider_px(share: float, width: int) -> int:
    """Return the first column of the second variant's side."""
    return min(width, max(0, round(share * width)))


def line_px(rows: int) -> int:
    """Return how many columns each half of the divider's line covers."""
    return max(1, round(rows / 720))


def draw_divider(canvas: Image, at: int) -> None:
    """Draw a fine line with a handle where two variants meet, in place."""
    rows, columns = canvas.shape[:2]
    half = line_px(rows)
    shade = canvas[:, max(0, at - half - 1) : min(columns, at + half + 1)]
    shade[...] = _SHADE_BGR
    line = canvas[:, max(0, at - half) : min(columns, at + half)]
    line[...] = _LINE_BGR
    middle, radius = rows // 2, max(9, round(rows / 36))
    cv2.circle(canvas, (at, middle), radius + half, _SHADE_BGR, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(canvas, (at, middle), radius, _LINE_BGR, cv2.FILLED, cv2.LINE_AA)
    for side in (-1, 1):
        tip, base = at + side * round(radius * 0.68), at + side * round(radius * 0.26)
        tall = round(radius * 0.4)
        arrow = np.array([[tip, middle], [base, middle - tall], [base, middle + tall]], np.int32)
        cv2.fillPoly(canvas, [arrow], _SHADE_BGR, cv2.LINE_AA)

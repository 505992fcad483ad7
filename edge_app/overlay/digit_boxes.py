"""The canvas of a frame of digits on paper: a box and a label for every digit, and the HUD."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.frame import Frame, Image, Reading, Readings, Status
from edge_app.overlay.board_layout import (
    Area,
    centred,
    image_area,
    image_canvas_wh,
    panel_scale,
)
from edge_app.overlay.compose import Composer, Placed, Refresh, draw_over, overlap
from edge_app.overlay.hints import NEEDS_CLASS_MAP
from edge_app.overlay.panel import DARK, INK, XY, Panel, Scale, Sheet, Size, blit
from edge_app.overlay.scene import in_area
from edge_app.overlay.states import lost_state
from edge_app.pointing import Box, Targets
from edge_app.style import RIGHT, WRONG, bgr

# The least confidence of a certain digit, and of a likely one.
_CERTAIN, _LIKELY = 0.9, 0.75
_LIKELY_COLOUR = "#F0E442"
_LABEL_SIZES = (1.0, 0.7, 0.5)  # on a full page labels are smaller
_LARGE = 4  # a digit of so many times the height of a label may have it in its own box
_SHADE_BGR = (26, 21, 17)
_NO_DIGITS = "no digits in view"


def confidence_colour(confidence: float) -> str:
    """Return green for a certain digit, yellow for a likely one, else orange."""
    if confidence >= _CERTAIN:
        return RIGHT
    return _LIKELY_COLOUR if confidence >= _LIKELY else WRONG


class ReadingsView:
    """Canvases of frames whose digits were read; their panels are kept between refreshes.

    height, hints: as `Overlay` takes them.
    """

    def __init__(self, height: int | None, hints: bool) -> None:
        self._height = height
        self._hints = hints
        self._refresh = Refresh()
        self.targets = Targets()
        self._placed: Sequence[Placed] = ()
        self._corner = 0

    def size_wh(self, frame: Frame) -> Size:
        """Return the size of a canvas for a frame, unless another one is asked for."""
        return image_canvas_wh((frame.image.shape[1], frame.image.shape[0]), self._height)

    def draw(
        self,
        frame: Frame,
        result: Readings,
        status: Status,
        controls: Controls,
        now_s: float,
        size_wh: Size | None = None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; see `Overlay.draw`."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        if size_wh is None:
            size_wh = self.size_wh(frame)
            area: Area = (0, 0, *size_wh)
        else:
            area = image_area(frame_wh, size_wh)
        canvas = in_area(frame.image, size_wh, area)
        scale = panel_scale(size_wh)
        pad = max(4, round(0.008 * size_wh[1]))
        ratio = area[2] / frame_wh[0]
        boxes = [_canvas_box(one.box_xywh, ratio, area[:2], pad) for one in result.found]
        empty = not result.found
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch, empty):
            self._placed, self.targets = (), Targets()
            if scale is not None:
                self._placed = self._layout(Composer(size_wh, scale, status, controls), boxes)
        if controls.view != "image":
            draw_boxes(canvas, result.found, boxes, scale or Scale(0.5))
        draw_over(canvas, self._placed, status, controls)
        if scale is not None and controls.view != "image" and not controls.help:
            taken = [placed.box for placed in self._placed]
            for label in place_labels(result.found, boxes, taken, scale, size_wh):
                blit(canvas, label.panel, label.xy)
        return canvas

    def _layout(self, composer: Composer, boxes: Sequence[Box]) -> Sequence[Placed]:
        """Place all panels; the HUD in the corner where it covers the fewest digits."""
        controls, margin = composer.controls, composer.margin
        size_wh = composer.size_wh
        if not composer.put_help(hints=self._hints):
            composer.put_banner()
        if self._hints and not controls.help:
            composer.put_hints(without=NEEDS_CLASS_MAP)
        for detail in range(0 if controls.help else controls.hud, 0, -1):
            hud = composer.draw_hud(detail)
            corners, covered = self._corners(hud, composer, boxes)
            if detail == 1 or not covered:  # a small HUD covers fewer digits than a whole one
                composer.put_hud(hud, corners)
                break
        states = composer.draw_states(composer.inner_wh[0] // 2)
        if states:
            lefts = (size_wh[0] - margin - states.size_wh[0], margin)
            tops = (margin, composer.bottom - states.size_wh[1])
            composer.put(states, [(x, y) for y in tops for x in lefts])
        if not boxes and not controls.help and not lost_state(composer.status):
            note = _draw_note(composer.scale)
            left = centred(note, (0, 0, *size_wh))[0]
            composer.put(note, [(left, composer.bottom - note.size_wh[1])])
        self.targets = Targets(composer.buttons)
        return composer.placed

    def _corners(
        self, hud: Panel, composer: Composer, boxes: Sequence[Box]
    ) -> tuple[list[XY], int]:
        """Return the corners for the HUD, best first, and how many digits it covers in the best.

        The HUD stays in its corner unless it covers fewer digits in another.
        """
        margin = composer.margin
        right = composer.size_wh[0] - margin - hud.size_wh[0]
        end = max(margin, composer.bottom - hud.size_wh[1])
        corners = [(margin, margin), (right, margin), (right, end), (margin, end)]
        covered = [sum(overlap(Placed(hud, xy).box, box) for box in boxes) for xy in corners]
        order = sorted(range(4), key=lambda i: (covered[i], i != self._corner, i))
        self._corner = order[0]
        return [corners[i] for i in order], covered[order[0]]


def _canvas_box(box_xywh: tuple[int, int, int, int], ratio: float, corner: XY, pad: int) -> Box:
    """Return a box of the frame on the canvas, padded; corner: of the frame on the canvas."""
    x, y, w, h = box_xywh
    left, top = corner[0] + round(x * ratio) - pad, corner[1] + round(y * ratio) - pad
    right, bottom = corner[0] + round((x + w) * ratio), corner[1] + round((y + h) * ratio)
    return left, top, right + pad, bottom + pad


def draw_boxes(canvas: Image, found: Sequence[Reading], boxes: Sequence[Box], scale: Scale) -> None:
    """Draw a line around each digit in the colour of its confidence, in place."""
    line = max(2, scale.px(3))
    for reading, (left, top, right, bottom) in zip(found, boxes, strict=True):
        colour = bgr(confidence_colour(reading.confidence))
        # A dark rim separates the colour from paper of any colour.
        corners = (left, top), (right - 1, bottom - 1)
        for line_bgr, width in ((_SHADE_BGR, line + 2), (colour, line)):
            cv2.rectangle(canvas, *corners, line_bgr, width, cv2.LINE_AA)


def place_labels(
    found: Sequence[Reading],
    boxes: Sequence[Box],
    panels: Sequence[Box],
    scale: Scale,
    size_wh: Size,
) -> list[Placed]:
    """Return a label and its corner for each digit, clear of other labels, digits and panels.

    Where there is no space for all of them, all are smaller, and show the digit alone. At the
    smallest size a label may cover its own digit. Only one whose digit is below a panel, or whose
    place others have taken, is left out.
    """
    for share in _LABEL_SIZES:
        placed = _labels_of_size(found, boxes, panels, Scale(scale.factor * share), size_wh, share)
        if placed is not None:
            return placed
    return []


def _labels_of_size(
    found: Sequence[Reading],
    boxes: Sequence[Box],
    panels: Sequence[Box],
    scale: Scale,
    size_wh: Size,
    share: float,
) -> list[Placed] | None:
    """Return labels of one size; None if they are not the smallest and there is no space for them.

    share: the size, of the largest. Largest labels without space for a confidence are without.
    """
    # Rows of left, top, right, bottom: one comparison tests a place against all of them.
    taken = np.zeros((2 * len(boxes) + len(panels), 4), np.int32)
    taken[: len(boxes)] = np.reshape(boxes, (-1, 4))
    taken[2 * len(boxes) :] = np.reshape(panels, (-1, 4))
    placed: list[Placed] = []
    for i, (reading, box) in enumerate(zip(found, boxes, strict=True)):
        colour = confidence_colour(reading.confidence)
        texts = (f"{100 * reading.confidence:.0f} %", "") if share == 1 else ("",)
        panel_of = [_draw_label(reading.digit, text, colour, scale) for text in texts]
        places = [
            Placed(panel, xy)
            for panel in panel_of
            for xy in _label_corners(box, panel.size_wh, size_wh, max(2, scale.px(5)))
        ]
        # Above it a label is nobody else's; below it, it may seem to be that of the next line.
        places.sort(key=lambda place: place.box[3] > box[1])
        if share == _LABEL_SIZES[-1] or (box[3] - box[1]) > _LARGE * panel_of[-1].size_wh[1]:
            places.append(Placed(panel_of[0], (max(0, box[0]), max(0, box[1]))))
        place = next((one for one in places if _is_free(one.box, taken, i)), None)
        if place is not None:
            placed.append(place)
            taken[len(boxes) + i] = place.box
        elif share != _LABEL_SIZES[-1] and not any(overlap(box, panel) for panel in panels):
            return None
    return placed


def _is_free(box: Box, taken: NDArray[np.int32], own: int) -> bool:
    """Return whether a box overlaps none of the others but its own digit's."""
    left, top, right, bottom = box
    hit = (taken[:, 0] < right) & (taken[:, 2] > left)
    hit &= (taken[:, 1] < bottom) & (taken[:, 3] > top)
    hit[own] = False
    return not hit.any()


def _label_corners(box: Box, label_wh: Size, size_wh: Size, gap: int) -> list[XY]:
    """Return the corners for a label above, below and beside a box, the best first."""
    left, top, right, bottom = box
    width, height = label_wh
    lefts = ((left + right - width) // 2, left, right - width)
    tops = [y for y in (top - gap - height, bottom + gap) if 0 <= y <= size_wh[1] - height]
    corners = [(max(0, min(size_wh[0] - width, x)), y) for y in tops for x in lefts]
    beside = [x for x in (right + gap, left - gap - width) if 0 <= x <= size_wh[0] - width]
    return corners + [(x, max(0, min(size_wh[1] - height, top))) for x in beside]


@lru_cache(maxsize=512)
def _draw_label(digit: int, confidence: str, colour: str, scale: Scale) -> Panel:
    """Draw a digit on its colour, and its confidence on a dark background beside it."""
    px = scale.px
    large, small = face(BOLD, px(34)), face(REGULAR, px(20))
    height, cap = px(42), px(38)
    beside = text_px(confidence, small) + px(18) if confidence else 0
    sheet = Sheet((cap + beside, height), px(8), opacity=0.86)
    sheet.box((0, 0), (cap, height), colour, px(8))
    sheet.text((cap // 2, height // 2), str(digit), large, DARK, anchor="mm")
    if confidence:
        sheet.text((cap + px(9), height // 2), confidence, small, INK, anchor="lm")
    return sheet.finish()


@lru_cache(maxsize=8)
def _draw_note(scale: Scale) -> Panel:
    """Draw the note that no digit was read."""
    font, pad = face(REGULAR, scale.px(18)), scale.px(14)
    sheet = Sheet((text_px(_NO_DIGITS, font) + 2 * pad, scale.px(38)), scale.px(10))
    sheet.text((pad, sheet.size_wh[1] // 2), _NO_DIGITS, font, INK, anchor="lm")
    return sheet.finish()

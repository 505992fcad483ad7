"""The canvas of a frame of digits on paper: a box and a label for every digit, and the HUD."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2

from edge_app.controls import Action, Controls
from edge_app.fonts import REGULAR, face, text_px
from edge_app.frame import Frame, Image, Reading, Readings, Status
from edge_app.overlay.board_layout import (
    Area,
    centred,
    image_area,
    image_canvas_wh,
    panel_scale,
)
from edge_app.overlay.comparison_panel import VariantChip, draw_variant_chip
from edge_app.overlay.compose import Composer, Placed, Refresh, draw_over, overlap
from edge_app.overlay.hints import NEEDS_CLASS_MAP
from edge_app.overlay.panel import INK, XY, Panel, Scale, Sheet, Size, blit
from edge_app.overlay.reading_labels import confidence_colour, place_labels
from edge_app.overlay.scene import in_area
from edge_app.overlay.states import lost_state
from edge_app.pointing import Box, Targets
from edge_app.style import bgr, variant_colour

_SHADE_BGR = (26, 21, 17)
_NO_DIGITS = "no digits in view"
# Figures that gave way to a digit of a video come back after so many seconds at the earliest.
_RETURNS_S = 1.0


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
        self._detail = -1  # of the figures shown last; -1 for none
        self._gave_way_s = -math.inf

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
            if scale is not None and controls.panels:
                composer = Composer(size_wh, scale, status, controls)
                # Images have no clock: each is laid out for itself.
                since_s = now_s - self._gave_way_s if frame.time_s is not None else math.inf
                if self._layout(composer, boxes, since_s):
                    self._gave_way_s = now_s
                self._placed = composer.placed
                self.targets = Targets(composer.buttons)
        if controls.view != "image":
            draw_boxes(canvas, result.found, boxes, scale or Scale(0.5))
        draw_over(canvas, self._placed, status, controls)
        if scale is not None and controls.view != "image" and not controls.help:
            taken = [placed.box for placed in self._placed]
            for label in place_labels(result.found, boxes, taken, scale, size_wh):
                blit(canvas, label.panel, label.xy)
        return canvas

    def _layout(self, composer: Composer, boxes: Sequence[Box], since_s: float) -> bool:
        """Place all panels; return whether figures gave way to digits.

        since_s: seconds since they did the last time.
        """
        controls, margin = composer.controls, composer.margin
        if not composer.put_help(hints=self._hints):
            composer.put_banner()
        if self._hints and not controls.help:
            composer.put_hints(without=NEEDS_CLASS_MAP)
        gave_way = self._put_figures(composer, boxes, since_s)
        states = composer.draw_states(composer.inner_wh[0] // 2)
        if states:
            right = composer.size_wh[0] - margin - states.size_wh[0]
            tops = (margin, composer.bottom - states.size_wh[1])
            places = [(x, y) for y in tops for x in (right, margin)]
            places.sort(key=lambda xy: _covered(Placed(states, xy), boxes))
            composer.put(states, places)
        if not boxes and not controls.help and not lost_state(composer.status):
            note = _draw_note(composer.scale)
            left = centred(note, (0, 0, *composer.size_wh))[0]
            composer.put(note, [(left, composer.bottom - note.size_wh[1])])
        return gave_way

    def _put_figures(self, composer: Composer, boxes: Sequence[Box], since_s: float) -> bool:
        """Place as much of the HUD as covers no digit: all, the first lines, the variant alone.

        Returns whether there was more to show. What gave way stays away for a while, so that
        nothing flickers while digits move.
        """
        if composer.controls.help or not composer.controls.hud:
            return False
        most = composer.controls.hud
        if since_s < _RETURNS_S:
            most = min(most, self._detail)
        self._detail = next(
            (each for each in range(most, -1, -1) if self._put_detail(composer, each, boxes)), -1
        )
        return self._detail < most

    def _put_detail(self, composer: Composer, detail: int, boxes: Sequence[Box]) -> bool:
        """Place the HUD, or the chip of the variant for a detail of 0, clear of all digits."""
        if detail:
            hud = composer.draw_hud(detail)
            return composer.put_hud(hud, self._corners(hud, composer, boxes)) is not None
        status = composer.status
        chip = VariantChip(status.variant, variant_colour(status.variant, status.variants))
        panel = draw_variant_chip(chip, composer.scale, composer.inner_wh[0] // 2)
        placed = composer.put(panel, self._corners(panel, composer, boxes))
        if placed is not None:
            composer.add_button(placed, Action.NEXT_VARIANT)
        return placed is not None

    def _corners(self, panel: Panel, composer: Composer, boxes: Sequence[Box]) -> list[XY]:
        """Return the corners in which a panel covers no digit; the one it was in comes first."""
        margin = composer.margin
        right = composer.size_wh[0] - margin - panel.size_wh[0]
        end = max(margin, composer.bottom - panel.size_wh[1])
        corners = [(margin, margin), (right, margin), (right, end), (margin, end)]
        free = [i for i, xy in enumerate(corners) if not _covered(Placed(panel, xy), boxes)]
        free.sort(key=lambda i: (i != self._corner, i))
        self._corner = free[0] if free else self._corner
        return [corners[i] for i in free]


def _covered(placed: Placed, boxes: Sequence[Box]) -> int:
    """Return how many boxes a panel covers, or touches."""
    return sum(overlap(placed.box, box) for box in boxes)


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


@lru_cache(maxsize=8)
def _draw_note(scale: Scale) -> Panel:
    """Draw the note that no digit was read."""
    font, pad = face(REGULAR, scale.px(18)), scale.px(14)
    sheet = Sheet((text_px(_NO_DIGITS, font) + 2 * pad, scale.px(38)), scale.px(10))
    sheet.text((pad, sheet.size_wh[1] // 2), _NO_DIGITS, font, INK, anchor="lm")
    return sheet.finish()

"""The canvas of a classified image: the image enlarged, the likeliest classes and the HUD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.controls import Controls
from edge_app.fonts import BOLD, REGULAR, face, fit, shorten, text_px
from edge_app.frame import Classification, Frame, Image, Status
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import Area, card_canvas_wh, card_scale, centred, letterbox
from edge_app.overlay.compose import Composer, Placed, Refresh, draw_over
from edge_app.overlay.hints import NEEDS_CLASS_MAP
from edge_app.overlay.panel import FAINT, INK, SOFT, TRACK, Panel, Scale, Sheet, Size, blit
from edge_app.overlay.resize import nearest, smooth
from edge_app.overlay.scene import background
from edge_app.pointing import Targets
from edge_app.style import RIGHT, WRONG, percent

_TOP = 3
_FRAME_BGR = (96, 86, 78)
_OTHERS = "#8B96A3"
# Of width to height, from which on the answer is beside the image; and the largest share of the
# width, or else of the height, that the image takes.
_WIDE, _IMAGE_MAX, _IMAGE_MAX_ABOVE = 1.2, 0.56, 0.44
_ANSWER_MIN = 260  # least height beside a whole HUD, in pixels of the layout
_SHARP = 4.0  # from this enlargement on the pixels of the image stay visible


@dataclass(frozen=True, slots=True)
class DigitAnswer:
    """The texts about one classified image.

    right: None if the truth is unknown.
    top: (name, probability, whether it is the truth) each, the likeliest first.
    """

    name: str
    verdict: str
    right: bool | None
    top: tuple[tuple[str, float, bool], ...]


def digit_answer(result: Classification, truth: object, labels: LabelSet) -> DigitAnswer:
    """Return the texts about a result; a truth that is not a class id counts as unknown."""
    names = {label.train_id: label.name for label in labels.classes}
    known = int(truth) if isinstance(truth, (int, np.integer)) else None
    right = None if known is None else result.class_id == known
    verdict = ""
    if known is not None:
        verdict = "right" if right else f"wrong, it is {names.get(known, known)}"
    return DigitAnswer(
        name=names.get(result.class_id, str(result.class_id)),
        verdict=verdict,
        right=right,
        top=tuple((names.get(i, str(i)), p, i == known) for i, p in result.top(_TOP)),
    )


class CardView:
    """Canvases of classified images; their panels are kept between refreshes.

    height: rows of the canvas; None keeps those of the frame, within 720 to 1080.
    """

    def __init__(self, labels: LabelSet, height: int | None, hints: bool) -> None:
        self._labels = labels
        self._height = height
        self._hints = hints
        self._refresh = Refresh()
        self.targets = Targets()
        self._image_area: Area = (0, 0, 1, 1)
        self._answer_area: Area = (0, 0, 1, 1)
        self._beside: Sequence[Placed] = ()
        self._over: Sequence[Placed] = ()

    def size_wh(self, frame: Frame) -> Size:
        """Return the size of a canvas for a frame, unless another one is asked for."""
        return card_canvas_wh(frame.image.shape[0], self._height)

    def draw(
        self,
        frame: Frame,
        result: Classification,
        status: Status,
        controls: Controls,
        now_s: float,
        size_wh: Size | None = None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; see `Overlay.draw`."""
        size_wh = size_wh or self.size_wh(frame)
        scale = card_scale(size_wh)
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch):
            self._layout(size_wh, scale, status, controls)
        canvas = draw_enlarged(frame.image, size_wh, self._image_area)
        answer = digit_answer(result, frame.truth, self._labels)
        x, y, *answer_wh = self._answer_area
        blit(canvas, draw_answer(answer, scale, (answer_wh[0], answer_wh[1])), (x, y))
        for placed in self._beside:
            blit(canvas, placed.panel, placed.xy)
        draw_over(canvas, self._over, status, controls)
        return canvas

    def _layout(self, size_wh: Size, scale: Scale, status: Status, controls: Controls) -> None:
        """Place image, answer, HUD and hints."""
        beside = Composer(size_wh, scale, status, controls)
        margin = beside.margin
        hints = beside.put_hints(without=NEEDS_CLASS_MAP) if self._hints else None
        bottom = hints.xy[1] - margin if hints else size_wh[1] - margin
        self._image_area, answer_area = card_areas(size_wh, margin, bottom)
        left, top, width, height = answer_area
        for detail in range(controls.hud if controls.panels else 0, 0, -1):
            hud = beside.draw_hud(detail, width)
            free = height - hud.size_wh[1] - margin
            # What was read is more than how fast: on small displays that has few figures.
            if detail == 1 or free >= scale.px(_ANSWER_MIN):
                beside.put_hud(hud, [(left, bottom - hud.size_wh[1])])
                height = max(1, free)
                break
        self._answer_area = (left, top, width, height)
        self._beside = beside.placed
        over = Composer(size_wh, scale, status, controls)
        if not controls.panels:
            self._over, self.targets = (), Targets()
            return
        if not over.put_help(hints=self._hints):
            over.put_banner(self._image_area)
        states = over.draw_states(self._image_area[2] - 2 * margin)
        if states:
            over.put(states, [(centred(states, self._image_area)[0], 2 * margin)])
        self._over = over.placed
        self.targets = Targets([*over.buttons, *beside.buttons])


def card_areas(size_wh: Size, margin: int, bottom: int) -> tuple[Area, Area]:
    """Return the areas of the image and of what is beside it, or below on a narrow canvas.

    bottom: row at which both end.
    """
    width, height = size_wh[0] - 2 * margin, max(2, bottom - margin)
    if size_wh[0] >= _WIDE * size_wh[1]:
        side = max(1, min(height, int(_IMAGE_MAX * width)))
        left = 2 * margin + side
        beside = (left, margin, max(1, size_wh[0] - margin - left), height)
        return (margin, margin, side, height), beside
    side = max(1, min(width, int(_IMAGE_MAX_ABOVE * height)))
    top = 2 * margin + side
    return (margin, margin, width, side), (margin, top, width, max(1, bottom - top))


def draw_enlarged(image: Image, size_wh: Size, area: Area) -> Image:
    """Return a canvas with an image as large as it fits in an area: uint8 (H, W, 3) BGR.

    image: uint8 (h, w, 3) BGR; if it is small, its pixels keep sharp edges.
    """
    canvas = background(size_wh)
    left, top, width, height = letterbox((image.shape[1], image.shape[0]), area)
    right, bottom = left + width, top + height
    rim = max(1, size_wh[1] // 360)
    corners = (left - rim, top - rim), (right + rim - 1, bottom + rim - 1)
    cv2.rectangle(canvas, *corners, _FRAME_BGR, cv2.FILLED)
    ratio = min(area[2] / image.shape[1], area[3] / image.shape[0])
    enlarge = nearest if ratio >= _SHARP else smooth
    canvas[top:bottom, left:right] = enlarge(image, (width, height))
    return canvas


def draw_answer(answer: DigitAnswer, scale: Scale, size_wh: Size) -> Panel:
    """Draw the prediction large, the verdict, and the likeliest classes with bars."""
    px = scale.px
    width, height = size_wh
    sheet = Sheet(size_wh, 0, opacity=0.0)
    accent = INK if answer.right is None else RIGHT if answer.right else WRONG
    label = face(REGULAR, px(17))
    pitch = min(px(46), height // (2 * _TOP))
    bars_top = height - _TOP * pitch
    sheet.text((0, px(17)), "prediction", label, FAINT)
    if answer.verdict:
        verdict_px = width - text_px("prediction", label) - px(16)
        text, font = fit(answer.verdict, BOLD, (px(26), px(16)), verdict_px)
        sheet.text((width, px(20)), text, font, accent, anchor="rs")
    largest = max(px(20), min(px(190), bars_top - px(60)))
    name, font = fit(answer.name, BOLD, (largest, px(20)), width - px(8))
    sheet.text((width // 2, (px(24) + bars_top) // 2), name, font, INK, anchor="mm")

    row_font, number_font = face(REGULAR, px(19)), face(REGULAR, px(18))
    names = [shorten(name, row_font, width * 9 // 20) for name, _, _ in answer.top]
    bar_left = max((text_px(name, row_font) for name in names), default=0) + px(14)
    bar_px = width - bar_left - text_px("100.0 %", number_font) - px(14)
    for i, (name, (_, probability, is_truth)) in enumerate(zip(names, answer.top, strict=True)):
        middle = bars_top + i * pitch + pitch // 2
        # The truth is green in any row; a wrong first row is orange.
        colour = RIGHT if is_truth else accent if i == 0 else _OTHERS
        sheet.text((0, middle), name, row_font, SOFT, anchor="lm")
        bar = (bar_left, middle - px(9))
        sheet.box(bar, (bar_px, px(18)), TRACK, px(5))
        sheet.box(bar, (round(bar_px * probability), px(18)), colour, px(5))
        sheet.text((width, middle), percent(probability), number_font, SOFT, anchor="rm")
    return sheet.finish()

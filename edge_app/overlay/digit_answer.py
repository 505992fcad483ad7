"""Show a classified picture enlarged, with the likeliest classes beside it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.fonts import BOLD, REGULAR, face, fit, shorten, text_px
from edge_app.frame import Classification, Image
from edge_app.labels import LabelSet
from edge_app.overlay.panel import FAINT, INK, SOFT, Panel, Sheet
from edge_app.overlay.resize import nearest, smooth
from edge_app.style import RIGHT, WRONG, percent

TOP = 3
_GROUND_BGR = (48, 42, 37)
_RIM_BGR = (96, 86, 78)
_TRACK = "#3B444E"
_OTHERS = "#8B96A3"
_SHARP = 4.0  # enlarged this much or more, pixels are what one wants to see


@dataclass(frozen=True, slots=True)
class DigitAnswer:
    """Hold the words about one classified picture.

    top: (name, probability, whether it is the truth) each, likeliest first.
    right: None where the truth is not known.
    """

    name: str
    verdict: str
    right: bool | None
    top: tuple[tuple[str, float, bool], ...]


def answer(result: Classification, truth: object, labels: LabelSet) -> DigitAnswer:
    """Put a result into words; a truth that is not a class id counts as unknown."""
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
        top=tuple((names.get(i, str(i)), p, i == known) for i, p in result.top(TOP)),
    )


def stage(picture: Image, size_wh: tuple[int, int], area: tuple[int, int, int, int]) -> Image:
    """Place a picture on a calm ground, as large as fits: uint8 (H, W, 3) BGR.

    area: x, y, width and height of the room for it. Small pictures keep their sharp pixels.
    """
    canvas = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    cv2.rectangle(canvas, (0, 0), size_wh, _GROUND_BGR, cv2.FILLED)
    x, y, width, height = area
    ratio = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, int(picture.shape[1] * ratio)), max(1, int(picture.shape[0] * ratio))
    left, top = x + (width - inner[0]) // 2, y + (height - inner[1]) // 2
    right, bottom = left + inner[0], top + inner[1]
    rim = max(1, size_wh[1] // 360)
    cv2.rectangle(
        canvas, (left - rim, top - rim), (right + rim - 1, bottom + rim - 1), _RIM_BGR, cv2.FILLED
    )
    enlarge = nearest if ratio >= _SHARP else smooth
    canvas[top:bottom, left:right] = enlarge(picture, inner)
    return canvas


def draw_answer(found: DigitAnswer, unit: float, size_wh: tuple[int, int]) -> Panel:
    """Draw the prediction large, the verdict, and the likeliest classes with bars."""

    def px(length: float) -> int:
        return round(length * unit)

    width, height = size_wh
    sheet = Sheet(size_wh, 0, opacity=0.0)
    accent = INK if found.right is None else RIGHT if found.right else WRONG
    label = face(REGULAR, px(17))
    pitch = min(px(46), height // (2 * TOP))
    bars_top = height - TOP * pitch
    sheet.text((0, px(17)), "prediction", label, FAINT)
    if found.verdict:
        room = width - text_px("prediction", label) - px(16)
        text, font = fit(found.verdict, BOLD, (px(26), px(16)), room)
        sheet.text((width, px(20)), text, font, accent, anchor="rs")
    largest = max(px(20), min(px(190), bars_top - px(60)))
    name, font = fit(found.name, BOLD, (largest, px(20)), width - px(8))
    sheet.text((width // 2, (px(24) + bars_top) // 2), name, font, INK, anchor="mm")

    row_font, number_font = face(REGULAR, px(19)), face(REGULAR, px(18))
    number = text_px("100.0 %", number_font)
    names = [shorten(name, row_font, width // 3) for name, _, _ in found.top]
    bar_left = max((text_px(name, row_font) for name in names), default=0) + px(14)
    bar_room = width - bar_left - number - px(14)
    for i, (name, (_, probability, is_truth)) in enumerate(zip(names, found.top, strict=True)):
        middle = bars_top + i * pitch + pitch // 2
        # The truth is green wherever it stands; a wrong first place is orange.
        colour = RIGHT if is_truth else accent if i == 0 else _OTHERS
        sheet.text((0, middle), name, row_font, SOFT, anchor="lm")
        sheet.box((bar_left, middle - px(9)), (bar_room, px(18)), _TRACK, px(5))
        sheet.box(
            (bar_left, middle - px(9)), (round(bar_room * probability), px(18)), colour, px(5)
        )
        sheet.text((width, middle), percent(probability), number_font, SOFT, anchor="rm")
    return sheet.finish()

"""The labels of digits on paper, and places for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.frame import Reading
from edge_app.overlay.compose import Placed
from edge_app.overlay.panel import DARK, INK, XY, Panel, Scale, Sheet, Size
from edge_app.pointing import Box
from edge_app.style import RIGHT, WRONG

# The least confidence of a certain digit, and of a likely one.
_CERTAIN, _LIKELY = 0.9, 0.75
_LIKELY_COLOUR = "#F0E442"
# Size of the labels of a frame, and whether they show the confidence: the first at which all fit.
_LABEL_STYLES = ((1.0, True), (1.0, False), (0.7, False), (0.5, False))
_LARGE = 4  # a digit of so many times the height of a label may have it in its own box


def confidence_colour(confidence: float) -> str:
    """Return green for a certain digit, yellow for a likely one, else orange."""
    if confidence >= _CERTAIN:
        return RIGHT
    return _LIKELY_COLOUR if confidence >= _LIKELY else WRONG


def place_labels(
    found: Sequence[Reading],
    boxes: Sequence[Box],
    panels: Sequence[Box],
    scale: Scale,
    size_wh: Size,
) -> list[Placed]:
    """Return a label and its corner for each digit, clear of other labels, digits and panels.

    All have one style: where there is no space for all, none shows its confidence; then they
    are smaller, and at the smallest size a label may cover its own digit. Only one whose digit is
    below a panel, or whose place others have taken, is left out.
    """
    for share, confident in _LABEL_STYLES:
        style = Scale(scale.factor * share)
        last = (share, confident) == _LABEL_STYLES[-1]
        placed = _labels_in_style(
            found, boxes, panels, style, size_wh, confident=confident, last=last
        )
        if placed is not None:
            return placed
    return []


def _labels_in_style(
    found: Sequence[Reading],
    boxes: Sequence[Box],
    panels: Sequence[Box],
    scale: Scale,
    size_wh: Size,
    *,
    confident: bool,
    last: bool,
) -> list[Placed] | None:
    """Return labels of one style; None if there is no space for all, unless it is the last one.

    confident: whether they show their confidence.
    """
    # Rows of left, top, right, bottom: one comparison tests a place against all of them.
    taken = np.zeros((2 * len(boxes) + len(panels), 4), np.int32)
    taken[: len(boxes)] = np.reshape(boxes, (-1, 4))
    taken[2 * len(boxes) :] = np.reshape(panels, (-1, 4))
    placed: list[Placed] = []
    for i, (reading, box) in enumerate(zip(found, boxes, strict=True)):
        text = f"{100 * reading.confidence:.0f} %" if confident else ""
        panel = _draw_label(reading.digit, text, confidence_colour(reading.confidence), scale)
        corners = _label_corners(box, panel.size_wh, size_wh, max(2, scale.px(5)))
        places = [Placed(panel, xy) for xy in corners]
        # Above it a label is nobody else's; below it, it may seem to be that of the next line.
        places.sort(key=lambda place: place.box[3] > box[1])
        if last or (box[3] - box[1]) > _LARGE * panel.size_wh[1]:
            places += [Placed(panel, xy) for xy in _inner_corners(box, panel.size_wh, size_wh)]
        place = next((one for one in places if _is_free(one.box, taken, i)), None)
        if place is not None:
            placed.append(place)
            taken[len(boxes) + i] = place.box
        elif not last and not any(_within(box, panel) for panel in panels):
            return None
    return placed


def _within(box: Box, other: Box) -> bool:
    """Return whether a box lies within another."""
    starts = box[0] >= other[0] and box[1] >= other[1]
    return starts and box[2] <= other[2] and box[3] <= other[3]


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


def _inner_corners(box: Box, label_wh: Size, size_wh: Size) -> list[XY]:
    """Return the corners for a label in its own box, on the canvas."""
    left, top, right, bottom = box
    lefts = [max(0, min(size_wh[0] - label_wh[0], x)) for x in (left, right - label_wh[0])]
    tops = [max(0, min(size_wh[1] - label_wh[1], y)) for y in (top, bottom - label_wh[1])]
    return [(x, y) for y in tops for x in lefts]


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

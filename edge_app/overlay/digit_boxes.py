"""Draw a box around every digit that was read, with the digit and its confidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2

from edge_app.controls import Controls
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.frame import Frame, Image, Reading, Readings, Status
from edge_app.overlay.board_layout import Board, Placed, margin_px, picture_size, unit_of
from edge_app.overlay.help import draw_help
from edge_app.overlay.hints import STREETS_ALONE, draw_hints
from edge_app.overlay.hud import detail_of, draw_hud
from edge_app.overlay.panel import INK, Panel, Sheet, blit, dim
from edge_app.overlay.refresh import Refresh
from edge_app.overlay.resize import smooth
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state
from edge_app.overlay.street import HELPED, LOST
from edge_app.status_text import status_text
from edge_app.style import RIGHT, WRONG, bgr

Area = tuple[int, int, int, int]  # left, top, right, bottom
# Confidence from which a digit is sure, and from which it is likely.
_SURE, _LIKELY = 0.9, 0.75
_LIKELY_COLOUR = "#F0E442"
_DARK = "#0B0E11"
_SHADE_BGR = (26, 21, 17)
_NOTHING_READ = "no digits in view"


def colour_of(confidence: float) -> str:
    """Return the colour of a confidence: green where sure, yellow where likely, else orange."""
    if confidence >= _SURE:
        return RIGHT
    return _LIKELY_COLOUR if confidence >= _LIKELY else WRONG


class ReadingsView:
    """Draw canvases of pictures whose digits were read; holds the panels between two refreshes.

    height: rows of the canvas; None keeps the picture's own, but at least 480.
    hints: whether the most used keys are shown along the lower edge.
    """

    def __init__(self, height: int | None, hints: bool) -> None:
        self._height = height
        self._wants_hints = hints
        self._refresh = Refresh()
        self._placed: list[Placed] = []
        self._corner = 0

    def draw(
        self, frame: Frame, result: Readings, status: Status, controls: Controls, now_s: float
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR, as `Overlay.draw` does."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        size_wh = picture_size(frame_wh, self._height)
        canvas = smooth(frame.image, size_wh) if size_wh != frame_wh else frame.image.copy()
        unit = unit_of(size_wh)
        pad = max(4, round(0.008 * size_wh[1]))
        boxes = [_scaled(one.box_xywh, size_wh[0] / frame_wh[0], pad) for one in result.found]
        empty = not result.found
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch, empty):
            self._placed = []
            if unit is not None:
                self._arrange(size_wh, unit, boxes, status, controls)
        if controls.view != "picture":
            draw_boxes(canvas, result.found, boxes, unit or 0.5)
        if controls.help:
            dim(canvas, HELPED)
        elif lost_state(status):
            dim(canvas, LOST)
        for placed in self._placed:
            blit(canvas, placed.panel, placed.xy)
        if unit is not None and controls.view != "picture" and not controls.help:
            taken = [(*placed.xy, placed.right, placed.bottom) for placed in self._placed]
            for panel, xy in labels(result.found, boxes, taken, unit, size_wh):
                blit(canvas, panel, xy)
        return canvas

    def _arrange(
        self,
        size_wh: tuple[int, int],
        unit: float,
        boxes: Sequence[Area],
        status: Status,
        controls: Controls,
    ) -> None:
        """Draw all panels anew; the HUD goes to the corner where it covers the fewest digits."""
        margin = margin_px(size_wh)
        gap = max(2, margin // 2)
        board = Board(size_wh, margin)
        room_wh = (size_wh[0] - 2 * margin, size_wh[1] - 2 * margin)
        bottom = size_wh[1] - margin
        over = draw_help(unit, room_wh) if controls.help else None
        lost = lost_state(status)
        if over is None and lost:
            over = draw_banner(lost, unit, room_wh[0])
        if over is not None:
            board.put(over, [_centred(over, size_wh, (size_wh[1] - over.size_wh[1]) // 2)])
        if self._wants_hints and not controls.help:
            hints = draw_hints(unit, room_wh[0], without=STREETS_ALONE)
            if hints is not None:
                board.put(hints, [(margin, bottom - hints.size_wh[1])])
                bottom -= hints.size_wh[1] + gap
        switch = "" if controls.help else status.switch
        states = draw_states(chip_states(status), switch, unit, room_wh[0] // 2)
        for detail in range(0 if controls.help else detail_of(controls), 0, -1):
            hud = draw_hud(status_text(status), unit, detail=detail)
            corners, covers = self._corners(hud, size_wh, margin, bottom, boxes)
            if detail == 1 or not covers:  # a small HUD covers fewer digits than a whole one
                board.put(hud, corners)
                break
        if states is not None:
            lefts = (size_wh[0] - margin - states.size_wh[0], margin)
            board.put(states, [(x, y) for y in (margin, bottom - states.size_wh[1]) for x in lefts])
        if not boxes and not controls.help and not lost:
            note = _note(unit)
            board.put(note, [_centred(note, size_wh, bottom - note.size_wh[1])])
        self._placed = board.placed

    def _corners(
        self, hud: Panel, size_wh: tuple[int, int], margin: int, bottom: int, boxes: Sequence[Area]
    ) -> tuple[list[tuple[int, int]], bool]:
        """Return the corners for the HUD, best first, and whether even that covers a digit.

        It stays in its corner while no other covers fewer.
        """
        right = size_wh[0] - margin - hud.size_wh[0]
        end = max(margin, bottom - hud.size_wh[1])
        corners = [(margin, margin), (right, margin), (right, end), (margin, end)]

        def covered(i: int) -> int:
            (x, y), (width, height) = corners[i], hud.size_wh
            return sum(_meet((x, y, x + width, y + height), box) for box in boxes)

        order = sorted(range(4), key=lambda i: (covered(i), i != self._corner, i))
        self._corner = order[0]
        return [corners[i] for i in order], covered(order[0]) > 0


def _centred(panel: Panel, size_wh: tuple[int, int], top: int) -> tuple[int, int]:
    return (size_wh[0] - panel.size_wh[0]) // 2, top


def _scaled(box_xywh: tuple[int, int, int, int], times: float, pad: int) -> Area:
    """Return a box of the picture on the canvas, a little wider than the digit."""
    x, y, w, h = box_xywh
    left, top = round(x * times) - pad, round(y * times) - pad
    return left, top, round((x + w) * times) + pad, round((y + h) * times) + pad


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def draw_boxes(canvas: Image, found: Sequence[Reading], boxes: Sequence[Area], unit: float) -> None:
    """Draw a line around each digit in the colour of its confidence, in place."""
    line = max(2, round(3 * unit))
    for reading, (left, top, right, bottom) in zip(found, boxes, strict=True):
        # A dark rim keeps the colour apart from any paper.
        for colour, wide in ((_SHADE_BGR, line + 2), (bgr(colour_of(reading.confidence)), line)):
            cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, wide, cv2.LINE_AA)


def labels(
    found: Sequence[Reading],
    boxes: Sequence[Area],
    panels: Sequence[Area],
    unit: float,
    size_wh: tuple[int, int],
) -> list[tuple[Panel, tuple[int, int]]]:
    """Return a label for each digit and its corner, clear of other labels, digits and panels.

    Above its box if it can, else below; without the confidence where it is tight; and over
    something else only where there is no room at all.
    """
    placed: list[tuple[Panel, tuple[int, int]]] = []
    taken = list(panels)
    gap = max(2, round(5 * unit))
    for i, (reading, box) in enumerate(zip(found, boxes, strict=True)):
        others = [other for j, other in enumerate(boxes) if j != i] + taken
        per_cent = f"{100 * reading.confidence:.0f} %"
        colour = colour_of(reading.confidence)
        places = [
            (panel, xy)
            for panel in (_label(reading.digit, text, colour, unit) for text in (per_cent, ""))
            for xy in _beside(box, panel.size_wh, size_wh, gap)
        ]
        free = (
            (panel, xy)
            for panel, xy in places
            if not any(_meet(_area(panel, xy), other) for other in others)
        )
        chosen = next(free, places[0])
        placed.append(chosen)
        taken.append(_area(*chosen))
    return placed


def _area(panel: Panel, xy: tuple[int, int]) -> Area:
    return *xy, xy[0] + panel.size_wh[0], xy[1] + panel.size_wh[1]


def _beside(
    box: Area, label_wh: tuple[int, int], size_wh: tuple[int, int], gap: int
) -> list[tuple[int, int]]:
    """Return the corners for a label above and below a box: in the middle, then to each side."""
    left, top, right, bottom = box
    width, height = label_wh
    lefts = ((left + right - width) // 2, left, right - width)
    tops = [y for y in (top - gap - height, bottom + gap) if 0 <= y <= size_wh[1] - height]
    return [
        (max(0, min(size_wh[0] - width, x)), y)
        for y in tops or [max(0, size_wh[1] - height)]
        for x in lefts
    ]


@lru_cache(maxsize=512)
def _label(digit: int, confidence: str, colour: str, unit: float) -> Panel:
    """Draw a digit on its colour, and its confidence on a dark ground beside it."""

    def px(length: float) -> int:
        return round(length * unit)

    large, small = face(BOLD, px(34)), face(REGULAR, px(20))
    height, cap = px(42), px(38)
    beside = text_px(confidence, small) + px(18) if confidence else 0
    sheet = Sheet((cap + beside, height), px(8), opacity=0.86)
    sheet.box((0, 0), (cap, height), colour, px(8))
    sheet.text((cap // 2, height // 2), str(digit), large, _DARK, anchor="mm")
    if confidence:
        sheet.text((cap + px(9), height // 2), confidence, small, INK, anchor="lm")
    return sheet.finish()


@lru_cache(maxsize=8)
def _note(unit: float) -> Panel:
    """Say that nothing was read."""
    font, pad = face(REGULAR, round(18 * unit)), round(14 * unit)
    sheet = Sheet((text_px(_NOTHING_READ, font) + 2 * pad, round(38 * unit)), round(10 * unit))
    sheet.text((pad, sheet.size_wh[1] // 2), _NOTHING_READ, font, INK, anchor="lm")
    return sheet.finish()

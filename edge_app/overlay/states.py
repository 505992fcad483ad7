"""States that need attention: chips, and a banner for a lost source."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edge_app.fonts import BOLD, REGULAR, face, fit, shorten, text_px
from edge_app.frame import Status
from edge_app.overlay.lines import wrap
from edge_app.overlay.panel import DARK, INK, SOFT, XY, Panel, Scale, Sheet, Size
from edge_app.state import State, StateKind
from edge_app.style import WRONG, variant_colour

_RECORDING = "#FF3B30"
_PAUSED = "#F0E442"
_LAST = "this is the last image received"
_CHIP_MAX = 460  # longer texts become lines; in pixels of the layout
_LINES_MAX = 3


def chip_states(status: Status) -> tuple[State, ...]:
    """Return the states that get a chip: all but a lost source, which gets a banner."""
    return tuple(state for state in status.states if state.kind is not StateKind.RECONNECTING)


def lost_state(status: Status) -> State | None:
    """Return the state of a source that is lost, or None."""
    return next((one for one in status.states if one.kind is StateKind.RECONNECTING), None)


def states_px(states: Sequence[State], switch: str, scale: Scale) -> int:
    """Return the width of states if nothing is wrapped."""
    chips, notes = _chips_and_notes(states, switch, scale, math.inf)
    row = sum(_chip_px(str(state), scale) for state in chips) + scale.px(10) * (len(chips) - 1)
    small = face(REGULAR, scale.px(16))
    return max([row, *(text_px(text, small) + 2 * scale.px(14) for text in notes)])


def draw_states(
    states: Sequence[State], switch: str, scale: Scale, max_px: int, variants: Sequence[str] = ()
) -> Panel | None:
    """Draw a chip per state, and lines of text for long states and the last switch below.

    switch: the result of the last change of variant, or "". variants: of the model, by name.
    Returns None if there is nothing.
    """
    px = scale.px
    chips, notes = _chips_and_notes(states, switch, scale, max_px)
    if not (chips or notes):
        return None
    height, gap, edge, pitch = px(38), px(10), px(14), px(22)
    small = face(REGULAR, px(16))
    widths = [min(max_px, _chip_px(str(state), scale)) for state in chips]
    rows = _rows(widths, gap, max_px)
    spans = [sum(widths[i] for i in row) + gap * (len(row) - 1) for row in rows]
    boxes = [wrap(text, small, max(1, max_px - 2 * edge), _LINES_MAX) for text in notes]
    wide = [max(text_px(line, small) for line in lines) + 2 * edge for lines in boxes]
    tall = [pitch * len(lines) + px(10) for lines in boxes]
    total = len(rows) * (height + gap) + sum(each + gap for each in tall) - gap
    sheet = Sheet((max(wide + spans), total), 0, opacity=0.0)
    y = 0
    for row, span in zip(rows, spans, strict=True):
        x = (sheet.size_wh[0] - span) // 2
        for i in row:
            colour = variant_colour(chips[i].variant, variants)
            _draw_chip(sheet, (x, y), (widths[i], height), chips[i], colour, scale)
            x += widths[i] + gap
        y += height + gap
    for lines, width, high in zip(boxes, wide, tall, strict=True):
        x = (sheet.size_wh[0] - width) // 2
        sheet.ground((x, y), (width, high), px(9))
        for i, line in enumerate(lines):
            sheet.text((x + edge, y + px(5) + pitch * i + pitch // 2), line, small, SOFT, "lm")
        y += high + gap
    return sheet.finish()


def draw_banner(state: State, scale: Scale, max_px: int) -> Panel:
    """Draw the banner of a lost source: which attempt to reconnect, and why it was lost."""
    px = scale.px
    edge, bar, pitch = px(30), px(6), px(23)
    inner_px = min(max_px, px(640)) - 2 * edge
    text, font = fit(state.text, BOLD, (px(32), px(15)), inner_px)
    small = face(REGULAR, px(17))
    lines = [*wrap(state.detail, small, inner_px, _LINES_MAX - 1), *wrap(_LAST, small, inner_px, 2)]
    width = max(text_px(text, font), *(text_px(line, small) for line in lines)) + 2 * edge
    sheet = Sheet((width, px(89) + pitch * len(lines)), px(14), opacity=0.92)
    sheet.box(((width - px(72)) // 2, px(14)), (px(72), bar), WRONG, bar // 2)
    sheet.text((width // 2, px(53)), text, font, INK, anchor="mm")
    for i, line in enumerate(lines):
        sheet.text((width // 2, px(88) + pitch * i), line, small, SOFT, anchor="mm")
    return sheet.finish()


def _chips_and_notes(
    states: Sequence[State], switch: str, scale: Scale, max_px: float
) -> tuple[list[State], list[str]]:
    """Return the states short enough for a chip, and the texts of the others and the switch."""
    most_px = min(max_px, _CHIP_MAX * scale.factor)
    chips = [state for state in states if _chip_px(str(state), scale) <= most_px]
    notes = [str(state) for state in states if state not in chips]
    return chips, [*notes, switch] if switch else notes


def _rows(widths_px: Sequence[int], gap_px: int, max_px: int) -> list[list[int]]:
    """Return the indices of the chips in each row, of at most `max_px`."""
    rows: list[list[int]] = []
    for i, width in enumerate(widths_px):
        used = sum(widths_px[j] + gap_px for j in rows[-1]) if rows else 0
        if rows and used + width <= max_px:
            rows[-1].append(i)
        else:
            rows.append([i])
    return rows


def _chip_px(text: str, scale: Scale) -> int:
    return text_px(text, face(BOLD, scale.px(19))) + 2 * scale.px(14) + scale.px(25)


def _draw_chip(
    sheet: Sheet, xy: XY, size_wh: Size, state: State, colour: str, scale: Scale
) -> None:
    """Draw a state with its symbol: bars for a pause, a red dot for a recording, else a colour."""
    px = scale.px
    left, middle = xy[0] + px(14), xy[1] + size_wh[1] // 2
    side, ink = px(16), INK
    if state.kind is StateKind.PAUSED:
        sheet.box(xy, size_wh, _PAUSED, px(10))
        for at in (0, 10):
            sheet.box((left + px(at), middle - side // 2), (px(6), side), DARK, px(2))
        ink = DARK
    else:
        sheet.ground(xy, size_wh, px(10), 0.9)
        round_px = px(4)
        if state.kind is StateKind.RECORDING:
            colour, round_px = _RECORDING, side // 2
        sheet.box((left, middle - side // 2), (side, side), colour, round_px)
    font, text_left = face(BOLD, px(19)), left + px(25)
    text = shorten(str(state), font, max(1, xy[0] + size_wh[0] - px(14) - text_left))
    sheet.text((text_left, middle), text, font, ink, anchor="lm")

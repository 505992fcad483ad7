"""Show what is out of the ordinary as chips, and a lost camera as a banner."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.fonts import BOLD, REGULAR, Face, face, fit, shorten, text_px
from edge_app.frame import Status
from edge_app.overlay.panel import INK, SOFT, Panel, Sheet
from edge_app.state import State, StateKind
from edge_app.style import WRONG, variant_colour

_RECORDING = "#FF3B30"
_PAUSED = "#F0E442"
_DARK = "#0B0E11"
_LAST = "this is the last image received"
_CHIP_PX = 460  # a state longer than this is a sentence, and reads better in lines
_LINES = 3


def chip_states(status: Status) -> tuple[State, ...]:
    """Return the states that get a chip: all but a lost source, which gets a banner."""
    return tuple(state for state in status.states if state.kind is not StateKind.RECONNECTING)


def lost_state(status: Status) -> State | None:
    """Return the state of a source that is lost, or None."""
    return next((one for one in status.states if one.kind is StateKind.RECONNECTING), None)


def states_px(states: Sequence[State], switch: str, unit: float) -> int:
    """Return how wide states are where nothing has to be broken."""
    chips, notes = _sorted(states, switch, unit)
    row = sum(_chip_px(str(state), unit) for state in chips) + round(10 * unit) * (len(chips) - 1)
    return max([row, *(_note_px(text, unit) for text in notes)])


def draw_states(states: Sequence[State], switch: str, unit: float, room_px: int) -> Panel | None:
    """Draw a chip per state in as many rows as it takes, and sentences below in as many lines.

    switch: how the last change of variant went, the last of the sentences.
    Returns None where there is nothing to say.
    """

    def px(length: float) -> int:
        return round(length * unit)

    chips, notes = _sorted(states, switch, unit)
    if not (chips or notes):
        return None
    height, gap, edge, pitch = px(38), px(10), px(14), px(22)
    font, small = face(BOLD, px(19)), face(REGULAR, px(16))
    widths = [min(room_px, _chip_px(str(state), unit)) for state in chips]
    rows = _rows(widths, gap, room_px)
    spans = [sum(widths[i] for i in row) + gap * (len(row) - 1) for row in rows]
    boxes = [wrap(text, small, max(1, room_px - 2 * edge), _LINES) for text in notes]
    wide = [max(text_px(line, small) for line in lines) + 2 * edge for lines in boxes]
    tall = [pitch * len(lines) + px(10) for lines in boxes]
    total = len(rows) * (height + gap) + sum(each + gap for each in tall) - gap
    sheet = Sheet((max(wide + spans), total), 0, opacity=0.0)
    y = 0
    for row, span in zip(rows, spans, strict=True):
        x = (sheet.size_wh[0] - span) // 2
        for i in row:
            _draw_chip(sheet, (x, y), (widths[i], height), chips[i], font, unit)
            x += widths[i] + gap
        y += height + gap
    for lines, width, high in zip(boxes, wide, tall, strict=True):
        x = (sheet.size_wh[0] - width) // 2
        sheet.ground((x, y), (width, high), px(9))
        for i, line in enumerate(lines):
            sheet.text((x + edge, y + px(5) + pitch * i + pitch // 2), line, small, SOFT, "lm")
        y += high + gap
    return sheet.finish()


def draw_banner(state: State, unit: float, room_px: int) -> Panel:
    """Draw what has to be read before anything else: the source is lost, why, and the try."""

    def px(length: float) -> int:
        return round(length * unit)

    edge, bar, pitch = px(30), px(6), px(23)
    room = min(room_px, px(640)) - 2 * edge
    text, font = fit(state.text, BOLD, (px(32), px(15)), room)
    small = face(REGULAR, px(17))
    lines = [*wrap(state.detail, small, room, _LINES - 1), *wrap(_LAST, small, room, 2)]
    width = max(text_px(text, font), *(text_px(line, small) for line in lines)) + 2 * edge
    sheet = Sheet((width, px(89) + pitch * len(lines)), px(14), opacity=0.92)
    sheet.box(((width - px(72)) // 2, px(14)), (px(72), bar), WRONG, bar // 2)
    sheet.text((width // 2, px(53)), text, font, INK, anchor="mm")
    for i, line in enumerate(lines):
        sheet.text((width // 2, px(88) + pitch * i), line, small, SOFT, anchor="mm")
    return sheet.finish()


def wrap(text: str, font: Face, room_px: int, most: int) -> list[str]:
    """Break a text between words into at most some lines, about as long as one another.

    What is too long ends in an ellipsis.
    """
    lines = _filled(text, font, room_px, most)
    even_px = room_px
    while len(lines) > 1 and even_px > room_px // 2:
        even_px -= max(1, room_px // 40)
        tried = _filled(text, font, even_px, most)
        if len(tried) > len(lines) or max(text_px(line, font) for line in tried) > even_px:
            break
        lines = tried
    return [shorten(line, font, room_px) for line in lines]


def _filled(text: str, font: Face, room_px: int, most: int) -> list[str]:
    """Break a text into lines as full as they get; the last of `most` takes all the rest."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (text_px(longer, font) <= room_px or len(lines) == most):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _sorted(states: Sequence[State], switch: str, unit: float) -> tuple[list[State], list[str]]:
    """Divide states into those short enough for a chip and sentences, the switch last."""
    chips = [state for state in states if _chip_px(str(state), unit) <= _CHIP_PX * unit]
    notes = [str(state) for state in states if state not in chips]
    return chips, [*notes, switch] if switch else notes


def _rows(widths_px: Sequence[int], gap_px: int, room_px: int) -> list[list[int]]:
    """Break chips into rows no wider than the room: indices per row."""
    rows: list[list[int]] = []
    for i, width in enumerate(widths_px):
        used = sum(widths_px[j] + gap_px for j in rows[-1]) if rows else 0
        if rows and used + width <= room_px:
            rows[-1].append(i)
        else:
            rows.append([i])
    return rows


def _chip_px(text: str, unit: float) -> int:
    return text_px(text, face(BOLD, round(19 * unit))) + 2 * round(14 * unit) + round(25 * unit)


def _note_px(text: str, unit: float) -> int:
    return text_px(text, face(REGULAR, round(16 * unit))) + 2 * round(14 * unit)


def _draw_chip(
    sheet: Sheet,
    xy: tuple[int, int],
    size_wh: tuple[int, int],
    state: State,
    font: Face,
    unit: float,
) -> None:
    """Draw a state with its sign: bars for a pause, a red dot while recording."""

    def px(length: float) -> int:
        return round(length * unit)

    x, y = xy
    left, middle = x + px(14), y + size_wh[1] // 2
    side, ink = px(16), INK
    if state.kind is StateKind.PAUSED:
        sheet.box(xy, size_wh, _PAUSED, px(10))
        for at in (0, 10):
            sheet.box((left + px(at), middle - side // 2), (px(6), side), _DARK, px(2))
        ink = _DARK
    else:
        sheet.ground(xy, size_wh, px(10), 0.9)
        colour, round_px = variant_colour(state.variant), px(4)
        if state.kind is StateKind.RECORDING:
            colour, round_px = _RECORDING, side // 2
        sheet.box((left, middle - side // 2), (side, side), colour, round_px)
    text_left = left + px(25)
    room = x + size_wh[0] - px(14) - text_left
    sheet.text((text_left, middle), shorten(str(state), font, max(1, room)), font, ink, anchor="lm")

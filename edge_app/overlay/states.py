"""Show what is out of the ordinary as chips, and a lost camera as a banner."""

from __future__ import annotations

from edge_app.frame import Status
from edge_app.overlay.fonts import BOLD, REGULAR, Face, face, fit, shorten, text_px
from edge_app.overlay.panel import INK, SOFT, Panel, Sheet
from edge_app.style import WRONG, variant_colour

_RECORDING = "#FF3B30"
_TROUBLE = "#F0E442"
_DARK = "#0B0E11"
_LOST = "reconnecting"


def chip_states(status: Status) -> tuple[str, ...]:
    """Return the states that get a chip: all but a lost source, which gets a banner."""
    return tuple(state for state in status.states if not state.startswith(_LOST))


def lost_state(status: Status) -> str:
    """Return the words about a source that is lost, or nothing."""
    return next((state for state in status.states if state.startswith(_LOST)), "")


def draw_states(states: tuple[str, ...], switch: str, unit: float, room_px: int) -> Panel | None:
    """Draw a chip per state, in as many rows as it takes, and the last change of variant below.

    Returns None where there is nothing to say.
    """

    def px(length: float) -> int:
        return round(length * unit)

    font, height, gap = face(BOLD, px(19)), px(38), px(10)
    edge, icon = px(14), px(16)
    rest = 2 * edge + icon + px(9)
    words = [shorten(state, font, max(1, room_px - rest)) for state in states]
    widths = [rest + text_px(text, font) for text in words]
    rows: list[list[int]] = []
    for i, width in enumerate(widths):
        used = sum(widths[j] + gap for j in rows[-1]) if rows else 0
        if rows and used + width <= room_px:
            rows[-1].append(i)
        else:
            rows.append([i])
    line, small = fit(switch, REGULAR, (px(16), px(13)), room_px - 2 * edge)
    line_px = text_px(line, small) + 2 * edge if line else 0
    spans = [sum(widths[i] for i in row) + gap * (len(row) - 1) for row in rows]
    if not (rows or line):
        return None
    total = len(rows) * (height + gap) + (px(30) + gap if line else 0) - gap
    sheet = Sheet((max([line_px, *spans]), total), 0, opacity=0.0)
    for row, (chips, span) in enumerate(zip(rows, spans, strict=True)):
        x, y = (sheet.size_wh[0] - span) // 2, row * (height + gap)
        for i in chips:
            _draw_chip(sheet, (x, y), (widths[i], height), states[i], words[i], font, unit)
            x += widths[i] + gap
    if line:
        y, x = total - px(30), (sheet.size_wh[0] - line_px) // 2
        sheet.ground((x, y), (line_px, px(30)), px(9))
        sheet.text((x + edge, y + px(15)), line, small, SOFT, anchor="lm")
    return sheet.finish()


def _draw_chip(
    sheet: Sheet,
    xy: tuple[int, int],
    size_wh: tuple[int, int],
    state: str,
    words: str,
    font: Face,
    unit: float,
) -> None:
    """Draw a state with its sign: bars for a pause, a red dot while recording."""

    def px(length: float) -> int:
        return round(length * unit)

    x, y = xy
    left, middle = x + px(14), y + size_wh[1] // 2
    side, ink = px(16), INK
    if state.startswith("paused"):
        sheet.box(xy, size_wh, _TROUBLE, px(10))
        for at in (0, 10):
            sheet.box((left + px(at), middle - side // 2), (px(6), side), _DARK, px(2))
        ink = _DARK
    else:
        sheet.ground(xy, size_wh, px(10), 0.9)
        colour = variant_colour(state.split()[-1].replace(" ", "_"))
        round_px = px(4)
        if state.startswith("recording"):
            colour, round_px = _RECORDING, side // 2
        sheet.box((left, middle - side // 2), (side, side), colour, round_px)
    sheet.text((left + side + px(9), middle), words, font, ink, anchor="lm")


def draw_banner(words: str, unit: float, room_px: int) -> Panel:
    """Draw what has to be read before anything else: the source is lost, and being looked for."""

    def px(length: float) -> int:
        return round(length * unit)

    edge, bar = px(30), px(6)
    below = "the picture is the last that came"
    text, font = fit(words, BOLD, (px(32), px(15)), room_px - 2 * edge)
    note, small = fit(below, REGULAR, (px(17), px(12)), room_px - 2 * edge)
    width = max(text_px(text, font), text_px(note, small)) + 2 * edge
    sheet = Sheet((width, px(112)), px(14), opacity=0.92)
    sheet.box(((width - px(72)) // 2, px(14)), (px(72), bar), WRONG, bar // 2)
    sheet.text((width // 2, px(53)), text, font, INK, anchor="mm")
    sheet.text((width // 2, px(88)), note, small, SOFT, anchor="mm")
    return sheet.finish()

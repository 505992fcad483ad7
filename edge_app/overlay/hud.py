"""The HUD: which variant runs, how fast, and how well."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.controls import Controls
from edge_app.fonts import BOLD, REGULAR, Face, face, fit, shorten, text_px
from edge_app.overlay.panel import FAINT, INK, SOFT, Panel, Sheet
from edge_app.status_text import BarPart, StatusText

# Of the panel at 720 rows; all lengths below are at that size.
WIDTH = 440
HEIGHT = 285
FIRST_LINES = (370, 138)  # width and height of names and rates alone


def detail_of(controls: Controls) -> int:
    """Return how much of the HUD is asked for: 2 all, 1 the first lines, 0 nothing."""
    return 2 if controls.hud is True else int(controls.hud)


def draw_hud(text: StatusText, unit: float, width_px: int | None = None, detail: int = 2) -> Panel:
    """Draw the text of a status as a panel.

    unit: pixels per pixel of the layout at 720 rows.
    width_px: of the panel, where it is not to have its own.
    detail: 1 for names and rates alone, else all.
    """

    def px(length: float) -> int:
        return round(length * unit)

    pad, width = px(18), width_px or int((FIRST_LINES[0] if detail == 1 else WIDTH) * unit)
    room = width - 2 * pad
    height = int(
        unit * (FIRST_LINES[1] if detail == 1 else HEIGHT if text.quality else HEIGHT - 22)
    )
    sheet = Sheet((width, height), px(12))

    _draw_names(sheet, text, unit)
    for i, (figure, what) in enumerate(text.rates):
        x, column = pad + i * room // 3, room // 3
        label_, font = fit(figure, BOLD, (px(28), px(14)), column - px(6))
        sheet.text((x, px(106)), label_, font)
        label = face(REGULAR, px(14))
        sheet.text((x, px(124)), shorten(what, label, column - px(6)), label, FAINT)
    if detail == 1:
        return sheet.finish()
    sheet.bar((pad, px(137)), (room, px(12)), bar_parts(text.bar, room), px(4))
    _draw_stages(sheet, text, unit)

    note = face(REGULAR, px(14))
    spaced = "   ".join(text.notes)
    sheet.text((pad, px(248)), shorten(spaced, note, room), note, SOFT)
    if text.quality:
        label_, font = fit("   ".join(text.quality), BOLD, (px(15), px(12)), room)
        sheet.text((pad, px(270)), label_, font)
    return sheet.finish()


def bar_parts(bar: Sequence[BarPart], room_px: int) -> list[tuple[str, int]]:
    """Divide a bar by its shares: (colour, width) each, adding up to the room exactly."""
    if not bar:
        return [("#3A424C", room_px)]
    parts, done, start = [], 0.0, 0
    for part in bar:
        done += part.share
        end = round(room_px * min(1.0, done))
        parts.append((part.colour, end - start))
        start = end
    return parts


def _draw_names(sheet: Sheet, text: StatusText, unit: float) -> None:
    """Draw the variant in a chip of its colour, the model beside it, the facts below."""

    def px(length: float) -> int:
        return round(length * unit)

    pad = px(18)
    room = sheet.size_wh[0] - 2 * pad
    name, font = fit(text.variant, BOLD, (px(20), px(12)), room // 2)
    chip_wh = (text_px(name, font) + px(20), px(33))
    sheet.box((pad, px(15)), chip_wh, text.colour, px(8))
    sheet.text((pad + px(10), px(15) + chip_wh[1] // 2), name, font, "#0B0E11", anchor="lm")
    left = pad + chip_wh[0] + px(12)
    title, font = fit(text.title, BOLD, (px(17), px(13)), pad + room - left)
    sheet.text((left, px(15) + chip_wh[1] // 2), title, font, INK, anchor="lm")
    facts, font = fit_facts(text.facts, (px(14), px(12)), room)
    sheet.text((pad, px(69)), facts, font, SOFT)


def fit_facts(facts: tuple[str, ...], sizes_px: tuple[int, int], room_px: int) -> tuple[str, Face]:
    """Join facts to a line that fits; where they are too long, the longest is cut."""
    line = " · ".join(facts)
    small = face(REGULAR, min(sizes_px))
    excess = text_px(line, small) - room_px
    if excess > 0:
        longest = max(facts, key=len)
        cut = shorten(longest, small, max(0, text_px(longest, small) - excess))
        line = " · ".join(cut if fact == longest else fact for fact in facts)
    return fit(line, REGULAR, sizes_px, room_px)


def _draw_stages(sheet: Sheet, text: StatusText, unit: float) -> None:
    """Draw the median and the 90th percentile of each stage, in two columns of rows."""

    def px(length: float) -> int:
        return round(length * unit)

    pad, gap = px(18), px(20)
    column = (sheet.size_wh[0] - 2 * pad - gap) // 2
    rows = -(-len(text.stages) // 2)
    plain, head = face(REGULAR, px(14)), face(REGULAR, px(13))
    for i, stage in enumerate(text.stages):
        left = pad + (i // rows) * (column + gap)
        right = left + column
        middle = right - px(54)
        y = px(186 + 19 * (i % rows))
        if i % rows == 0:
            sheet.text((middle, px(167)), "p50", head, FAINT, anchor="rs")
            sheet.text((right, px(167)), "p90", head, FAINT, anchor="rs")
            sheet.text((left, px(167)), "ms", head, FAINT)
        swatch = px(9)
        if stage.colour:
            sheet.box((left, y - swatch), (swatch, swatch), stage.colour, px(2))
        sheet.text((left + px(15), y), stage.name, plain, SOFT)
        sheet.text((middle, y), stage.p50, plain, INK, anchor="rs")
        sheet.text((right, y), stage.p90, plain, SOFT, anchor="rs")

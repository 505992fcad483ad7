"""The HUD: which variant runs, how fast, and how well."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.fonts import BOLD, REGULAR, Face, face, fit, shorten, text_px
from edge_app.overlay.board_layout import HUD_BRIEF_WH, HUD_WH
from edge_app.overlay.panel import DARK, FAINT, INK, SOFT, Panel, Scale, Sheet
from edge_app.pointing import Box
from edge_app.status_text import STAGE_HEADS, BarPart, StatusText


def draw_hud(text: StatusText, scale: Scale, width_px: int | None = None, detail: int = 2) -> Panel:
    """Draw the HUD.

    width_px: width of the panel (default: that of the layout).
    detail: 1 for names and rates alone, 2 for all.
    """
    px = scale.px
    width, height = HUD_BRIEF_WH if detail == 1 else HUD_WH
    if detail > 1:
        height -= 22 * (2 - bool(text.notes) - bool(text.quality))
    sheet = Sheet((width_px or int(width * scale.factor), int(height * scale.factor)), px(12))
    pad = px(18)
    inner_px = sheet.size_wh[0] - 2 * pad

    _draw_names(sheet, text, scale)
    small = face(REGULAR, px(14))
    for i, (figure, what) in enumerate(text.rates):
        x, column_px = pad + i * inner_px // 3, inner_px // 3 - px(6)
        figure, font = fit(figure, BOLD, (px(28), px(14)), column_px)
        sheet.text((x, px(106)), figure, font)
        sheet.text((x, px(124)), shorten(what, small, column_px), small, FAINT)
    if detail == 1:
        return sheet.finish()
    sheet.bar((pad, px(137)), (inner_px, px(12)), bar_parts(text.bar, inner_px), px(4))
    _draw_stages(sheet, text, scale)
    if text.notes:
        sheet.text((pad, px(248)), shorten("   ".join(text.notes), small, inner_px), small, SOFT)
    if text.quality:
        quality, font = fit("   ".join(text.quality), BOLD, (px(15), px(13)), inner_px)
        sheet.text((pad, px(270 if text.notes else 248)), quality, font)
    return sheet.finish()


def bar_parts(bar: Sequence[BarPart], width_px: int) -> list[tuple[str, int]]:
    """Return (colour, width) of each part of a bar; the widths add up to that of the bar."""
    if not bar:
        return [("#3A424C", width_px)]
    parts, done, start = [], 0.0, 0
    for part in bar:
        done += part.share
        end = round(width_px * min(1.0, done))
        parts.append((part.colour, end - start))
        start = end
    return parts


def variant_chip_box(text: StatusText, scale: Scale, width_px: int) -> Box:
    """Return where the variant's chip is on a HUD of a width."""
    px = scale.px
    name, font = _chip_name(text, scale, width_px)
    return px(18), px(15), px(18) + text_px(name, font) + px(20), px(15) + px(33)


def _chip_name(text: StatusText, scale: Scale, width_px: int) -> tuple[str, Face]:
    """Return the variant's name as it fits on its chip, and in which letters."""
    px = scale.px
    return fit(text.variant, BOLD, (px(20), px(13)), (width_px - 2 * px(18)) // 2)


def _draw_names(sheet: Sheet, text: StatusText, scale: Scale) -> None:
    """Draw the variant on a chip of its colour, the model beside it, the facts below."""
    px = scale.px
    pad = px(18)
    inner_px = sheet.size_wh[0] - 2 * pad
    chip_left, top, chip_right, bottom = variant_chip_box(text, scale, sheet.size_wh[0])
    middle = top + (bottom - top) // 2
    sheet.box((chip_left, top), (chip_right - chip_left, bottom - top), text.colour, px(8))
    name, font = _chip_name(text, scale, sheet.size_wh[0])
    sheet.text((chip_left + px(10), middle), name, font, DARK, anchor="lm")
    left = chip_right + px(12)
    title, font = fit(text.title, BOLD, (px(17), px(13)), pad + inner_px - left)
    sheet.text((left, middle), title, font, INK, anchor="lm")
    facts, font = fit_facts(text.facts, (px(14), px(13)), inner_px)
    sheet.text((pad, px(69)), facts, font, SOFT)


def fit_facts(facts: tuple[str, ...], sizes_px: tuple[int, int], max_px: int) -> tuple[str, Face]:
    """Join facts to one line that fits; the longest is shortened if they are too long."""
    line = " · ".join(facts)
    small = face(REGULAR, min(sizes_px))
    excess = text_px(line, small) - max_px
    if excess > 0:
        longest = max(facts, key=len)
        cut = shorten(longest, small, max(0, text_px(longest, small) - excess))
        line = " · ".join(cut if fact == longest else fact for fact in facts)
    return fit(line, REGULAR, sizes_px, max_px)


def _draw_stages(sheet: Sheet, text: StatusText, scale: Scale) -> None:
    """Draw the median and the 90th percentile of each stage, in two columns of rows."""
    px = scale.px
    pad, gap = px(18), px(20)
    column = (sheet.size_wh[0] - 2 * pad - gap) // 2
    rows = -(-len(text.stages) // 2)
    plain, head = face(REGULAR, px(14)), face(REGULAR, px(13))
    spread = any(stage.p90 for stage in text.stages)
    for i, stage in enumerate(text.stages):
        left = pad + (i // rows) * (column + gap)
        right = left + column
        middle = right - (px(54) if spread else 0)
        y = px(186 + 19 * (i % rows))
        if i % rows == 0:
            name, median, p90 = STAGE_HEADS
            if not spread:
                median = p90 = ""
            if text_px(name, head) + px(6) > middle - left - text_px(median, head):
                name = name.partition(" ")[0]  # ms: beside a small image the HUD is narrow
            sheet.text((middle, px(167)), median, head, FAINT, anchor="rs")
            sheet.text((right, px(167)), p90, head, FAINT, anchor="rs")
            sheet.text((left, px(167)), name, head, FAINT)
        swatch = px(9)
        if stage.colour:
            sheet.box((left, y - swatch), (swatch, swatch), stage.colour, px(2))
        sheet.text((left + px(15), y), stage.name, plain, SOFT)
        sheet.text((middle, y), stage.p50, plain, INK, anchor="rs")
        sheet.text((right, y), stage.p90, plain, SOFT, anchor="rs")

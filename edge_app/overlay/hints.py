"""Show the keys along the lower edge."""

from __future__ import annotations

from edge_app.controls import KEYS
from edge_app.overlay.fonts import BOLD, REGULAR, face, text_px
from edge_app.overlay.panel import INK, SOFT, Panel, Sheet

_CAP = "#5A6673"  # of a key; lighter than a panel over a white picture


def hint_lines(room_px: int, widths_px: list[int], gap_px: int) -> list[list[int]]:
    """Break items of given widths into lines no wider than the room: indices per line."""
    lines: list[list[int]] = []
    used = 0
    for i, width in enumerate(widths_px):
        if lines and used + gap_px + width <= room_px:
            lines[-1].append(i)
            used += gap_px + width
        else:
            lines.append([i])
            used = width
    return lines


def draw_hints(unit: float, room_px: int) -> Panel | None:
    """Draw every key with its words, in as many lines as it takes; None where it cannot fit."""

    def px(length: float) -> int:
        return round(length * unit)

    pad, gap, pitch = px(14), px(22), px(28)
    key_font, font = face(BOLD, px(14)), face(REGULAR, px(15))
    keys = [entry.keys[0] for entry in KEYS]
    caps = [max(px(22), text_px(key, key_font) + px(12)) for key in keys]
    items = [cap + px(7) + text_px(entry.what, font) for cap, entry in zip(caps, KEYS, strict=True)]
    if max(items) > room_px - 2 * pad:
        return None
    lines = hint_lines(room_px - 2 * pad, items, gap)
    widest = max(sum(items[i] for i in line) + gap * (len(line) - 1) for line in lines)
    sheet = Sheet((widest + 2 * pad, 2 * px(9) + len(lines) * pitch - px(6)), px(10))
    for row, line in enumerate(lines):
        x, middle = pad, px(9) + row * pitch + px(11)
        for i in line:
            sheet.box((x, middle - px(11)), (caps[i], px(22)), _CAP, px(5))
            sheet.text((x + caps[i] // 2, middle), keys[i], key_font, INK, anchor="mm")
            sheet.text((x + caps[i] + px(7), middle), KEYS[i].what, font, SOFT, anchor="lm")
            x += items[i] + gap
    return sheet.finish()

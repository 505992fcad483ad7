"""List every key and what it does, over the whole canvas."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.controls import KEYS, Controls, Key
from edge_app.fonts import BOLD, REGULAR, Face, face, text_px
from edge_app.overlay.panel import FAINT, INK, SOFT, Panel, Sheet

CAP = "#5A6673"  # of a key; lighter than a panel over a white picture
_NAMES = {
    "left": "\N{LEFTWARDS ARROW}",
    "right": "\N{RIGHTWARDS ARROW}",
    "up": "\N{UPWARDS ARROW}",
    "down": "\N{DOWNWARDS ARROW}",
}
_SHIFTED = {"=": "+", "_": "-", "<": ",", ">": "."}  # the same key of the keyboard, or its shift
_SMALLEST = 0.45
_HEAD, _PITCH = 58, 34
_OPEN = Controls(help=True)


def caps_of(entry: Key) -> tuple[str, ...]:
    """Return what to write on the caps of a key's entry, once for each key of the keyboard."""
    shown = [key for key in entry.keys if _SHIFTED.get(key) not in entry.keys]
    return tuple(_NAMES.get(key, key) for key in shown)


def draw_help(unit: float, room_wh: tuple[int, int], entries: Sequence[Key] = KEYS) -> Panel | None:
    """Draw all keys in two columns, as large as the room allows; None where nobody could read it.

    unit: pixels per pixel of the layout at 720 rows.
    """
    while unit >= _SMALLEST:
        for columns in (2, 1):
            size_wh = _layout(entries, unit, columns)[0]
            if size_wh[0] <= room_wh[0] and size_wh[1] <= room_wh[1]:
                return _draw(entries, unit, columns)
        unit *= 0.94
    return None


def _layout(
    entries: Sequence[Key], unit: float, columns: int
) -> tuple[tuple[int, int], list[int], list[int]]:
    """Return the size of the panel, and how wide caps and words are in each column."""
    cap_font, font = face(BOLD, round(17 * unit)), face(REGULAR, round(18 * unit))
    rows = -(-len(entries) // columns)
    caps, words = [], []
    for start in range(0, len(entries), rows):
        part = entries[start : start + rows]
        caps.append(
            max(
                sum(_cap_px(text, cap_font, unit) + round(6 * unit) for text in caps_of(entry))
                for entry in part
            )
        )
        words.append(max(text_px(entry.what, font) for entry in part))
    width = sum(caps) + sum(words) + round((12 * len(caps) + 40 * (len(caps) - 1) + 2 * 30) * unit)
    return (width, round((_HEAD + _PITCH * rows + 14) * unit)), caps, words


def _cap_px(text: str, font: Face, unit: float) -> int:
    return max(round(28 * unit), text_px(text, font) + round(16 * unit))


def _draw(entries: Sequence[Key], unit: float, columns: int) -> Panel:
    def px(length: float) -> int:
        return round(length * unit)

    size_wh, caps, words = _layout(entries, unit, columns)
    cap_font, font = face(BOLD, px(17)), face(REGULAR, px(18))
    rows = -(-len(entries) // columns)
    sheet = Sheet(size_wh, px(14), opacity=0.9)
    sheet.text((px(30), px(40)), "keys", face(BOLD, px(24)), INK)
    closing = [caps_of(entry)[0] for entry in entries if not entry.change(_OPEN).help]
    if closing:
        note = f"{closing[0]} closes"
        sheet.text((size_wh[0] - px(30), px(40)), note, face(REGULAR, px(16)), FAINT, "rs")
    left = px(30)
    for column, (cap_px, words_px) in enumerate(zip(caps, words, strict=True)):
        for row, entry in enumerate(entries[column * rows : (column + 1) * rows]):
            x, middle = left, px(_HEAD + _PITCH * row + _PITCH // 2)
            for text in caps_of(entry):
                width = _cap_px(text, cap_font, unit)
                sheet.box((x, middle - px(14)), (width, px(28)), CAP, px(6))
                sheet.text((x + width // 2, middle), text, cap_font, INK, anchor="mm")
                x += width + px(6)
            sheet.text((left + cap_px + px(12), middle), entry.what, font, SOFT, anchor="lm")
        left += cap_px + words_px + px(12 + 40)
    return sheet.finish()

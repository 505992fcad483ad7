"""The help: a panel with every key and what it does."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.controls import KEYS, Controls, Key
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.overlay.panel import FAINT, INK, SCALE_MIN, SOFT, Panel, Scale, Sheet, Size

CAP = "#5A6673"  # of a key; lighter than a panel over a white image
_NAMES = {"left": "\N{LEFTWARDS ARROW}", "right": "\N{RIGHTWARDS ARROW}"}
_SHIFTED = {"=": "+", "_": "-", "<": ",", ">": "."}  # two characters of one keyboard key
_HEAD, _PITCH = 58, 34
_OPEN = Controls(help=True)
_Column = tuple[Sequence[Key], int, int]  # keys, and the widths of their caps and texts


def caps_of(entry: Key) -> tuple[str, ...]:
    """Return the texts on the caps of an entry, one for each key of the keyboard."""
    shown = [key for key in entry.keys if _SHIFTED.get(key) not in entry.keys]
    return tuple(_NAMES.get(key, key) for key in shown)


def draw_help(scale: Scale, max_wh: Size, entries: Sequence[Key] = KEYS) -> Panel | None:
    """Draw all keys in two columns, as large as they fit; None if that is too small to read."""
    while scale.factor >= SCALE_MIN:
        for number in (2, 1):
            rows = -(-len(entries) // number)
            parts = [entries[at : at + rows] for at in range(0, len(entries), rows)]
            columns = [_measured(part, scale) for part in parts]
            width = sum(caps_px + texts_px for _, caps_px, texts_px in columns)
            width += scale.px(12 * len(columns) + 40 * (len(columns) - 1) + 2 * 30)
            size_wh = (width, scale.px(_HEAD + _PITCH * rows + 14))
            if size_wh[0] <= max_wh[0] and size_wh[1] <= max_wh[1]:
                return _draw(columns, size_wh, scale)
        scale = Scale(scale.factor * 0.94)
    return None


def _measured(entries: Sequence[Key], scale: Scale) -> _Column:
    """Return a column of keys with the widths of its caps and its texts."""
    gap, font = scale.px(6), face(REGULAR, scale.px(18))
    caps_px = [sum(_cap_px(text, scale) + gap for text in caps_of(entry)) for entry in entries]
    return entries, max(caps_px), max(text_px(entry.what, font) for entry in entries)


def _cap_px(text: str, scale: Scale) -> int:
    return max(scale.px(28), text_px(text, face(BOLD, scale.px(17))) + scale.px(16))


def _draw(columns: Sequence[_Column], size_wh: Size, scale: Scale) -> Panel:
    px = scale.px
    cap_font, font = face(BOLD, px(17)), face(REGULAR, px(18))
    sheet = Sheet(size_wh, px(14), opacity=0.9)
    sheet.text((px(30), px(40)), "keys", face(BOLD, px(24)), INK)
    entries = [entry for column, *_ in columns for entry in column]
    closing = [caps_of(entry)[0] for entry in entries if not entry.change(_OPEN).help]
    if closing:
        note = f"{closing[0]} closes"
        sheet.text((size_wh[0] - px(30), px(40)), note, face(REGULAR, px(16)), FAINT, "rs")
    left = px(30)
    for column, caps_px, texts_px in columns:
        for row, entry in enumerate(column):
            x, middle = left, px(_HEAD + _PITCH * row + _PITCH // 2)
            for text in caps_of(entry):
                width = _cap_px(text, scale)
                sheet.box((x, middle - px(14)), (width, px(28)), CAP, px(6))
                sheet.text((x + width // 2, middle), text, cap_font, INK, anchor="mm")
                x += width + px(6)
            sheet.text((left + caps_px + px(12), middle), entry.what, font, SOFT, anchor="lm")
        left += caps_px + texts_px + px(12 + 40)
    return sheet.finish()

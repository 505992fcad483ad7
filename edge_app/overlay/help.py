"""The help: a panel with every key and what it does."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.controls import KEYS, Controls, Key
from edge_app.fonts import BOLD, REGULAR, Face, face, text_px
from edge_app.overlay.panel import FAINT, INK, SCALE_MIN, SOFT, Panel, Scale, Sheet

CAP = "#5A6673"  # of a key; lighter than a panel over a white image
_NAMES = {
    "left": "\N{LEFTWARDS ARROW}",
    "right": "\N{RIGHTWARDS ARROW}",
    "up": "\N{UPWARDS ARROW}",
    "down": "\N{DOWNWARDS ARROW}",
}
_SHIFTED = {"=": "+", "_": "-", "<": ",", ">": "."}  # two characters of one keyboard key
_HEAD, _PITCH = 58, 34
_OPEN = Controls(help=True)


def caps_of(entry: Key) -> tuple[str, ...]:
    """Return the texts on the caps of an entry, one for each key of the keyboard."""
    shown = [key for key in entry.keys if _SHIFTED.get(key) not in entry.keys]
    return tuple(_NAMES.get(key, key) for key in shown)


def draw_help(scale: Scale, max_wh: tuple[int, int], entries: Sequence[Key] = KEYS) -> Panel | None:
    """Draw all keys in two columns, as large as they fit; None if that is too small to read."""
    while scale.factor >= SCALE_MIN:
        for columns in (2, 1):
            size_wh = _layout(entries, scale, columns)[0]
            if size_wh[0] <= max_wh[0] and size_wh[1] <= max_wh[1]:
                return _draw(entries, scale, columns)
        scale = Scale(scale.factor * 0.94)
    return None


def _layout(
    entries: Sequence[Key], scale: Scale, columns: int
) -> tuple[tuple[int, int], list[int], list[int]]:
    """Return the size of the panel, and the widths of caps and texts in each column."""
    cap_font, font = face(BOLD, scale.px(17)), face(REGULAR, scale.px(18))
    rows = -(-len(entries) // columns)
    caps, texts = [], []
    for start in range(0, len(entries), rows):
        part = entries[start : start + rows]
        caps.append(
            max(
                sum(_cap_px(text, cap_font, scale) + scale.px(6) for text in caps_of(entry))
                for entry in part
            )
        )
        texts.append(max(text_px(entry.what, font) for entry in part))
    width = sum(caps) + sum(texts) + scale.px(12 * len(caps) + 40 * (len(caps) - 1) + 2 * 30)
    return (width, scale.px(_HEAD + _PITCH * rows + 14)), caps, texts


def _cap_px(text: str, font: Face, scale: Scale) -> int:
    return max(scale.px(28), text_px(text, font) + scale.px(16))


def _draw(entries: Sequence[Key], scale: Scale, columns: int) -> Panel:
    px = scale.px
    size_wh, caps, texts = _layout(entries, scale, columns)
    cap_font, font = face(BOLD, px(17)), face(REGULAR, px(18))
    rows = -(-len(entries) // columns)
    sheet = Sheet(size_wh, px(14), opacity=0.9)
    sheet.text((px(30), px(40)), "keys", face(BOLD, px(24)), INK)
    closing = [caps_of(entry)[0] for entry in entries if not entry.change(_OPEN).help]
    if closing:
        note = f"{closing[0]} closes"
        sheet.text((size_wh[0] - px(30), px(40)), note, face(REGULAR, px(16)), FAINT, "rs")
    left = px(30)
    for column, (cap_px, text_width) in enumerate(zip(caps, texts, strict=True)):
        for row, entry in enumerate(entries[column * rows : (column + 1) * rows]):
            x, middle = left, px(_HEAD + _PITCH * row + _PITCH // 2)
            for text in caps_of(entry):
                width = _cap_px(text, cap_font, scale)
                sheet.box((x, middle - px(14)), (width, px(28)), CAP, px(6))
                sheet.text((x + width // 2, middle), text, cap_font, INK, anchor="mm")
                x += width + px(6)
            sheet.text((left + cap_px + px(12), middle), entry.what, font, SOFT, anchor="lm")
        left += cap_px + text_width + px(12 + 40)
    return sheet.finish()

"""The help: a panel with every key and what it does, and how mouse and touch are used."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.controls import KEYS, Controls, Key
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.overlay.lines import wrap
from edge_app.overlay.panel import FAINT, INK, SCALE_MIN, SOFT, Panel, Scale, Sheet, Size
from edge_app.style import listed
from edge_app.variant_names import VARIANTS

CAP = "#5A6673"  # of a key; lighter than a panel over a white image
_NAMES = {"left": "\N{LEFTWARDS ARROW}", "right": "\N{RIGHTWARDS ARROW}"}
_SHIFTED = {"=": "+", "_": "-", "<": ",", ">": "."}  # two characters of one keyboard key
_HEAD, _PITCH = 58, 34
_OPEN = Controls(help=True)
# What no table of keys can say; shown where a canvas can be clicked.
POINTER_NOTES = (
    "esc closes the help, then leaves full screen, then quits",
    "mouse or touch: drag the divider, tap a variant to switch, tap the image for buttons",
)
_NOTE, _NOTE_PITCH = 16, 24
_NAMED = 12  # of the variants without a key; the others are counted
_Column = tuple[Sequence[Key], int, int]  # keys, and the widths of their caps and texts


def caps_of(entry: Key) -> tuple[str, ...]:
    """Return the texts on the caps of an entry, one for each key of the keyboard."""
    shown = [key for key in entry.keys if _SHIFTED.get(key) not in entry.keys]
    return tuple(_NAMES.get(key, key) for key in shown)


def variants_note(variants: Sequence[str]) -> tuple[str, ...]:
    """Return a line on the variants of a model that have no key of their own, if it has any."""
    further = [name for name in variants if name not in VARIANTS]
    if not further:
        return ()
    more = [f"{len(further) - _NAMED} more"] if len(further) > _NAMED else []
    return (f"v also reaches {listed([*further[:_NAMED], *more])}",)


def draw_help(
    scale: Scale, max_wh: Size, entries: Sequence[Key] = KEYS, notes: Sequence[str] = ()
) -> Panel | None:
    """Draw all keys in two columns, as large as they fit; None if that is too small to read.

    notes: lines of text below them.
    """
    while scale.factor >= SCALE_MIN:
        for number in (2, 1):
            rows = -(-len(entries) // number)
            parts = [entries[at : at + rows] for at in range(0, len(entries), rows)]
            columns = [_measured(part, scale) for part in parts]
            width = sum(caps_px + texts_px for _, caps_px, texts_px in columns)
            width += scale.px(12 * len(columns) + 40 * (len(columns) - 1) + 2 * 30)
            small = face(REGULAR, scale.px(_NOTE))
            inner_px = max(1, width - scale.px(2 * 30))
            lines = [line for note in notes for line in wrap(note, small, inner_px, 4)]
            height = _HEAD + _PITCH * rows + 14 + (_NOTE_PITCH * len(lines) + 10 if lines else 0)
            size_wh = (width, scale.px(height))
            if size_wh[0] <= max_wh[0] and size_wh[1] <= max_wh[1]:
                return _draw(columns, lines, size_wh, scale)
        scale = Scale(scale.factor * 0.94)
    return None


def _measured(entries: Sequence[Key], scale: Scale) -> _Column:
    """Return a column of keys with the widths of its caps and its texts."""
    gap, font = scale.px(6), face(REGULAR, scale.px(18))
    caps_px = [sum(_cap_px(text, scale) + gap for text in caps_of(entry)) for entry in entries]
    return entries, max(caps_px), max(text_px(entry.what, font) for entry in entries)


def _cap_px(text: str, scale: Scale) -> int:
    return max(scale.px(28), text_px(text, face(BOLD, scale.px(17))) + scale.px(16))


def _draw(columns: Sequence[_Column], lines: Sequence[str], size_wh: Size, scale: Scale) -> Panel:
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
    small = face(REGULAR, px(_NOTE))
    for number, line in enumerate(reversed(lines)):
        y = size_wh[1] - px(22) - px(_NOTE_PITCH) * number
        sheet.text((px(30), y), line, small, FAINT, anchor="lm")
    return sheet.finish()

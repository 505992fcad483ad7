"""Show the most used keys along the lower edge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

from edge_app.controls import KEYS, Controls, Key
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.overlay.help import CAP, caps_of
from edge_app.overlay.panel import INK, SOFT, Panel, Sheet

# What people change most comes first. Keys are chosen by what they change, so that this list
# need not know their letters; where the line is full the last of them are left out.
_MOST_USED = (
    "variants", "compare", "view", "paused", "record", "snapshots", "tasks", "hud", "legend",
    "alpha",
)  # fmt: skip
_ALWAYS = ("help", "quit")
# What changes nothing where there is no class map.
STREETS_ALONE = frozenset({"compare", "view", "legend", "alpha"})
_NOW = Controls()
# Help has room for whole sentences; here the first words tell enough.
_REST = re.compile(r":|,| on or off| or go on")


def changes(entry: Key) -> frozenset[str]:
    """Return the names of the settings that a key changes."""
    after = entry.change(_NOW)
    names = (field.name for field in fields(Controls))
    return frozenset(name for name in names if getattr(after, name) != getattr(_NOW, name))


def brief(entry: Key) -> str:
    """Return the first words of what a key does."""
    return _REST.split(entry.what)[0]


def most_used(entries: Sequence[Key], without: frozenset[str] = frozenset()) -> list[Key]:
    """Order the keys worth a hint: help and quit, then one per setting, most used first.

    without: settings that change nothing in the present view.
    """
    chosen: list[Key] = []
    for setting in (*_ALWAYS, *_MOST_USED):
        found = next((entry for entry in entries if setting in changes(entry)), None)
        if found is not None and found not in chosen and setting not in without:
            chosen.append(found)
    return chosen


def fitting(widths_px: Sequence[int], room_px: int, gap_px: int) -> int:
    """Return how many of the first items fit on one line."""
    used = -gap_px
    for i, width in enumerate(widths_px):
        used += gap_px + width
        if used > room_px:
            return i
    return len(widths_px)


def draw_hints(
    unit: float,
    room_px: int,
    entries: Sequence[Key] = KEYS,
    *,
    without: frozenset[str] = frozenset(),
) -> Panel | None:
    """Draw as many keys as one line holds, "help" last; None where not even that fits."""

    def px(length: float) -> int:
        return round(length * unit)

    pad, gap = px(14), px(20)
    key_font, font = face(BOLD, px(14)), face(REGULAR, px(15))

    def cap_px(entry: Key) -> int:
        return max(px(22), text_px(caps_of(entry)[0], key_font) + px(12))

    def item_px(entry: Key) -> int:
        return cap_px(entry) + px(7) + text_px(brief(entry), font)

    chosen = most_used(entries, without)
    chosen = chosen[: fitting([item_px(entry) for entry in chosen], room_px - 2 * pad, gap)]
    if not chosen:
        return None
    for setting in reversed(_ALWAYS):  # shown last, though they were sure of their place
        chosen.sort(key=lambda entry, setting=setting: setting in changes(entry))  # type: ignore[misc]
    widest = sum(item_px(entry) + gap for entry in chosen) - gap
    sheet = Sheet((widest + 2 * pad, px(40)), px(10))
    x, middle = pad, px(20)
    for entry in chosen:
        cap = cap_px(entry)
        sheet.box((x, middle - px(11)), (cap, px(22)), CAP, px(5))
        sheet.text((x + cap // 2, middle), caps_of(entry)[0], key_font, INK, anchor="mm")
        sheet.text((x + cap + px(7), middle), brief(entry), font, SOFT, anchor="lm")
        x += item_px(entry) + gap
    return sheet.finish()

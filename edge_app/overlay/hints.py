"""The most used keys, shown along the lower edge."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from edge_app.controls import KEYS, Action, Key
from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.overlay.help import CAP, caps_of
from edge_app.overlay.panel import INK, SOFT, Panel, Scale, Sheet

# The most used first; if the line is full the last of them are left out.
_MOST_USED = (
    Action.NEXT_VARIANT, Action.COMPARE, Action.VIEW, Action.PAUSE, Action.RECORD,
    Action.SNAPSHOT, Action.NEXT_TASK, Action.HUD, Action.LEGEND, Action.MORE_COLOUR,
)  # fmt: skip
_ALWAYS = (Action.HELP, Action.QUIT)
# Actions without effect if there is no class map.
NEEDS_CLASS_MAP = frozenset({Action.COMPARE, Action.VIEW, Action.LEGEND, Action.MORE_COLOUR})


def hint_keys(entries: Sequence[Key], without: frozenset[Action] = frozenset()) -> list[Key]:
    """Return the keys to show: help and quit, then the most used.

    without: actions that have no effect in the current view.
    """
    by_action = {entry.action: entry for entry in entries}
    wanted = (action for action in (*_ALWAYS, *_MOST_USED) if action not in without)
    return [by_action[action] for action in wanted if action in by_action]


def count_fitting(widths_px: Sequence[int], max_px: int, gap_px: int) -> int:
    """Return how many of the first items fit on one line, with gaps between them."""
    ends_px = accumulate(width + gap_px for width in widths_px)
    return sum(end <= max_px + gap_px for end in ends_px)


def draw_hints(
    scale: Scale,
    max_px: int,
    entries: Sequence[Key] = KEYS,
    *,
    without: frozenset[Action] = frozenset(),
) -> Panel | None:
    """Draw as many keys as fit on one line, "help" last; None if not even that fits."""
    px = scale.px
    pad, gap = px(14), px(20)
    key_font, font = face(BOLD, px(14)), face(REGULAR, px(15))

    def cap_px(entry: Key) -> int:
        return max(px(22), text_px(caps_of(entry)[0], key_font) + px(12))

    def item_px(entry: Key) -> int:
        return cap_px(entry) + px(7) + text_px((entry.short or entry.what), font)

    chosen = hint_keys(entries, without)
    chosen = chosen[: count_fitting([item_px(entry) for entry in chosen], max_px - 2 * pad, gap)]
    if not chosen:
        return None
    chosen = [*chosen[len(_ALWAYS) :], *reversed(chosen[: len(_ALWAYS)])]
    widest = sum(item_px(entry) + gap for entry in chosen) - gap
    sheet = Sheet((widest + 2 * pad, px(40)), px(10))
    x, middle = pad, px(20)
    for entry in chosen:
        cap = cap_px(entry)
        sheet.box((x, middle - px(11)), (cap, px(22)), CAP, px(5))
        sheet.text((x + cap // 2, middle), caps_of(entry)[0], key_font, INK, anchor="mm")
        sheet.text((x + cap + px(7), middle), (entry.short or entry.what), font, SOFT, anchor="lm")
        x += item_px(entry) + gap
    return sheet.finish()

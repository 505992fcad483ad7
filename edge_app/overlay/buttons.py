"""Buttons along the lower edge for mouse and touch: the variants and the main actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge_app.controls import SELECTS, Action, Controls, keys_for
from edge_app.fonts import BOLD, face, text_px
from edge_app.frame import Status
from edge_app.overlay.lines import wrap
from edge_app.overlay.panel import DARK, INK, XY, Panel, Scale, Sheet, Size
from edge_app.pointing import FINGER_PX, Box
from edge_app.style import variant_colour

_ACTIONS = (
    Action.COMPARE, Action.VIEW, Action.LEGEND, Action.HUD, Action.PAUSE, Action.RECORD,
    Action.SNAPSHOT, Action.NEXT_TASK, Action.FULLSCREEN, Action.HELP, Action.QUIT,
)  # fmt: skip
# Where the text of the key is not what a button should say.
_TEXTS = {Action.VIEW: "view", Action.NEXT_VARIANT: "next variant"}
_FACE, _ON = "#3B4550", "#F0E442"
_GAP, _WIDEST = 7, 132  # in pixels of the layout


@dataclass(frozen=True, slots=True)
class Button:
    """One button; on: whether what it switches is on."""

    action: Action
    text: str
    colour: str = _FACE
    ink: str = INK
    on: bool = False


def buttons_of(
    status: Status, controls: Controls, without: frozenset[Action] = frozenset()
) -> tuple[list[Button], list[Button]]:
    """Return a button for each variant, and one for each main action.

    A model whose variants have other names than the canonical four has one for the next of them,
    which has the colour of the one that runs.
    without: actions that have no effect in the current view.
    """
    variants = [
        Button(SELECTS[name], name, variant_colour(name), DARK, name == status.variant)
        for name in status.variants
        if name in SELECTS
    ]
    if len(status.variants) > len(variants):
        following = Button(Action.NEXT_VARIANT, _TEXTS[Action.NEXT_VARIANT])
        if status.variant not in SELECTS:
            colour = variant_colour(status.variant, status.variants)
            following = replace(following, colour=colour, ink=DARK, on=True)
        variants.append(following)
    on = {
        Action.PAUSE: controls.paused,
        Action.RECORD: controls.record,
        Action.COMPARE: controls.compare != "off",
        Action.FULLSCREEN: controls.fullscreen,
    }
    chosen = (action for action in _ACTIONS if action not in without)
    texts = {key.action: key.short or key.what for key in keys_for(controls)} | _TEXTS
    return variants, [Button(each, texts[each], on=on.get(each, False)) for each in chosen]


def draw_buttons(
    groups: Sequence[Sequence[Button]], scale: Scale, max_px: int
) -> tuple[Panel, list[tuple[Box, Action]]]:
    """Draw buttons in as few rows as a finger can hit; return where each is on the panel.

    groups: share a row only if all fit into one.
    """
    pad, gap = scale.px(_GAP), scale.px(_GAP)
    inner_px = max_px - 2 * pad
    least_px = max(FINGER_PX, scale.px(70))
    most = max(1, (inner_px + gap) // (least_px + gap))
    together = [button for group in groups for button in group]
    parts = [together] if len(together) <= most else [group for group in groups if group]
    rows: list[Sequence[Button]] = []
    for part in parts:
        count = -(-len(part) // most)
        each = -(-len(part) // max(1, count))
        rows += [part[at : at + each] for at in range(0, len(part), each)]
    width = min((inner_px + gap) // max(map(len, rows)) - gap, scale.px(_WIDEST))
    size_wh = (width, max(FINGER_PX + 4, scale.px(50)))
    across = max(len(row) * (width + gap) - gap for row in rows)
    sheet = Sheet((across + 2 * pad, len(rows) * (size_wh[1] + gap) - gap + 2 * pad), scale.px(12))
    boxes: list[tuple[Box, Action]] = []
    for number, row in enumerate(rows):
        x, y = pad, pad + number * (size_wh[1] + gap)
        x += (across - (len(row) * (width + gap) - gap)) // 2
        for button in row:
            _draw_button(sheet, (x, y), size_wh, button, scale)
            boxes.append(((x, y, x + width, y + size_wh[1]), button.action))
            x += width + gap
    return sheet.finish(), boxes


def _draw_button(sheet: Sheet, xy: XY, size_wh: Size, button: Button, scale: Scale) -> None:
    px = scale.px
    (x, y), (width, height) = xy, size_wh
    colour, ink, rim = button.colour, button.ink, max(2, px(3))
    if button.on:
        sheet.box(xy, size_wh, _ON if colour == _FACE else INK, px(9))
        x, y, width, height = x + rim, y + rim, width - 2 * rim, height - 2 * rim
    sheet.box((x, y), (width, height), colour, px(8))
    size = px(16)
    parts = re.findall(r"[^ _]+_?", button.text)  # where it may be wrapped
    while size > 11 and max(text_px(part, face(BOLD, size)) for part in parts) > width - px(8):
        size -= 1
    font = face(BOLD, size)
    lines = wrap(button.text, font, width - px(8), 2)
    pitch = round(size * 1.2)
    top = y + height // 2 - pitch * (len(lines) - 1) // 2
    for i, line in enumerate(lines):
        sheet.text((x + width // 2, top + i * pitch), line, font, ink, anchor="mm")

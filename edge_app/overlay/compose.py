"""Panels of a canvas: when they are drawn, and places for those that all views share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge_app.controls import Action, Controls, keys_for
from edge_app.frame import Image, Status
from edge_app.overlay.board_layout import Area, centred, margin_px
from edge_app.overlay.buttons import buttons_of, draw_buttons
from edge_app.overlay.help import POINTER_NOTES, draw_help, variants_note
from edge_app.overlay.hints import draw_hints
from edge_app.overlay.hud import draw_hud, variant_chip_box
from edge_app.overlay.panel import XY, Panel, Scale, Size, blit, dim
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state
from edge_app.pointing import Box
from edge_app.status_text import status_text
from edge_app.style import REFRESH_S

# Brightness of the image behind the help, and behind the banner of a lost source.
_HELP_BRIGHTNESS, _LOST_BRIGHTNESS = 0.32, 0.42


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel, and its top left corner on the canvas."""

    panel: Panel
    xy: XY

    @property
    def box(self) -> Box:
        """The columns and rows that the panel covers."""
        (x, y), (width, height) = self.xy, self.panel.size_wh
        return x, y, x + width, y + height


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes have pixels in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class Refresh:
    """When panels were drawn last, and for what."""

    def __init__(self) -> None:
        self._drawn_s = 0.0
        self._drawn_for: tuple[object, ...] | None = None

    def is_due(self, now_s: float, *drawn_for: object) -> bool:
        """Return whether to draw panels now: 0.2 s have passed, or another argument changed.

        If so, the caller draws at once. now_s: a monotonic time.
        drawn_for: what viewers expect to see at once: sizes, controls, states.
        """
        if self._drawn_for == drawn_for and 0 <= now_s - self._drawn_s < REFRESH_S:
            return False
        self._drawn_s, self._drawn_for = now_s, drawn_for
        return True


class Composer:
    """Panels of one canvas, placed from the most important to the least.

    A panel that fits nowhere is left out. size_wh, scale: of the canvas and of its panels.
    bottom: the row at which the space for further panels ends.
    buttons: what can be clicked, (box, action) each.
    """

    def __init__(self, size_wh: Size, scale: Scale, status: Status, controls: Controls) -> None:
        self.size_wh, self.scale = size_wh, scale
        self.status, self.controls = status, controls
        self.margin = margin_px(size_wh)
        self.gap = max(2, self.margin // 2)
        self.inner_wh = (size_wh[0] - 2 * self.margin, size_wh[1] - 2 * self.margin)
        self.bottom = size_wh[1] - self.margin
        self.placed: list[Placed] = []
        self.buttons: list[tuple[Box, Action]] = []

    def put_help(self, *, hints: bool = False) -> Placed | None:
        """Place the help in the middle of the canvas if a key has turned it on.

        hints: whether it says how mouse and touch are used.
        """
        if not self.controls.help:
            return None
        area = (0, 0, *self.size_wh)
        self.buttons.append((area, Action.HELP))  # a click anywhere closes it
        notes = (*variants_note(self.status.variants), *(POINTER_NOTES if hints else ()))
        panel = draw_help(self.scale, self.inner_wh, keys_for(self.controls), notes)
        return self.put(panel, [centred(panel, area)]) if panel else None

    def put_banner(self, area: Area | None = None, *, below_middle: float = 0) -> bool:
        """Place the banner of a lost source in an area (default: the canvas).

        below_middle: distance from the middle of the area, in pixels of the layout.
        Returns whether it is placed or not needed.
        """
        lost = lost_state(self.status)
        if not lost:
            return True
        area = area or (0, 0, *self.size_wh)
        panel = draw_banner(lost, self.scale, area[2] - 2 * self.margin)
        left, top = centred(panel, area)
        return self.put(panel, [(left, top + self.scale.px(below_middle))]) is not None

    def put_hints(self, *, without: frozenset[Action] = frozenset()) -> Placed | None:
        """Place hints, or the buttons of mouse and touch, along the lower edge.

        without: actions without effect here.
        """
        left = self.margin
        boxes: list[tuple[Box, Action]] = []
        if self.controls.buttons:
            groups = buttons_of(self.status, self.controls, without)
            panel, boxes = draw_buttons(groups, self.scale, self.inner_wh[0])
            left = (self.size_wh[0] - panel.size_wh[0]) // 2
        else:
            entries = keys_for(self.controls)
            hints = draw_hints(self.scale, self.inner_wh[0], entries, without=without)
            if hints is None:
                return None
            panel = hints
        placed = self.put(panel, [(left, self.bottom - panel.size_wh[1])])
        if placed is not None:
            for box, action in boxes:
                self.add_button(placed, action, box)
            self.bottom -= panel.size_wh[1] + self.gap
        return placed

    def put_hud(self, hud: Panel, corners: Iterable[XY]) -> Placed | None:
        """Place the HUD as `put` does; a click on its chip chooses the next variant."""
        placed = self.put(hud, corners)
        if placed is not None:
            chip = variant_chip_box(status_text(self.status), self.scale, hud.size_wh[0])
            self.add_button(placed, Action.NEXT_VARIANT, chip)
        return placed

    def add_button(self, placed: Placed, action: Action, box: Box | None = None) -> None:
        """Make a panel a button, or a box of it."""
        self.buttons.append((_shifted(box, placed.xy) if box else placed.box, action))

    def draw_hud(self, detail: int, width_px: int | None = None) -> Panel:
        """Draw the HUD; see `hud.draw_hud`."""
        return draw_hud(status_text(self.status), self.scale, width_px, detail)

    def draw_states(self, max_px: int) -> Panel | None:
        """Draw chips of the states and the last switch; the help hides the switch."""
        switch = "" if self.controls.help else self.status.switch
        states = chip_states(self.status)
        return draw_states(states, switch, self.scale, max_px, self.status.variants)

    def put(self, panel: Panel | None, corners: Iterable[XY]) -> Placed | None:
        """Place a panel at the first corner where it is whole and clear of others, if any."""
        if panel is None:
            return None
        for placed in (Placed(panel, xy) for xy in corners):
            if self._fits(placed):
                self.placed.append(placed)
                return placed
        return None

    def _fits(self, wanted: Placed) -> bool:
        left, top, right, bottom = wanted.box
        if min(left, top) < self.margin or right > self.size_wh[0] - self.margin:
            return False
        if bottom > self.size_wh[1] - self.margin:
            return False
        grown = (left - self.gap, top - self.gap, right + self.gap, bottom + self.gap)
        return not any(overlap(grown, other.box) for other in self.placed)


def _shifted(box: Box, xy: XY) -> Box:
    """Return a box of a panel as a box of the canvas."""
    return box[0] + xy[0], box[1] + xy[1], box[2] + xy[0], box[3] + xy[1]


def draw_over(canvas: Image, placed: Sequence[Placed], status: Status, controls: Controls) -> None:
    """Dim a canvas behind the help or a banner, and blend its panels in, in place.

    canvas: uint8 (H, W, 3) BGR.
    """
    if controls.help or lost_state(status):
        dim(canvas, _HELP_BRIGHTNESS if controls.help else _LOST_BRIGHTNESS)
    for each in placed:
        blit(canvas, each.panel, each.xy)

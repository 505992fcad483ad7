"""One placing of help, banner, hints, HUD and states for the canvases of all views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge_app.controls import Controls
from edge_app.frame import Image, Status
from edge_app.overlay.board_layout import Area, Board, Placed, centred, margin_px
from edge_app.overlay.help import draw_help
from edge_app.overlay.hints import draw_hints
from edge_app.overlay.hud import draw_hud
from edge_app.overlay.panel import Panel, Scale, blit, dim
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state
from edge_app.status_text import status_text

# Brightness of the image behind the help, and behind the banner of a lost source.
_HELP_BRIGHTNESS, _LOST_BRIGHTNESS = 0.32, 0.42


class Composer:
    """Panels of one canvas, placed from the most important to the least.

    A panel that fits nowhere is left out. size_wh, scale: of the canvas and of its panels.
    bottom: the row at which the space for further panels ends.
    """

    def __init__(
        self, size_wh: tuple[int, int], scale: Scale, status: Status, controls: Controls
    ) -> None:
        self.size_wh, self.scale = size_wh, scale
        self.status, self.controls = status, controls
        self.margin = margin_px(size_wh)
        self.gap = max(2, self.margin // 2)
        self.inner_wh = (size_wh[0] - 2 * self.margin, size_wh[1] - 2 * self.margin)
        self.bottom = size_wh[1] - self.margin
        self.board = Board(size_wh, self.margin)

    def put_help(self) -> Placed | None:
        """Place the help in the middle of the canvas if a key has turned it on."""
        panel = draw_help(self.scale, self.inner_wh) if self.controls.help else None
        if panel is None:
            return None
        return self.board.put(panel, [centred(panel, (0, 0, *self.size_wh))])

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
        return self.board.put(panel, [(left, top + self.scale.px(below_middle))]) is not None

    def put_hints(self, *, without: frozenset[str] = frozenset()) -> Placed | None:
        """Place the hints along the lower edge; without: settings that have no effect here."""
        panel = draw_hints(self.scale, self.inner_wh[0], without=without)
        if panel is None:
            return None
        placed = self.board.put(panel, [(self.margin, self.bottom - panel.size_wh[1])])
        self.bottom -= panel.size_wh[1] + self.gap
        return placed

    def draw_hud(self, detail: int, width_px: int | None = None) -> Panel:
        """Draw the HUD; see `hud.draw_hud`."""
        return draw_hud(status_text(self.status), self.scale, width_px, detail)

    def draw_states(self, max_px: int) -> Panel | None:
        """Draw chips of the states and the last switch; the help hides the switch."""
        switch = "" if self.controls.help else self.status.switch
        return draw_states(chip_states(self.status), switch, self.scale, max_px)

    def put(self, panel: Panel | None, places: Iterable[tuple[int, int]]) -> bool:
        """Place a panel at the first of some corners where it fits; return whether it did."""
        return self.board.put(panel, places) is not None


def draw_over(canvas: Image, placed: Sequence[Placed], status: Status, controls: Controls) -> None:
    """Dim a canvas behind the help or a banner, and blend its panels in, in place.

    canvas: uint8 (H, W, 3) BGR.
    """
    if controls.help or lost_state(status):
        dim(canvas, _HELP_BRIGHTNESS if controls.help else _LOST_BRIGHTNESS)
    for each in placed:
        blit(canvas, each.panel, each.xy)

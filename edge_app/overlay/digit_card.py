"""Put a classified picture, its answer and the HUD together on one canvas."""

from __future__ import annotations

from edge_app.controls import Controls
from edge_app.frame import Classification, Frame, Image, Status
from edge_app.labels import LabelSet
from edge_app.overlay import digit_answer as digits
from edge_app.overlay.board_layout import Board, Placed, card_size, card_unit, margin_px
from edge_app.overlay.help import draw_help
from edge_app.overlay.hints import STREETS_ALONE, draw_hints
from edge_app.overlay.hud import detail_of, draw_hud
from edge_app.overlay.panel import Panel, blit, dim
from edge_app.overlay.refresh import Refresh
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state
from edge_app.overlay.street import HELPED, LOST
from edge_app.status_text import status_text


class CardView:
    """Draw canvases of classified pictures; holds the panels between two refreshes.

    height: rows of the canvas; None follows the picture, within 720 to 1080.
    hints: whether the most used keys are shown along the lower edge.
    """

    def __init__(self, labels: LabelSet, height: int | None, hints: bool) -> None:
        self._labels = labels
        self._height = height
        self._wants_hints = hints
        self._refresh = Refresh()
        self._hints: Panel | None = None
        self._hud: Panel | None = None
        self._over: list[Placed] = []

    def draw(
        self,
        frame: Frame,
        result: Classification,
        status: Status,
        controls: Controls,
        now_s: float,
    ) -> Image:
        """Show the picture on the left; the answer above the HUD in a column on the right."""
        size_wh = card_size(frame.image.shape[0], self._height)
        margin = margin_px(size_wh)
        unit = card_unit(size_wh)
        due = self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch)
        if due and self._wants_hints:
            self._hints = draw_hints(unit, size_wh[0] - 2 * margin, without=STREETS_ALONE)
        bottom = size_wh[1] - margin
        if self._hints:
            bottom -= self._hints.size_wh[1] + margin
        side = bottom - margin
        left = 2 * margin + side
        room_wh = (size_wh[0] - margin - left, side)
        if due:
            detail = detail_of(controls)
            self._hud = None
            if detail > 0:
                self._hud = draw_hud(status_text(status), unit, room_wh[0], detail)
            self._over = self._arrange(status, controls, size_wh, unit, side)
        canvas = digits.stage(frame.image, size_wh, (margin, margin, side, side))
        if self._hud:
            top = bottom - self._hud.size_wh[1]
            blit(canvas, self._hud, (left, top))
            room_wh = (room_wh[0], top - 2 * margin)
        found = digits.answer(result, frame.truth, self._labels)
        blit(canvas, digits.draw_answer(found, unit, room_wh), (left, margin))
        if self._hints:
            blit(canvas, self._hints, (margin, size_wh[1] - margin - self._hints.size_wh[1]))
        if controls.help or lost_state(status):
            dim(canvas, HELPED if controls.help else LOST)
        for placed in self._over:
            blit(canvas, placed.panel, placed.xy)
        return canvas

    def _arrange(
        self,
        status: Status,
        controls: Controls,
        size_wh: tuple[int, int],
        unit: float,
        side: int,
    ) -> list[Placed]:
        """Place what lies over the picture, which is a square with sides of some pixels."""
        margin = margin_px(size_wh)
        board = Board(size_wh, margin)
        lost = lost_state(status)
        if controls.help:
            panel = draw_help(unit, (size_wh[0] - 2 * margin, size_wh[1] - 2 * margin))
            if panel:
                wide, high = panel.size_wh
                board.put(panel, [((size_wh[0] - wide) // 2, (size_wh[1] - high) // 2)])
        elif lost:
            banner = draw_banner(lost, unit, side - 2 * margin)
            wide, high = banner.size_wh
            board.put(banner, [(margin + (side - wide) // 2, margin + (side - high) // 2)])
        switch = "" if controls.help else status.switch
        states = draw_states(chip_states(status), switch, unit, side - 2 * margin)
        if states:
            board.put(states, [(margin + (side - states.size_wh[0]) // 2, 2 * margin)])
        return board.placed

"""Put a classified picture, its answer and the HUD together on one canvas."""

from __future__ import annotations

from edge_app.controls import Controls
from edge_app.frame import Classification, Frame, Image, Status
from edge_app.labels import LabelSet
from edge_app.overlay import digits
from edge_app.overlay.help import draw_help
from edge_app.overlay.hints import draw_hints
from edge_app.overlay.hud import detail_of, draw_hud, hud_text
from edge_app.overlay.layout import card_size, card_unit, margin_px
from edge_app.overlay.panel import Panel, blit, dim
from edge_app.overlay.refresh import Refresh
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state
from edge_app.overlay.street import HELPED, LOST


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
        self._states: Panel | None = None
        self._over: Panel | None = None

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
            self._hints = draw_hints(unit, size_wh[0] - 2 * margin)
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
                self._hud = draw_hud(hud_text(status), unit, room_wh[0], detail)
            lost, whole_wh = lost_state(status), (size_wh[0] - 2 * margin, size_wh[1] - 2 * margin)
            self._over = draw_banner(lost, unit, whole_wh[0]) if lost else None
            if controls.help:
                self._over = draw_help(unit, whole_wh)
            switch = status.switch if not controls.help else ""
            self._states = draw_states(chip_states(status), switch, unit, side - 2 * margin)
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
        if self._over:
            left = (canvas.shape[1] - self._over.size_wh[0]) // 2
            blit(canvas, self._over, (left, (canvas.shape[0] - self._over.size_wh[1]) // 2))
        if self._states:
            over = margin + (side - self._states.size_wh[0]) // 2
            blit(canvas, self._states, (over, 2 * margin))
        return canvas

"""Put picture, classes, panels and keys together into the canvas people look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.errors import UsageError
from edge_app.frame import (
    Classification,
    Comparison,
    Frame,
    Image,
    Result,
    Segmentation,
    Status,
)
from edge_app.labels import LabelSet
from edge_app.overlay import digits, legend, mask
from edge_app.overlay.hints import draw_hints
from edge_app.overlay.hud import draw_hud, hud_text
from edge_app.overlay.layout import card_size, card_unit, margin_px, picture_size, unit_of
from edge_app.overlay.panel import Panel, blit
from edge_app.overlay.resize import smooth

REFRESH_S = 0.2  # figures that change more often cannot be read
ROWS_ASKED = (360, 4320)  # HUD and keys need the lower, nothing shows more than the upper


class Overlay:
    """Draw canvases; holds the settings, and the panels between two refreshes.

    edges: "smooth" upsamples the logits where a result has them, as "auto" does; "clean"
        enlarges the class map.
    height: rows of the canvas; None keeps the picture's own, but at least 480.
    hints: whether the keys are shown along the lower edge.
    Raises UsageError for settings that cannot be.
    """

    def __init__(
        self,
        labels: LabelSet,
        *,
        edges: str = "auto",
        height: int | None = None,
        hints: bool = False,
    ) -> None:
        if edges not in mask.EDGES:
            raise UsageError(f"edges cannot be '{edges}'; choose one of: {', '.join(mask.EDGES)}")
        if height is not None and not ROWS_ASKED[0] <= height <= ROWS_ASKED[1]:
            raise UsageError(
                f"a canvas cannot have {height} rows; choose {ROWS_ASKED[0]} to {ROWS_ASKED[1]}"
            )
        self._labels = labels
        self._palette = labels.palette_bgr()
        self._painter = mask.Painter(self._palette, edges)
        self._height = height
        self._wants_hints = hints
        self._size_wh: tuple[int, int] | None = None
        self._drawn_s = 0.0
        self._hud: Panel | None = None
        self._legend: Panel | None = None
        self._hints: Panel | None = None
        self._shares: NDArray[np.float64] | None = None
        self._listed: list[int] = []

    @property
    def edges_used(self) -> str | None:
        """The edges of the last mask, "smooth" or "clean"; None before the first."""
        return self._painter.used

    def draw(
        self,
        frame: Frame,
        result: Result,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None = None,  # noqa: ARG002 - drawn next
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; `frame.image` is left as it is.

        now_s: a moment that only grows; panels are drawn anew once 0.2 s of it have passed,
            or where the canvas gets another size.
        comparison: what a second variant says of the frame, where two are compared.
        Raises EdgeError where the typeface is missing.
        """
        if isinstance(result, Classification):
            return self._draw_card(frame, result, status, controls, now_s)
        return self._draw_street(frame, result, status, controls, now_s)

    def _draw_street(
        self,
        frame: Frame,
        result: Segmentation,
        status: Status,
        controls: Controls,
        now_s: float,
    ) -> Image:
        """Paint the classes over the picture; HUD on the left, legend on the right."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        size_wh = picture_size(frame_wh, self._height)
        picture = frame.image
        if size_wh != frame_wh:
            picture = smooth(picture, size_wh)
        canvas = self._painter.paint(picture, result, controls.alpha)
        margin = margin_px(size_wh)
        unit = unit_of(size_wh)
        if self._is_due(size_wh, now_s):
            self._hints = self._draw_hints(size_wh, unit)
            self._hud = draw_hud(hud_text(status), unit) if unit and controls.hud else None
            self._legend = None
            if unit and controls.legend:
                self._legend = self._draw_legend(result, size_wh, unit)
        if controls.hud and self._hud:
            blit(canvas, self._hud, (margin, margin))
        if controls.legend and self._legend:
            left = size_wh[0] - margin - self._legend.size_wh[0]
            blit(canvas, self._legend, (left, self._legend_top(left, margin)))
        self._blit_hints(canvas, margin)
        return canvas

    def _draw_card(
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
        due = self._is_due(size_wh, now_s)
        if due:
            self._hints = self._draw_hints(size_wh, unit)
        bottom = size_wh[1] - margin
        if self._hints:
            bottom -= self._hints.size_wh[1] + margin
        side = bottom - margin
        left = 2 * margin + side
        room_wh = (size_wh[0] - margin - left, side)
        if due:
            self._hud = draw_hud(hud_text(status), unit, room_wh[0]) if controls.hud else None
        canvas = digits.stage(frame.image, size_wh, (margin, margin, side, side))
        if controls.hud and self._hud:
            top = bottom - self._hud.size_wh[1]
            blit(canvas, self._hud, (left, top))
            room_wh = (room_wh[0], top - 2 * margin)
        found = digits.answer(result, frame.truth, self._labels)
        blit(canvas, digits.draw_answer(found, unit, room_wh), (left, margin))
        self._blit_hints(canvas, margin)
        return canvas

    def _is_due(self, size_wh: tuple[int, int], now_s: float) -> bool:
        """Tell whether panels have to be drawn anew, and take note if so."""
        if self._size_wh == size_wh and 0 <= now_s - self._drawn_s < REFRESH_S:
            return False
        self._size_wh, self._drawn_s = size_wh, now_s
        return True

    def _draw_legend(
        self, result: Segmentation, size_wh: tuple[int, int], unit: float
    ) -> Panel | None:
        """Draw the legend beside the HUD, or small enough to go below it."""
        now = mask.shares(result.class_map, len(self._labels.classes))
        self._shares = legend.remember(self._shares, now)
        in_view = legend.in_view(self._shares, self._palette)
        self._listed = legend.order(self._listed, in_view)
        margin = margin_px(size_wh)
        width, height = size_wh[0] - 2 * margin, size_wh[1] - 2 * margin
        if self._hints:
            height -= self._hints.size_wh[1] + margin
        hud_wh = self._hud.size_wh if self._hud else (-margin, -margin)
        beside = (width - hud_wh[0] - margin, height)
        below = (width, height - hud_wh[1] - margin)
        return legend.draw_legend(self._listed, self._labels, unit, beside) or legend.draw_legend(
            self._listed, self._labels, unit, below
        )

    def _legend_top(self, left: int, margin: int) -> int:
        """Return where the legend begins: at the top, or below a HUD that is in its way."""
        if self._hud and left < 2 * margin + self._hud.size_wh[0]:
            return 2 * margin + self._hud.size_wh[1]
        return margin

    def _draw_hints(self, size_wh: tuple[int, int], unit: float | None) -> Panel | None:
        if not self._wants_hints or unit is None:
            return None
        return draw_hints(unit, size_wh[0] - 2 * margin_px(size_wh))

    def _blit_hints(self, canvas: Image, margin: int) -> None:
        if self._hints:
            blit(canvas, self._hints, (margin, canvas.shape[0] - margin - self._hints.size_wh[1]))

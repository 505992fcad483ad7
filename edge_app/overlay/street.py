"""Put a street's scene, its panels and its keys together on one canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.frame import Comparison, Frame, Image, Segmentation, Status
from edge_app.labels import LabelSet
from edge_app.overlay import comparison_panel as compare
from edge_app.overlay import legend, mask
from edge_app.overlay.arrange import PanelContent, layout_panels
from edge_app.overlay.board_layout import Placed, margin_px, picture_size, unit_of
from edge_app.overlay.difference import Scheme, scheme
from edge_app.overlay.hud import detail_of
from edge_app.overlay.panel import blit, dim
from edge_app.overlay.refresh import Refresh
from edge_app.overlay.scene import Area, Scene, halves_of
from edge_app.overlay.states import lost_state

HELPED, LOST = 0.32, 0.42  # how bright the picture stays behind the help, and when it is lost


class StreetView:
    """Draw canvases of segmented pictures; holds the panels between two refreshes.

    height: rows of the canvas; None keeps the picture's own, but at least 480.
    hints: whether the most used keys are shown along the lower edge.
    """

    def __init__(self, labels: LabelSet, edges: str, height: int | None, hints: bool) -> None:
        self.scene = Scene(labels, edges)
        self._labels = labels
        self._palette = labels.palette_bgr()
        self._height = height
        self._hints = hints
        self._refresh = Refresh()
        self.placed: list[Placed] = []
        self._halves: tuple[Area, Area] = ((0, 0, 1, 1), (0, 0, 1, 1))
        self._shares: NDArray[np.float64] | None = None
        self._listed: list[int] = []
        self._compared: list[str] = []

    def draw(
        self,
        frame: Frame,
        result: Segmentation,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR, as `Overlay.draw` does."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        size_wh = picture_size(frame_wh, self._height)
        if controls.compare == "off":
            comparison = None
        other = comparison.variant if comparison else ""
        chosen = scheme(self._labels, status.variant, other)
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch, other):
            self._arrange(frame_wh, size_wh, result, status, controls, comparison, chosen)
        canvas = self.scene.paint(
            frame.image, size_wh, result, controls, comparison, chosen, self._halves
        )
        if controls.help:
            dim(canvas, HELPED)
        elif lost_state(status):
            dim(canvas, LOST)
        for placed in self.placed:
            blit(canvas, placed.panel, placed.xy)
        return canvas

    def _arrange(
        self,
        frame_wh: tuple[int, int],
        size_wh: tuple[int, int],
        result: Segmentation,
        status: Status,
        controls: Controls,
        comparison: Comparison | None,
        chosen: Scheme,
    ) -> None:
        """Draw all panels anew and find their places; the HUD gives way to what matters more."""
        self._remember(result)
        unit = unit_of(size_wh)
        margin = margin_px(size_wh)
        if unit is None:
            area = (0, 0, *size_wh)
            self.placed, self._halves = [], halves_of(frame_wh, area, max(2, margin // 2))
            return
        detail = detail_of(controls)
        if comparison is not None:
            detail = min(detail, 1)  # what a comparison says of both needs the room
        told = PanelContent(
            status,
            controls,
            self._listed,
            None if comparison is None else compare.pair_of(status, comparison, chosen),
            self._least_alike(comparison),
            chosen,
        )
        for level in range(detail, -1, -1):
            placed, halves, whole = layout_panels(
                told, self._labels, size_wh, frame_wh, unit, level, hints=self._hints
            )
            if whole:
                break
        self.placed, self._halves = placed, halves

    def _remember(self, result: Segmentation) -> None:
        """Keep the list of classes calm from one refresh to the next."""
        now = mask.shares(result.class_map, len(self._labels.classes))
        self._shares = legend.remember(self._shares, now)
        in_view = legend.in_view(self._shares, self._palette)
        self._listed = legend.order(self._listed, in_view)

    def _least_alike(self, comparison: Comparison | None) -> list[tuple[str, float]]:
        """Return (class, share alike), the least alike first, as calmly."""
        if comparison is None:
            return []
        names = [name for name, _ in comparison.per_class]
        alike = dict(comparison.per_class)
        kept = [name for name in self._compared if name in alike]
        every = kept + [name for name in names if name not in kept]
        number = {name: i for i, name in enumerate(every)}
        unlike = {number[name]: 1 - share for name, share in alike.items()}
        ordered = legend.order([number[name] for name in kept], unlike)
        self._compared = [every[i] for i in ordered]
        return [(name, alike[name]) for name in self._compared]

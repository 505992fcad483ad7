"""The canvas of a segmented frame: its scene, its panels and its keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.frame import Comparison, Frame, Image, Segmentation, Status
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import image_canvas_wh
from edge_app.overlay.comparison_panel import VariantPair
from edge_app.overlay.compose import Refresh, draw_over
from edge_app.overlay.difference import DifferenceScheme, difference_scheme
from edge_app.overlay.legend import classes_in_view, smooth_shares, stable_order
from edge_app.overlay.mask import class_shares
from edge_app.overlay.scene import ScenePainter
from edge_app.overlay.street_panels import StreetContent, StreetLayout, layout_panels


class StreetView:
    """Canvases of segmented frames; their panels are kept between refreshes.

    edges, height, hints: as `Overlay` takes them.
    """

    def __init__(self, labels: LabelSet, edges: str, height: int | None, hints: bool) -> None:
        self.layout = StreetLayout()
        self._scene = ScenePainter(labels, edges)
        self._labels = labels
        self._palette = labels.palette_bgr()
        self._height = height
        self._hints = hints
        self._refresh = Refresh()
        self._shares: NDArray[np.float64] | None = None
        self._legend: list[int] = []
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
        """Return a new canvas, uint8 (H, W, 3) BGR; see `Overlay.draw`."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        size_wh = image_canvas_wh(frame_wh, self._height)
        if controls.compare == "off":
            comparison = None
        other = comparison.variant if comparison else ""
        scheme = difference_scheme(self._labels, status.variant, other) if other else None
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch, other):
            self._update_legend(result)
            pair = self._pair(status, comparison, scheme) if comparison and scheme else None
            sizes = size_wh, frame_wh
            content = StreetContent(*sizes, status, controls, self._labels, self._legend, pair)
            # A comparison needs the space of the lower half of the HUD.
            detail = min(controls.hud, 1) if pair else controls.hud
            self.layout = layout_panels(content, detail=detail, hints=self._hints)
        canvas = self._scene.paint(
            frame.image, size_wh, result, controls, comparison, scheme, self.layout.halves
        )
        draw_over(canvas, self.layout.placed, status, controls)
        return canvas

    def _update_legend(self, result: Segmentation) -> None:
        """Update the classes in view, in an order that does not flicker."""
        now = class_shares(result.class_map, len(self._labels.classes))
        self._shares = smooth_shares(self._shares, now)
        in_view = classes_in_view(self._shares, self._palette)
        self._legend = stable_order(self._legend, in_view)

    def _pair(
        self, status: Status, comparison: Comparison, scheme: DifferenceScheme
    ) -> VariantPair:
        """Return the compared variants; their classes are in an order that does not flicker."""
        agreement = dict(comparison.per_class)
        kept = [name for name in self._compared if name in agreement]
        names = [*kept, *(name for name in agreement if name not in kept)]
        differing = {i: 1 - agreement[name] for i, name in enumerate(names)}
        self._compared = [names[i] for i in stable_order(range(len(kept)), differing)]
        classes = [(name, agreement[name]) for name in self._compared]
        return VariantPair(status, comparison, classes, self._labels, scheme)

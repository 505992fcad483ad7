"""The canvas of a segmented frame: its scene, its panels and its keys."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.frame import Comparison, Frame, Image, Segmentation, Status
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import Area, image_area, image_canvas_wh
from edge_app.overlay.class_memory import ClassAgreement, ClassesInView
from edge_app.overlay.comparison_panel import VariantPair
from edge_app.overlay.compose import Refresh, draw_over
from edge_app.overlay.difference import DifferenceScheme, difference_scheme
from edge_app.overlay.mask import class_shares
from edge_app.overlay.panel import Size
from edge_app.overlay.scene import ScenePainter, in_area, view_mode
from edge_app.overlay.street_panels import StreetContent, StreetLayout, layout_panels
from edge_app.pointing import Targets

# An image without a clock that stood so long is a still, not one of a fast sequence: the next one
# has nothing in common with it.
_STILL_S = 1.0


class StreetView:
    """Canvases of segmented frames; their panels are kept between refreshes.

    edges, height, hints: as `Overlay` takes them.
    """

    def __init__(self, labels: LabelSet, edges: str, height: int | None, hints: bool) -> None:
        self.layout = StreetLayout()
        self._scene = ScenePainter(labels, edges)
        self._labels, self._names = labels, labels.names
        self._height = height
        self._hints = hints
        self._refresh = Refresh()
        self._palette = labels.palette_bgr()
        self._in_view = ClassesInView(self._palette)
        self._shown: tuple[int, float] | None = None  # index of the image, and since when
        self._agreement = ClassAgreement()
        self._pair_names = ("", "")
        self._schemes: dict[tuple[str, str], DifferenceScheme] = {}

    def size_wh(self, frame: Frame) -> Size:
        """Return the size of a canvas for a frame, unless another one is asked for."""
        return image_canvas_wh((frame.image.shape[1], frame.image.shape[0]), self._height)

    @property
    def targets(self) -> Targets:
        """What can be clicked on the last canvas."""
        return self.layout.targets

    def draw(
        self,
        frame: Frame,
        result: Segmentation,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None,
        size_wh: Size | None = None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; see `Overlay.draw`."""
        frame_wh = (frame.image.shape[1], frame.image.shape[0])
        own_wh = self.size_wh(frame)
        size_wh = size_wh or own_wh
        place: Area = (0, 0, *size_wh) if size_wh == own_wh else image_area(frame_wh, size_wh)
        if controls.compare == "off":
            comparison = None
        other = comparison.name if comparison else ""
        scheme = self._scheme(status, other) if other else None
        if self._refresh.is_due(now_s, size_wh, controls, status.states, status.switch, other):
            self._follow(frame, now_s)
            share = self._shares(result, comparison)
            legend = self._in_view.update(share, now_s)
            pair = None
            if comparison and scheme:
                area = {self._names[i]: float(share[i]) for i in legend}
                pair = self._pair(status, comparison, scheme, area, now_s)
            sizes = size_wh, frame_wh
            content = StreetContent(*sizes, status, controls, self._labels, legend, pair)
            # A comparison needs the space of the lower half of the HUD.
            detail = min(controls.hud, 1) if pair else controls.hud
            self.layout = layout_panels(content, place, detail=detail, hints=self._hints)
        # A scene larger than the frame shows no more: it is enlarged, and only text is sharper.
        beside = view_mode(controls, comparison is not None) == "side by side"
        scene_wh = size_wh if beside else min(place[2:], own_wh)
        canvas = self._scene.paint(
            frame.image, scene_wh, result, controls, comparison, scheme, self.layout.halves
        )
        if scene_wh != size_wh:
            canvas = in_area(canvas, size_wh, place)
        draw_over(canvas, self.layout.placed, status, controls)
        return canvas

    def _scheme(self, status: Status, other: str) -> DifferenceScheme:
        """Return the colours for the variant of a status and another one."""
        names = status.variant, other
        if names not in self._schemes:
            self._schemes[names] = difference_scheme(self._labels, *names, status.variants)
        return self._schemes[names]

    def _follow(self, frame: Frame, now_s: float) -> None:
        """Forget the classes of a still once the next image is shown."""
        if self._shown is not None and self._shown[0] == frame.index:
            return
        if self._shown is not None and frame.time_s is None and now_s - self._shown[1] >= _STILL_S:
            self._in_view, self._agreement = ClassesInView(self._palette), ClassAgreement()
        self._shown = frame.index, now_s

    def _shares(self, result: Segmentation, comparison: Comparison | None) -> NDArray[np.float64]:
        """Return the share of each class, of the variant that has more of it: float64 (C,)."""
        share = class_shares(result.class_map, len(self._names))
        if comparison is None:
            return share
        return np.maximum(share, class_shares(comparison.result.class_map, len(self._names)))

    def _pair(
        self,
        status: Status,
        comparison: Comparison,
        scheme: DifferenceScheme,
        area: Mapping[str, float],
        now_s: float,
    ) -> VariantPair:
        """Return the compared variants, with their agreement on each class.

        area: share of the image of the classes to list, by name.
        """
        names = status.variant, comparison.name
        if names != self._pair_names:
            self._pair_names, self._agreement = names, ClassAgreement()
        per_class = dict(comparison.per_class)
        classes, lowest = self._agreement.update(per_class, area, now_s)
        return VariantPair(status, comparison, classes, lowest, self._labels, scheme)

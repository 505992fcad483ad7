"""The canvas that viewers see, for every kind of result."""

from __future__ import annotations

from edge_app.controls import Controls
from edge_app.errors import UsageError
from edge_app.frame import Classification, Comparison, Frame, Image, Readings, Result, Status
from edge_app.labels import LabelSet
from edge_app.overlay.digit_boxes import ReadingsView
from edge_app.overlay.digit_card import CardView
from edge_app.overlay.mask import EDGES
from edge_app.overlay.panel import Size
from edge_app.overlay.street import StreetView
from edge_app.pointing import Targets

CANVAS_ROWS = (360, 4320)  # HUD and keys need the lower limit; no display has more than the upper


class Overlay:
    """Draws canvases; panels are kept between refreshes.

    edges: "smooth" or "auto" upsamples the logits of a result that has them; "clean" enlarges
        the class map.
    height: rows of the canvas; None keeps those of the frame, but at least 480.
    hints: whether the keys are shown along the lower edge, or buttons if the controls say so.
    Raises UsageError for invalid settings.
    """

    def __init__(
        self,
        labels: LabelSet,
        *,
        edges: str = "auto",
        height: int | None = None,
        hints: bool = False,
    ) -> None:
        if edges not in EDGES:
            raise UsageError(f"invalid edges '{edges}'; choose one of: {', '.join(EDGES)}")
        if height is not None and not CANVAS_ROWS[0] <= height <= CANVAS_ROWS[1]:
            raise UsageError(
                f"invalid canvas height {height}; choose {CANVAS_ROWS[0]} to {CANVAS_ROWS[1]} rows"
            )
        self._street = StreetView(labels, edges, height, hints)
        self._card = CardView(labels, height, hints)
        self._readings = ReadingsView(height, hints)
        self._drawn: StreetView | CardView | ReadingsView = self._street

    def draw(
        self,
        frame: Frame,
        result: Result,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None = None,
        size_wh: Size | None = None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; `frame.image` is not changed.

        now_s: a monotonic time; panels are redrawn 0.2 s after the last time, or at once if the
            size of the canvas, the controls or a state has changed.
        comparison: the result of a second variant for the same frame.
        size_wh: of the canvas, with the whole image on it (default: `size_wh` of the frame).
        Raises EdgeError if the typeface is missing.
        """
        if isinstance(result, Classification):
            self._drawn = self._card
            return self._card.draw(frame, result, status, controls, now_s, size_wh)
        if isinstance(result, Readings):
            self._drawn = self._readings
            return self._readings.draw(frame, result, status, controls, now_s, size_wh)
        self._drawn = self._street
        return self._street.draw(frame, result, status, controls, now_s, comparison, size_wh)

    def size_wh(self, frame: Frame, result: Result) -> Size:
        """Return the size of a canvas for a frame, unless another one is asked for."""
        if isinstance(result, Classification):
            return self._card.size_wh(frame)
        view = self._readings if isinstance(result, Readings) else self._street
        return view.size_wh(frame)

    @property
    def targets(self) -> Targets:
        """What can be clicked on the canvas that was drawn last."""
        return self._drawn.targets

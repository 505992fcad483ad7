"""Draw the canvas people look at, whatever the network says of the picture."""

from __future__ import annotations

from edge_app.controls import Controls
from edge_app.errors import UsageError
from edge_app.frame import Classification, Comparison, Frame, Image, Readings, Result, Status
from edge_app.labels import LabelSet
from edge_app.overlay import mask
from edge_app.overlay.digit_boxes import ReadingsView
from edge_app.overlay.digit_card import CardView
from edge_app.overlay.street import StreetView

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
        self._street = StreetView(labels, edges, height, hints)
        self._card = CardView(labels, height, hints)
        self._readings = ReadingsView(height, hints)

    @property
    def edges_used(self) -> str | None:
        """The edges of the last mask, "smooth" or "clean"; None before the first."""
        return self._street.scene.used

    def draw(
        self,
        frame: Frame,
        result: Result,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None = None,
    ) -> Image:
        """Return a new canvas, uint8 (H, W, 3) BGR; `frame.image` is left as it is.

        now_s: a moment that only grows; panels are drawn anew once 0.2 s of it have passed,
            or where the canvas gets another size, or a key or a state changes what is shown.
        comparison: what a second variant says of the frame, where two are compared.
        Raises EdgeError where the typeface is missing.
        """
        if isinstance(result, Classification):
            return self._card.draw(frame, result, status, controls, now_s)
        if isinstance(result, Readings):
            return self._readings.draw(frame, result, status, controls, now_s)
        return self._street.draw(frame, result, status, controls, now_s, comparison)

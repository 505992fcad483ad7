"""The canvases of a session: one overlay for each model, and for the window one of its own."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from edge_app.frame import Image, Status
from edge_app.overlay import Overlay
from edge_app.pipeline.presenter import DrawInput
from edge_app.pointing import Targets

Size = tuple[int, int]  # width, height


class _ByModel:
    """An overlay for each model that makes results."""

    def __init__(self, edges: str, *, hints: bool) -> None:
        self._edges = edges
        self._hints = hints
        self._overlays: dict[str, Overlay] = {}

    def __getitem__(self, status: Status) -> Overlay:
        overlay = self._overlays.get(status.model)
        if overlay is None:
            overlay = Overlay(status.labels, edges=self._edges, hints=self._hints)
            self._overlays[status.model] = overlay
        return overlay


class Room(Protocol):
    """A window of any size."""

    def canvas_wh(self, own_wh: Size) -> Size:
        """Return the size of a canvas that fills the window; see `Window.canvas_wh`."""
        ...


class _Shown(NamedTuple):
    """The last canvas of the window, what it was drawn from, and the size it has by itself."""

    canvas: Image
    drawn_from: DrawInput
    own_wh: Size

    @property
    def size_wh(self) -> Size:
        """Width and height of the canvas."""
        return self.canvas.shape[1], self.canvas.shape[0]


class WindowOverlays:
    """Canvases in the size of a window, with key hints and buttons; `draw` is a `Draw`.

    targets: what can be clicked on the last one.
    """

    def __init__(self, edges: str, window: Room) -> None:
        self.targets = Targets()
        self._window = window
        self._overlays = _ByModel(edges, hints=True)
        self._shown: _Shown | None = None

    def draw(self, *drawn_from: *DrawInput) -> Image:
        """Return a new canvas, as `Overlay.draw` does."""
        frame, result, status, *_ = drawn_from
        overlay = self._overlays[status]
        own_wh = overlay.size_wh(frame, result)
        canvas = overlay.draw(*drawn_from, size_wh=self._window.canvas_wh(own_wh))
        self.targets = overlay.targets
        self._shown = _Shown(canvas, drawn_from, own_wh)
        return canvas

    def is_resized(self) -> bool:
        """Return whether the window has another size than the last canvas."""
        shown = self._shown
        return shown is not None and self._window.canvas_wh(shown.own_wh) != shown.size_wh

    def shared(self, drawn_from: DrawInput) -> Image | None:
        """Return the last canvas if it was drawn from this and has its own size, or None.

        Buttons are for the one who taps: nobody else is shown them.
        """
        shown = self._shown
        if shown is None or shown.size_wh != shown.own_wh or drawn_from[3].buttons:
            return None
        pairs = zip(drawn_from, shown.drawn_from, strict=True)
        return shown.canvas if all(one is other for one, other in pairs) else None


class FrameOverlays:
    """Canvases in the size of the frame, for all but the window; `draw` is a `Draw`.

    window: its canvas is used again if it has this size, key hints and all.
    """

    def __init__(self, edges: str, window: WindowOverlays | None = None) -> None:
        self._window = window
        self._overlays = _ByModel(edges, hints=False)

    def draw(self, *drawn_from: *DrawInput) -> Image:
        """Return a canvas, as `Overlay.draw` does."""
        canvas = self._window.shared(drawn_from) if self._window is not None else None
        return self._overlays[drawn_from[2]].draw(*drawn_from) if canvas is None else canvas

"""The window that shows the finished images and reads keys, mouse and touch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.closeable import Closeable
from edge_app.controls import Controls, key_name
from edge_app.errors import SinkError
from edge_app.frame import Image, Status, Step
from edge_app.pointing import XY, PointerEvent, PointerKind
from edge_app.sinks.desktop import Size, largest_window_wh
from edge_app.sinks.display import DisplayVerdict, display_verdict
from edge_app.sinks.key_burst import KeyBurst

_CLOSED = "q"
# Bars beside the image are at most so many times as wide as it is.
_WIDEST_BARS = 3
# No canvas is smaller: a window can be pulled to a few pixels.
_SMALLEST_WH = (160, 90)
_POINTER_KINDS = {
    cv2.EVENT_LBUTTONDOWN: PointerKind.DOWN,
    cv2.EVENT_LBUTTONDBLCLK: PointerKind.DOWN,  # in place of the second press of two
    cv2.EVENT_MOUSEMOVE: PointerKind.MOVE,
    cv2.EVENT_LBUTTONUP: PointerKind.UP,
}


class Window(Closeable):
    """A resizable window that keeps the shape of its canvases; main thread only.

    It opens in the shape of the first canvas, no larger than the display. Ask `canvas_wh` for the
    size to draw the next canvas in; one of another size is stretched, between black bars.
    The verdict's settings must be in the environment before the first window.
    largest_wh: of the window when it opens (default: what fits on the display).
    Raises SinkError if no window can be opened.
    """

    wants_canvas = True
    every_frame = True

    def __init__(
        self,
        title: str,
        verdict: DisplayVerdict | None = None,
        largest_wh: Size | None = None,
    ) -> None:
        verdict = verdict or display_verdict()
        if not verdict.usable:
            raise SinkError(f"no window: {verdict.reason}")
        self._title = title
        self._largest_wh = largest_wh or largest_window_wh()
        self._keys: list[str] = []
        self._burst = KeyBurst()
        self._pointer: list[PointerEvent] = []
        self._polled = False
        self._shown = False
        self._gone = False  # closed by its own button
        self._full = False
        self._shape = _Opening()
        self._canvas_xy: XY | None = None  # of the canvas within what is shown, beside its bars

    def canvas_wh(self, own_wh: Size) -> Size:
        """Return the size of a canvas that fills the window.

        own_wh: of the canvas without a window; the window takes its shape if that is new.
        """
        shape = self._shape
        if own_wh != shape.own_wh:
            self._shape = shape = _Opening(own_wh, fit_wh(own_wh, self._largest_wh))
        if (shape.is_new and not self._full) or not self._shown:
            return shape.window_wh
        room_wh = self._inner_wh()
        if min(room_wh) < 2:
            return shape.window_wh
        return max(room_wh[0], _SMALLEST_WH[0]), max(room_wh[1], _SMALLEST_WH[1])

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Show one canvas and read keys and mouse. Raises SinkError."""
        if self._closed:
            raise SinkError("the window was closed; open a new one")
        canvas = step.canvas if step.window_canvas is None else step.window_canvas
        if canvas is None:
            raise SinkError("there is no image to show; let the overlay draw one")
        if self._gone:
            return
        try:
            self._show(canvas)
        except cv2.error as fault:
            raise SinkError(
                f"the window cannot be drawn ({fault.err or fault}); go on with --headless"
            ) from None
        self._shown = True
        self._poll()
        self._polled = True

    def _show(self, canvas: Image) -> None:
        """Show a canvas; open the window before the first one, and shape it if that is new."""
        if not self._shown:
            self._open()
        canvas_wh = (canvas.shape[1], canvas.shape[0])
        if self._shape.own_wh is None:  # nobody asked for a size
            self._shape = _Opening(canvas_wh, fit_wh(canvas_wh, self._largest_wh))
        if self._shape.is_new and not self._full:
            cv2.resizeWindow(self._title, *self._shape.window_wh)
            self._shape.is_new = False
        shown = framed(canvas, self._inner_wh())
        self._canvas_xy = (shown.shape[1] - canvas_wh[0]) // 2, (shown.shape[0] - canvas_wh[1]) // 2
        cv2.imshow(self._title, shown)

    def _open(self) -> None:
        # Without the toolbar of Qt's own window, whose fonts the wheels lack and complain of.
        # It would keep the shape of images itself, but beside bars of a glaring light grey.
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(self._title, flags)
        cv2.setMouseCallback(self._title, self._note_pointer)
        self._fill()

    def _note_pointer(self, event: int, x: int, y: int, flags: int, _: object) -> None:
        """Note a move of the mouse or of a finger, which the toolkits give as the left button."""
        kind = _POINTER_KINDS.get(event)
        if kind is None or self._canvas_xy is None:
            return
        if kind is PointerKind.MOVE and not flags & cv2.EVENT_FLAG_LBUTTON:
            return  # nothing follows a mouse whose button is up
        # The toolkits give pixels of what is shown.
        left, top = self._canvas_xy
        self._pointer.append(PointerEvent(kind, (x - left, y - top)))

    def pointer(self) -> Sequence[PointerEvent]:
        """Return what mouse and touch did since the last call; `keys` processes their events."""
        events, self._pointer = self._pointer, []
        return events

    def _inner_wh(self) -> Size:
        """Return the inner size of the window; zeros if the toolkit does not know it."""
        with suppress(cv2.error):
            _, _, width, height = cv2.getWindowImageRect(self._title)
            return width, height
        return 0, 0

    def follow(self, controls: Controls) -> None:
        """Switch to full screen or back."""
        self._full = controls.fullscreen
        self._shape = _Opening()  # it takes the shape of its images again
        if self._shown and not self._gone:
            self._fill()

    def _fill(self) -> None:
        wanted = cv2.WINDOW_FULLSCREEN if self._full else cv2.WINDOW_NORMAL
        with suppress(cv2.error):  # a toolkit without full screen stays a window
            if cv2.getWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN) != wanted:
                cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, wanted)

    def rename(self, text: str) -> None:
        """Change the title of the window."""
        with suppress(cv2.error):
            if self._shown and not self._gone:
                cv2.setWindowTitle(self._title, text)

    def _poll(self) -> None:
        """Process the window's events; note a key, or that it was closed."""
        if not self._shown or self._gone:
            return
        key = key_name(cv2.waitKeyEx(1))
        if key and self._burst.admits(1):
            self._keys.append(key)
        try:
            visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            visible = False
        if not visible:
            self._gone = True
            self._keys.append(_CLOSED)

    def keys(self) -> Sequence[str]:
        """Return the keys pressed since the last call; keeps the window alive during a pause.

        A window closed by its button counts as the key for quitting.
        """
        if not self._polled and not self._closed:
            self._poll()
        self._polled = False
        keys, self._keys = self._keys, []
        return keys

    @property
    def dropped_keys(self) -> int:
        """How many keys were dropped, since they came faster than a person presses them."""
        return self._burst.dropped

    def _release(self) -> None:
        """Close the window."""
        if self._shown:
            with suppress(cv2.error):  # some toolkits have destroyed it with its button
                cv2.destroyWindow(self._title)
                cv2.waitKeyEx(1)  # others close only when their events are processed


@dataclass(slots=True)
class _Opening:
    """The shape of a window: of canvases by themselves, and of the window when it opens.

    is_new: whether the window is still to take it.
    """

    own_wh: Size | None = None
    window_wh: Size = (1, 1)
    is_new: bool = True


def fit_wh(canvas_wh: Size, largest_wh: Size) -> Size:
    """Return the size of a canvas, shrunk if need be to fit into another."""
    shrink = min(1.0, largest_wh[0] / canvas_wh[0], largest_wh[1] / canvas_wh[1])
    return max(1, round(canvas_wh[0] * shrink)), max(1, round(canvas_wh[1] * shrink))


def framed(canvas: Image, window_wh: tuple[int, int]) -> Image:
    """Return a canvas with black bars that give it the shape of the window.

    It is returned as it is if the two differ by at most two pixels, or if the size is unknown.
    """
    height, width = canvas.shape[:2]
    if min(window_wh) < 2:
        return canvas
    across = min(round(height * window_wh[0] / window_wh[1]) - width, _WIDEST_BARS * width)
    down = min(round(width * window_wh[1] / window_wh[0]) - height, _WIDEST_BARS * height)
    if max(across, down) <= 2:
        return canvas
    left, top = max(0, across) // 2, max(0, down) // 2
    right, bottom = max(0, across) - left, max(0, down) - top
    sides = top, bottom, left, right
    return np.asarray(cv2.copyMakeBorder(canvas, *sides, cv2.BORDER_CONSTANT), np.uint8)

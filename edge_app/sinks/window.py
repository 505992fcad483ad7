"""The window that shows the finished images and reads keys."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import cv2
import numpy as np

from edge_app.closeable import Closeable
from edge_app.controls import Controls, key_name
from edge_app.errors import SinkError
from edge_app.frame import Image, Status, Step
from edge_app.sinks.display import DisplayVerdict, display_verdict

# Fits beside the panels of a full-HD desktop; a window manager would cut a larger one.
_LARGEST_WH = (1600, 900)
_CLOSED = "q"
# Bars beside the image are at most so many times as wide as it is.
_WIDEST_BARS = 3


class Window(Closeable):
    """A resizable window that keeps the shape of its canvases; main thread only.

    The verdict's settings must be in the environment before the first window.
    Raises SinkError if no window can be opened.
    """

    wants_canvas = True
    every_frame = True

    def __init__(self, title: str, verdict: DisplayVerdict | None = None) -> None:
        verdict = verdict or display_verdict()
        if not verdict.usable:
            raise SinkError(f"no window: {verdict.reason}")
        self._title = title
        self._keys: list[str] = []
        self._polled = False
        self._shown = False
        self._gone = False  # closed by its own button
        self._full = False
        self._shape_hw = (0, 0)

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Show one canvas and read the keys. Raises SinkError."""
        if self._closed:
            raise SinkError("the window was closed; open a new one")
        if step.canvas is None:
            raise SinkError("there is no image to show; let the overlay draw one")
        if self._gone:
            return
        try:
            if not self._shown:
                self._open()
            if step.canvas.shape[:2] != self._shape_hw:
                self._fit(step.canvas)
            cv2.imshow(self._title, framed(step.canvas, self._inner_wh()))
        except cv2.error as fault:
            raise SinkError(
                f"the window cannot be drawn ({fault.err or fault}); go on with --headless"
            ) from None
        self._shown = True
        self._poll()
        self._polled = True

    def _open(self) -> None:
        # Without the toolbar of Qt's own window, whose fonts the wheels lack and complain of.
        # It would keep the shape of images itself, but beside bars of a glaring light grey.
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(self._title, flags)
        self._fill()

    def _fit(self, canvas: Image) -> None:
        """Give the window the shape of its images, which Qt otherwise stretches to the window."""
        self._shape_hw = height, width = canvas.shape[:2]
        shrink = min(1.0, _LARGEST_WH[0] / width, _LARGEST_WH[1] / height)
        if not self._full:
            cv2.resizeWindow(self._title, round(width * shrink), round(height * shrink))

    def _inner_wh(self) -> tuple[int, int]:
        """Return the inner size of the window; zeros if the toolkit does not know it."""
        with suppress(cv2.error):
            _, _, width, height = cv2.getWindowImageRect(self._title)
            return width, height
        return 0, 0

    def follow(self, controls: Controls) -> None:
        """Switch to full screen or back."""
        self._full = controls.fullscreen
        self._shape_hw = (0, 0)  # it takes the shape of its images again
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
        if key:
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

    def _release(self) -> None:
        """Close the window."""
        if self._shown:
            with suppress(cv2.error):  # some toolkits have destroyed it with its button
                cv2.destroyWindow(self._title)
                cv2.waitKeyEx(1)  # others close only when their events are processed


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

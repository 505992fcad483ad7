"""A stand-in for the windows of OpenCV: it notes what is shown, and a test moves the mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

Size = tuple[int, int]


class FakeToolkit:
    """One window of a display without a window manager.

    titles: of the windows that are open. shown: the last image.
    inner_wh: of the window; a test resizes it. full: whether it fills the display.
    events: what `waitKeyEx` still has to process: (event, x, y, flags) each, in pixels of the
        window, or the code of a key.
    """

    def __init__(self, display_wh: Size) -> None:
        self.display_wh = display_wh
        self.inner_wh: Size = (0, 0)
        self.full = False
        self.titles: list[str] = []
        self.shown: Any = np.zeros((1, 1, 3), np.uint8)
        self.events: list[int | tuple[int, int, int, int]] = []
        self._before_wh: Size = (0, 0)
        self._on_mouse: Callable[..., None] = lambda *_: None

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Give the module of the window these functions for those of OpenCV."""
        for name in (
            "namedWindow", "imshow", "resizeWindow", "getWindowImageRect", "setMouseCallback",
            "getWindowProperty", "setWindowProperty", "waitKeyEx", "destroyWindow",
        ):  # fmt: skip
            monkeypatch.setattr(cv2, name, getattr(self, name))

    def namedWindow(self, title: str, flags: int) -> None:  # noqa: N802
        self.titles.append(title)
        self.inner_wh = (640, 480)

    def imshow(self, title: str, image: Any) -> None:
        self.shown = image

    def resizeWindow(self, title: str, width: int, height: int) -> None:  # noqa: N802
        self.inner_wh = (width, height)

    def getWindowImageRect(self, title: str) -> tuple[int, int, int, int]:  # noqa: N802
        return 0, 0, *self.inner_wh

    def setMouseCallback(self, title: str, on_mouse: Callable[..., None]) -> None:  # noqa: N802
        self._on_mouse = on_mouse

    def getWindowProperty(self, title: str, prop: int) -> float:  # noqa: N802
        return float(self.full) if prop == cv2.WND_PROP_FULLSCREEN else 1.0

    def setWindowProperty(self, title: str, prop: int, value: int) -> None:  # noqa: N802
        self.full = bool(value)
        if self.full:
            self._before_wh, self.inner_wh = self.inner_wh, self.display_wh
        else:
            self.inner_wh = self._before_wh

    def destroyWindow(self, title: str) -> None:  # noqa: N802
        self.titles.remove(title)

    def waitKeyEx(self, delay: int) -> int:  # noqa: N802
        while self.events:
            event = self.events.pop(0)
            if isinstance(event, int):
                return event
            kind, x, y, flags = event
            # Qt and GTK both give pixels of the image, wherever in the window it is stretched to.
            rows, columns = self.shown.shape[:2]
            at = (x * columns // self.inner_wh[0], y * rows // self.inner_wh[1])
            self._on_mouse(kind, *at, flags, None)
        return -1

    def click(self, x: int, y: int, *, double: bool = False) -> None:
        """Press and release the left button; double: as the second of two clicks."""
        down = cv2.EVENT_LBUTTONDBLCLK if double else cv2.EVENT_LBUTTONDOWN
        self.events += [(down, x, y, cv2.EVENT_FLAG_LBUTTON), (cv2.EVENT_LBUTTONUP, x, y, 0)]

    def drag(self, *points: Size) -> None:
        """Press at the first point, move through the others, and release at the last."""
        self.events.append((cv2.EVENT_LBUTTONDOWN, *points[0], cv2.EVENT_FLAG_LBUTTON))
        self.events += [(cv2.EVENT_MOUSEMOVE, *xy, cv2.EVENT_FLAG_LBUTTON) for xy in points[1:]]
        self.events.append((cv2.EVENT_LBUTTONUP, *points[-1], 0))

"""The newest canvas as JPEG, encoded only when a viewer wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import cv2
import numpy as np

from edge_app.frame import Image, Status

# Nobody sees more, and the network needs the core: 1280x720 takes 4 ms of one.
_INTERVAL_S = 1 / 30
_QUALITY = 80
# A still image is sent again, so that a client that vanished silently is noticed.
_REPEAT_S = 5.0


def to_jpeg(image: Image) -> bytes:
    """Encode an image: uint8 (H, W, 3) BGR."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.asarray(data, np.uint8).tobytes()


class JpegFeed:
    """Canvases of one thread as JPEGs for the coroutines of another.

    encoded: number of canvases turned into JPEG.
    """

    def __init__(self, encode: Callable[[Image], bytes] = to_jpeg) -> None:
        self.status: Status | None = None
        self.encoded = 0
        self.closing = asyncio.Event()
        self._encode = encode
        self._loop: asyncio.AbstractEventLoop | None = None
        self._written_s = time.monotonic()
        self._newest: tuple[int, Image | None] = (0, None)
        self._jpeg = (0, b"")
        self._encoded_s = 0.0
        self._undrawn = 0  # the last number without a canvas
        self._wanted = False
        self._changed = asyncio.Event()

    def offer(self, canvas: Image | None, status: Status) -> None:
        """Take a canvas, which is kept and not copied; called by the pipeline, never waits.

        None means that none was drawn of this frame; the image before it is out of date.
        """
        number = self._newest[0] + 1
        if canvas is None:
            self._undrawn = number
        self._newest = (number, canvas)
        self.status = status
        self._written_s = time.monotonic()
        if self._wanted and self._loop is not None:
            self._wanted = False
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake)

    @property
    def idle_s(self) -> float:
        """Seconds since the last canvas."""
        return time.monotonic() - self._written_s

    def end(self) -> None:
        """End every coroutine."""
        self.closing.set()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def jpeg(self, after: int) -> tuple[int, bytes] | None:
        """Return the number and the JPEG of an image after a number; None at the end.

        Viewers who ask at the same time get the same one; an image without a viewer is never
        encoded. After 5 s without a new one the last one is returned again.
        """
        again_s = time.monotonic() + _REPEAT_S
        while not self.closing.is_set():
            number, canvas = self._newest
            now_s = time.monotonic()
            shown = self._jpeg[0]
            # Another viewer may have got it just now; one from before a gap is out of date.
            just_now = shown > self._undrawn and now_s < self._encoded_s + _INTERVAL_S
            fresh = shown == number or just_now
            if (shown > after and fresh) or (shown == number and shown and now_s >= again_s):
                return self._jpeg
            if canvas is None or number == shown:
                await self._wait_for_news(number, again_s - now_s)
            elif now_s < self._encoded_s + _INTERVAL_S:
                await asyncio.sleep(self._encoded_s + _INTERVAL_S - now_s)
            else:
                self._encoded_s = now_s
                self._jpeg = (number, self._encode(canvas))
                self.encoded += 1
        return None

    async def _wait_for_news(self, known: int, timeout_s: float) -> None:
        changed = self._changed
        self._loop = asyncio.get_running_loop()
        self._wanted = True
        if self._newest[0] == known:  # else it came before `offer` knew that it is wanted
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), max(0.05, timeout_s))

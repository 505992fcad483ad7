"""A thread that reads one connection to a camera and keeps the newest image."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from edge_app.errors import SourceError
from edge_app.frame import Image

# A backend with its own time-out gives a better message, so it gets this much longer.
_GRACE_S = 0.5


class BusyError(SourceError):
    """A camera that another program uses."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What is known of a device once it is open.

    rate_hz: the rate it states; None if it states none that is plausible.
    notes: settings that it does not follow, a line each.
    advice: what to do if it gives no image.
    """

    name: str
    rate_hz: float | None = None
    notes: tuple[str, ...] = ()
    advice: str = "check its cable and its power"


@dataclass(frozen=True, slots=True)
class CapturedImage:
    """One image of a device.

    image: uint8 (H, W, 3) BGR, in its own memory.
    taken_s: monotonic time of exposure or, if that is unknown, of arrival.
    capture_ms: time to copy and decode it, without waiting for it.
    damaged: how many images since the one before it were damaged.
    """

    image: Image
    taken_s: float
    capture_ms: float
    damaged: int = 0


class CameraBackend(Protocol):
    """An open device; only one thread ever uses it."""

    @property
    def info(self) -> DeviceInfo:
        """What is known of the device."""

    def read(self) -> CapturedImage:
        """Wait for the next image; raise SourceError if none comes."""

    def close(self) -> None:
        """Release the device."""


class CaptureThread:
    """A thread that opens a device within `open_s`, reads it until an end or error, closes it."""

    def __init__(self, opener: Callable[[], CameraBackend], open_s: float) -> None:
        self._opener = opener
        self._deadline_s = time.monotonic() + open_s
        self._open_s = open_s
        self._changed = threading.Condition()
        self._info: DeviceInfo | None = None
        self._image: CapturedImage | None = None
        self._fault: Exception | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        backend: CameraBackend | None = None
        try:
            backend = self._opener()
            with self._changed:
                self._info = backend.info
                self._changed.notify_all()
            while not self._ended:
                image = backend.read()
                with self._changed:
                    if self._image is not None:  # replaced before it was read
                        image = replace(image, damaged=image.damaged + self._image.damaged)
                    self._image = image
                    self._changed.notify_all()
        except Exception as fault:  # noqa: BLE001 - raised in the thread that waits
            with self._changed:
                self._fault = fault
                self._changed.notify_all()
        finally:
            if backend is not None:
                with suppress(Exception):  # the device may be gone
                    backend.close()

    def opened(self) -> DeviceInfo:
        """Wait until the device is open; raise its error, or SourceError if it hangs."""
        with self._changed:
            left_s = self._deadline_s - time.monotonic()
            self._changed.wait_for(lambda: self._info or self._fault or self._ended, left_s)
            if self._info is not None:
                return self._info
            if self._fault is not None:
                raise self._fault
            raise SourceError(
                f"the camera did not open within {self._open_s:g} s; "
                "check its connection, or restart the machine"
            )

    def next(self, read_s: float) -> CapturedImage | None:
        """Wait for a new image; None after `end`. Raises the device's error, or SourceError."""
        info = self.opened()
        with self._changed:
            self._changed.wait_for(
                lambda: self._image or self._fault or self._ended, read_s + _GRACE_S
            )
            image, self._image = self._image, None
            if self._ended:
                return None
            if image is not None:
                return image
            if self._fault is not None:
                raise self._fault
            raise SourceError(f"no image for {read_s:g} s; {info.advice}")

    def end(self) -> None:
        """Ask the thread to close the device after the current image."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the device is released; return whether it was."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

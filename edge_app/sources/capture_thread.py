"""Read one connection to a camera in a thread of its own, and keep its newest picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from edge_app.errors import SourceError
from edge_app.frame import Image

# A reader that knows a time-out of its own says better than its waiter what went wrong.
_GRACE_S = 0.5


class BusyError(SourceError):
    """Report a camera that another program holds."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Hold what a device turned out to be when it was opened.

    rate_hz: as it states it, None where it states none that can be believed.
    notes: what it does other than it was asked to.
    """

    name: str
    rate_hz: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CapturedImage:
    """Hold one picture as it comes from a device.

    image: uint8 (H, W, 3) BGR, in memory of its own.
    taken_s: the monotonic moment it was taken, or where that is not known, arrived.
    capture_ms: what it cost to copy and decode, without the wait for it.
    damaged: how many before it could not be decoded.
    """

    image: Image
    taken_s: float
    capture_ms: float
    damaged: int = 0


class CameraBackend(Protocol):
    """Read an open device; only one thread ever touches it."""

    @property
    def facts(self) -> DeviceInfo:
        """What the device turned out to be."""
        ...

    def read(self) -> CapturedImage:
        """Wait for the next picture; raises SourceError where none comes."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class CaptureThread:
    """Open a device, read it until the end or a fault, and close it, in one thread.

    open_s: how long opening may take.
    """

    def __init__(self, opener: Callable[[], CameraBackend], open_s: float) -> None:
        self._opener = opener
        self._deadline_s = time.monotonic() + open_s
        self._open_s = open_s
        self._changed = threading.Condition()
        self._facts: DeviceInfo | None = None
        self._shot: CapturedImage | None = None
        self._fault: Exception | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        grabber: CameraBackend | None = None
        try:
            grabber = self._opener()
            with self._changed:
                self._facts = grabber.facts
                self._changed.notify_all()
            while not self._ended:
                shot = grabber.read()
                with self._changed:
                    self._shot = shot
                    self._changed.notify_all()
        except Exception as fault:  # noqa: BLE001 - handed to the thread that waits
            with self._changed:
                self._fault = fault
                self._changed.notify_all()
        finally:
            if grabber is not None:
                with suppress(Exception):  # the device may be gone
                    grabber.close()

    def opened(self) -> DeviceInfo:
        """Wait until the device is open; raise what keeps it shut, or SourceError if it hangs."""
        with self._changed:
            left_s = self._deadline_s - time.monotonic()
            self._changed.wait_for(lambda: self._facts or self._fault or self._ended, left_s)
            if self._facts is not None:
                return self._facts
            if self._fault is not None:
                raise self._fault
            raise SourceError(
                f"the camera did not open within {self._open_s:g} s; "
                "check its cable, or restart the machine"
            )

    def next(self, read_s: float) -> CapturedImage | None:
        """Wait for a picture that was not handed out yet; None once the link was ended.

        Raises what broke the connection, or SourceError where it has come to a standstill.
        """
        self.opened()
        with self._changed:
            self._changed.wait_for(
                lambda: self._shot or self._fault or self._ended, read_s + _GRACE_S
            )
            shot, self._shot = self._shot, None
            if self._ended:
                return None
            if shot is not None:
                return shot
            if self._fault is not None:
                raise self._fault
            raise SourceError(f"no picture for {read_s:g} s; check its cable")

    def end(self) -> None:
        """Tell the thread to close the device after the picture in hand."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the device to be let go; tell whether it was."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

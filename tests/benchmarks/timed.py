"""A camera and a network with fixed timing.

The camera replaces libcamera: an image is due at each tick of its clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.paths import assets_dir
from edge_app.sources.factory import open_source
from tests.support.fake_picamera2 import FakePicamera2, FakeRequest, Hardware
from tests.support.fakes import FakeEngine

SIZE_WH = (1280, 720)
_IMAGES = 25


class Sensor(Hardware):
    """A sensor that gives the shipped street clip at a rate.

    lag_ms: time from exposure to arrival, for read-out and ISP. A request gets the newest image
        that has arrived, or waits for the next one, as with libcamera's queue.
    """

    def __init__(self, rate_hz: float, lag_ms: float = 0.0) -> None:
        super().__init__()
        self.rate_hz = rate_hz
        self.lag_s = lag_ms / 1e3
        self.exposed = 0  # tick of the last image given
        self.started_s = time.monotonic()
        with open_source(str(assets_dir() / "samples" / "street.mp4"), max_frames=_IMAGES) as clip:
            self.images = [np.ascontiguousarray(frame.image).ravel() for frame in clip]

    def modules(self) -> dict[str, Any]:
        """Return the modules that replace the real ones."""
        modules = super().modules()
        modules["picamera2"].Picamera2 = type("Picamera2", (TimedCamera,), {"hardware": self})  # type: ignore[attr-defined]
        return modules

    def await_image(self) -> int:
        """Wait for an image that was not given yet; return its tick."""
        arrived = int((time.monotonic() - self.started_s - self.lag_s) * self.rate_hz)
        tick = max(arrived, self.exposed + 1)
        due_s = self.started_s + tick / self.rate_hz + self.lag_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        self.exposed = tick
        return tick


class TimedCamera(FakePicamera2):
    """A camera that gives the images of a sensor with their own timestamps."""

    hardware: Sensor

    def capture_request(self, wait: float) -> FakeRequest:
        """Wait for the next image."""
        return TimedRequest(self.hardware, self._main, self.hardware.await_image())


class TimedRequest(FakeRequest):
    """A request with one image of the clip."""

    def __init__(self, sensor: Sensor, main: dict[str, Any], tick: int) -> None:
        super().__init__(sensor, main)
        self._sensor = sensor
        self._tick = tick

    def get_metadata(self) -> dict[str, Any]:
        """Return the time of exposure by libcamera's clock."""
        age_s = time.monotonic() - self._sensor.started_s - self._tick / self._sensor.rate_hz
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return {"SensorTimestamp": now_ns - round(age_s * 1e9)}

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        """Return a copy of the image, as picamera2 does."""
        return self._sensor.images[self._tick % len(self._sensor.images)].copy()


class SlowEngine(FakeEngine):
    """An engine that sleeps for a given time per frame, without using the cores.

    invoke_ms: returns the time of the next frame.
    """

    def __init__(self, spec: Any, invoke_ms: Callable[[], float]) -> None:
        super().__init__()
        self.spec = spec
        self._invoke_ms = invoke_ms

    def timed(self, image: Any) -> Any:
        """Return a result after a while, with the time it took."""
        started_s = time.perf_counter()
        time.sleep(self._invoke_ms() / 1e3)
        inference = super().timed(image)
        return inference._replace(invoke_ms=(time.perf_counter() - started_s) * 1e3)

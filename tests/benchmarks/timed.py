"""A camera and a network that keep time.

The camera stands at libcamera's seam: a picture is due at each tick of its clock.
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
_PICTURES = 25


class Sensor(Hardware):
    """Deliver the shipped street clip at a rate, each picture some time after it was exposed.

    lag_ms: how long a picture is on its way from the sensor: read-out and ISP. The newest one
        that has arrived is given, or the next one awaited, as libcamera's queue does.
    """

    def __init__(self, rate_hz: float, lag_ms: float = 0.0) -> None:
        super().__init__()
        self.rate_hz = rate_hz
        self.lag_s = lag_ms / 1e3
        self.exposed = 0  # the tick of the picture given last
        self.began_s = time.monotonic()
        with open_source(
            str(assets_dir() / "samples" / "street.mp4"), max_frames=_PICTURES
        ) as clip:
            self.pictures = [np.ascontiguousarray(frame.image).ravel() for frame in clip]

    def modules(self) -> dict[str, Any]:
        """Return the modules to put in place of the real ones."""
        modules = super().modules()
        modules["picamera2"].Picamera2 = type("Picamera2", (TimedCamera,), {"hardware": self})  # type: ignore[attr-defined]
        return modules

    def await_picture(self) -> int:
        """Wait for a picture that was not given yet; return its tick."""
        arrived = int((time.monotonic() - self.began_s - self.lag_s) * self.rate_hz)
        tick = max(arrived, self.exposed + 1)
        due_s = self.began_s + tick / self.rate_hz + self.lag_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        self.exposed = tick
        return tick


class TimedCamera(FakePicamera2):
    """Give the sensor's pictures with their own stamps."""

    hardware: Sensor

    def capture_request(self, wait: float) -> FakeRequest:
        """Wait for the next picture."""
        return Picture(self.hardware, self._main, self.hardware.await_picture())


class Picture(FakeRequest):
    """Hold one picture of the clip."""

    def __init__(self, sensor: Sensor, main: dict[str, Any], tick: int) -> None:
        super().__init__(sensor, main)
        self._sensor = sensor
        self._tick = tick

    def get_metadata(self) -> dict[str, Any]:
        """Return the moment of exposure, by libcamera's clock."""
        age_s = time.monotonic() - self._sensor.began_s - self._tick / self._sensor.rate_hz
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return {"SensorTimestamp": now_ns - round(age_s * 1e9)}

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        """Return a copy of the picture, as picamera2 does."""
        return self._sensor.pictures[self._tick % len(self._sensor.pictures)].copy()


class Slow(FakeEngine):
    """Take a given time for each answer, without the cores."""

    def __init__(self, spec: Any, invoke_ms: Callable[[], float]) -> None:
        super().__init__()
        self.spec = spec
        self._invoke_ms = invoke_ms

    def timed(self, image: Any) -> Any:
        """Answer after a while; say how long it took."""
        began_s = time.perf_counter()
        time.sleep(self._invoke_ms() / 1e3)
        inference = super().timed(image)
        return inference._replace(invoke_ms=(time.perf_counter() - began_s) * 1e3)

"""A stand-in for the modules picamera2 and libcamera, and for the camera behind them.

It follows the real ones where they were seen to surprise: another format than asked for without
an error, padded rows, a queue that blocks closing after a time-out, time stamps of any clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

BLUE, GREEN, RED = 30, 90, 210  # of the left half of every image; the right half is black


@dataclass
class Hardware:
    """Cameras that are plugged in and how they behave; tests change it while a source runs."""

    models: list[str] = field(default_factory=lambda: ["imx708"])
    format: str | None = None  # given instead of the one asked for
    size_wh: tuple[int, int] | None = None
    padding: int = 0  # bytes at the end of each row
    short: int = 0  # bytes missing at the end of the buffer
    busy: bool = False
    plugged: bool = True
    stamp_ns: Any = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    controls: tuple[str, ...] = ("ExposureTime", "AwbEnable", "AwbMode", "FrameDurationLimits")
    configure_fault: Exception | None = None
    start_fault: Exception | None = None
    opened: int = 0
    closed: int = 0
    waiting: int = 0  # captures that were given up and not flushed
    asked: dict[str, Any] = field(default_factory=dict)

    def modules(self) -> dict[str, ModuleType]:
        """Return the modules to put in place of the real ones."""
        picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
        picamera2.Picamera2 = type("Picamera2", (FakePicamera2,), {"hardware": self})  # type: ignore[attr-defined]
        names = ("Auto", "Incandescent", "Tungsten", "Fluorescent", "Indoor", "Daylight", "Cloudy")
        modes = SimpleNamespace(**{name: f"AwbMode.{name}" for name in names})
        focus = SimpleNamespace(Manual="AfMode.Manual", Continuous="AfMode.Continuous")
        libcamera.controls = SimpleNamespace(AwbModeEnum=modes, AfModeEnum=focus)  # type: ignore[attr-defined]
        libcamera.Transform = SimpleNamespace  # type: ignore[attr-defined]
        return {"picamera2": picamera2, "libcamera": libcamera}

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the modules in place until the end of the test."""
        for name, module in self.modules().items():
            patch.setitem(__import__("sys").modules, name, module)


class FakePicamera2:
    """Do what picamera2's class does, as far as the app asks."""

    hardware: Hardware

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        models = cls.hardware.models if cls.hardware.plugged else []
        return [{"Model": model, "Num": i, "Id": f"/cam{i}"} for i, model in enumerate(models)]

    def __init__(self, camera_num: int = 0) -> None:
        if self.hardware.busy:
            fault = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from fault
        self.hardware.opened += 1
        self.camera_controls = dict.fromkeys(self.hardware.controls, (0, 1, 0))
        self._main: dict[str, Any] = {}

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self.hardware.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        hardware, main = self.hardware, configuration["main"]
        if hardware.configure_fault:
            raise hardware.configure_fault
        width, height = hardware.size_wh or main["size"]
        assert not main["size"][0] % 2
        assert not main["size"][1] % 2
        form = hardware.format or main["format"]
        depth = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4, "YUYV": 2}.get(form, 1)
        stride = width * depth + hardware.padding
        self._main = {"format": form, "size": (width, height), "stride": stride}

    def camera_configuration(self) -> dict[str, Any]:
        return {"main": self._main}

    def start(self) -> None:
        assert self._main
        if self.hardware.start_fault:
            raise self.hardware.start_fault

    def capture_request(self, wait: float) -> FakeRequest:
        deadline_s = time.monotonic() + wait
        time.sleep(0.002)
        while not self.hardware.plugged:
            if time.monotonic() > deadline_s:
                self.hardware.waiting += 1
                raise TimeoutError
            time.sleep(0.002)
        return FakeRequest(self.hardware, self._main)

    def cancel_all_and_flush(self) -> None:
        self.hardware.waiting = 0

    def close(self) -> None:
        assert not self.hardware.waiting, "the real one would wait here for ever"
        self.hardware.closed += 1


class FakeRequest:
    """One captured image, which must be released."""

    def __init__(self, hardware: Hardware, main: dict[str, Any]) -> None:
        self._hardware = hardware
        self._main = main
        self._released = False

    def get_metadata(self) -> dict[str, Any]:
        assert not self._released
        return {"SensorTimestamp": self._hardware.stamp_ns()}

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        assert not self._released
        assert name == "main"
        buffer = encoded(self._main["format"], self._main["size"], self._hardware.padding)
        return buffer[: buffer.size - self._hardware.short]

    def release(self) -> None:
        assert not self._released
        self._released = True


def camera_image(size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the image the camera sees: uint8 (H, W, 3) BGR."""
    image = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    image[:, : size_wh[0] // 2] = BLUE, GREEN, RED
    return image


def encoded(form: str, size_wh: tuple[int, int], padding: int = 0) -> NDArray[np.uint8]:
    """Return the buffer of that image in one of libcamera's formats, rows padded with 255."""
    width, height = size_wh
    image: Any = camera_image(size_wh)
    if form == "MJPEG":
        return np.asarray(cv2.imencode(".jpg", image)[1], np.uint8).ravel()
    packed: dict[str, int | None] = {
        "RGB888": None,
        "BGR888": cv2.COLOR_BGR2RGB,
        "XRGB8888": cv2.COLOR_BGR2BGRA,
        "XBGR8888": cv2.COLOR_BGR2RGBA,
    }
    if form in packed:
        code = packed[form]
        rows: Any = image if code is None else cv2.cvtColor(image, code)
        return _padded(rows.reshape(height, -1), padding).ravel()
    planar = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    luma, chroma = planar[:height], planar[height:].reshape(2, height // 2, width // 2)
    if form in {"NV12", "NV21"}:
        order = (0, 1) if form == "NV12" else (1, 0)
        both = np.dstack([chroma[i] for i in order]).reshape(height // 2, width)
        return np.concatenate([_padded(luma, padding).ravel(), _padded(both, padding).ravel()])
    if form == "YUV420":
        parts = [_padded(luma, padding), *(_padded(plane, padding // 2) for plane in chroma)]
        return np.concatenate([part.ravel() for part in parts])
    return np.zeros(width * height * 2, np.uint8)


def _padded(rows: NDArray[np.uint8], padding: int) -> NDArray[np.uint8]:
    return np.pad(rows, ((0, 0), (0, padding)), constant_values=255)

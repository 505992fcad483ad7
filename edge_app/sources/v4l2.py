"""USB cameras, read through OpenCV's V4L2 backend."""

from __future__ import annotations

import os
import time
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from edge_app.errors import SourceError
from edge_app.input_file import home_path
from edge_app.sources import devices
from edge_app.sources.camera import DEFAULT_SIZE_WH, CameraOptions, taken_s, upright
from edge_app.sources.capture_thread import BusyError, CapturedImage, DeviceInfo
from edge_app.sources.clock import plausible_rate
from edge_app.sources.holders import holder_message, holders
from edge_app.sources.image import quiet_opencv

# USB 2 cannot transfer larger raw images at a useful rate.
_RAW_PIXELS = 640 * 480
# With one buffer a driver cannot store the next image while one is copied, and delivers every
# second one (LibreScanner/horus#60: 15 instead of 30 Hz). With two no image gets old, since the
# reader never pauses.
_BUFFERS = 2
_MANUAL, _PER_MS = 1, 10  # V4L2_EXPOSURE_MANUAL; exposure_time_absolute counts 0.1 ms
_KELVIN = {
    "incandescent": 2800, "tungsten": 3000, "fluorescent": 4200, "indoor": 3500,
    "daylight": 5500, "cloudy": 6500,
}  # fmt: skip
_MAX_DAMAGED = 10  # undecodable images in a row that mean more than a bad cable


class UsbCamera:
    """An open V4L2 node, for one thread only. Raises SourceError, or BusyError if it is in use."""

    def __init__(self, path: str, options: CameraOptions) -> None:
        device = check_device(path)
        self._path = path
        self._options = options
        with quiet_opencv():
            self._capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
            try:
                notes = self._configure(options)
                self._try_once()
            except BaseException:
                self.close()
                raise
        width, height = self._size_wh()
        hz = plausible_rate(self._capture.get(cv2.CAP_PROP_FPS))
        at = f" at {hz:g} Hz" if hz else ""
        name = f"{device.name}, {width}x{height}{at}, {self._fourcc()}"
        self.info = DeviceInfo(name, hz, tuple(notes))

    def _configure(self, options: CameraOptions) -> list[str]:
        """Apply the options in the order that drivers need; return notes on those not followed."""
        capture, notes = self._capture, []
        width, height = size_wh = options.size_wh or DEFAULT_SIZE_WH
        if width * height > _RAW_PIXELS:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        if options.fps:
            capture.set(cv2.CAP_PROP_FPS, options.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, _BUFFERS)
        got_wh = self._size_wh()
        if options.size_wh and capture.isOpened() and got_wh != size_wh:
            got = f"{got_wh[0]}x{got_wh[1]}"
            notes.append(f"requested {width}x{height} from the camera, got {got}")
        got_hz = plausible_rate(capture.get(cv2.CAP_PROP_FPS))
        if options.fps and got_hz and abs(got_hz - options.fps) > 0.5:
            notes.append(f"requested {options.fps:g} Hz from the camera, got {got_hz:g}")
        if options.exposure_ms is not None and not (
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL)
            and capture.set(cv2.CAP_PROP_EXPOSURE, round(options.exposure_ms * _PER_MS))
        ):
            notes.append("the exposure of this camera cannot be set")
        if options.awb is not None and not self._set_awb(options.awb):
            notes.append("the white balance of this camera cannot be set")
        return notes

    def _set_awb(self, light: str) -> bool:
        change, auto = self._capture.set, light == "auto"
        chosen = change(cv2.CAP_PROP_AUTO_WB, int(auto))
        return chosen and (auto or change(cv2.CAP_PROP_WB_TEMPERATURE, _KELVIN[light]))

    def _size_wh(self) -> tuple[int, int]:
        get = self._capture.get
        return int(get(cv2.CAP_PROP_FRAME_WIDTH)), int(get(cv2.CAP_PROP_FRAME_HEIGHT))

    def _fourcc(self) -> str:
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        return code.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ")

    def _try_once(self) -> None:
        """Raise SourceError if the camera gives no image."""
        if self._capture.isOpened() and self._capture.grab():
            return
        if holders([self._path]):
            raise BusyError(f"{self._path} is {holder_message([self._path])}")
        raise SourceError(
            f"{self._path} opens but gives no image; close other programs that use it, plug it "
            f"in again{_if_own()}"
        )

    def read(self) -> CapturedImage:
        """Wait for the next image that can be decoded."""
        for damaged in range(_MAX_DAMAGED):
            if not self._capture.grab():
                raise SourceError(f"{self._path} gives no image; check its cable")
            start, now_s = perf_counter(), time.monotonic()
            good, image = self._capture.retrieve()
            if not good or image is None:
                continue
            if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
                raise SourceError(
                    f"{self._path} gives images of shape {image.shape}, not colour images; "
                    f"try another --camera-size{_if_own()}"
                )
            upright_image = upright(np.asarray(image, np.uint8), self._options)
            # The driver's stamp of the buffer, which V4L2 takes from the monotonic clock.
            taken = taken_s(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6, now_s)
            return CapturedImage(upright_image, taken, (perf_counter() - start) * 1e3, damaged)
        raise SourceError(
            f"{self._path} sends {_MAX_DAMAGED} images in a row that cannot be decoded; "
            "check its cable, or choose a smaller --camera-size"
        )

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def _if_own() -> str:
    return devices.on_a_pi(", or if it is the Pi's own camera use the source `picamera`")


def device_node(text: str) -> str:
    """Return the device node of a text; a plain number is /dev/video of that number.

    Returns a link that survives replugging if the camera has one.
    """
    number = text.isdecimal() and len(text) <= 9
    node = devices.DEV / f"video{int(text)}" if number else home_path(text, SourceError)
    device = devices.query(str(node))
    return device.stable if device is not None and device.stable else str(node)


def check_device(path: str) -> devices.Device:
    """Return the description of a node; raise SourceError if OpenCV cannot read it."""
    if not Path(path).exists():
        found = [f"{one.path} ({one.name})" for one in devices.cameras()]
        advice = f"there is {', '.join(found)}" if found else "plug in a USB camera"
        own = devices.on_a_pi(", or for the Pi's own give `picamera`")
        raise SourceError(f"there is no {path}; {advice}{own}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(
            f"this user may not use {path}; `sudo usermod -aG video $USER`, then log in again"
        )
    device = devices.query(path)
    if device is None:
        raise SourceError(f"{path} is not a camera; `edge-app cameras` lists them")
    if device.is_csi:
        raise SourceError(
            f"{path} belongs to the Pi's own camera ({device.driver}), which OpenCV cannot "
            "read; use the source `picamera`"
        )
    if not device.captures:
        siblings = [one.path for one in devices.cameras() if one.bus == device.bus]
        what = "only has the metadata of" if device.is_metadata else "gives no images:"
        advice = f"use {siblings[0]}" if siblings else "`edge-app cameras` lists them"
        raise SourceError(f"{path} {what} {device.name}; {advice}")
    return device

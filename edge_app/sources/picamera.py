"""Read a Raspberry Pi's own camera through picamera2, which comes from apt."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from edge_app.errors import SourceError
from edge_app.sources import devices
from edge_app.sources.camera import DEFAULT_SIZE_WH, CameraOptions, taken_s, upright
from edge_app.sources.capture_thread import BusyError, CapturedImage, DeviceInfo
from edge_app.sources.holders import held_by
from edge_app.sources.pixels import Layout, to_image

# B, G, R in memory, which is what every later stage wants: no conversion.
_FORMAT = "RGB888"
# One being filled, one waiting, one being copied, and one to spare; picamera2's own six
# of 1280x720 would take 17 MB of a small board's contiguous memory.
_BUFFERS = 4
_DEFAULT_HZ = 30.0


class PiCamera:
    """Read camera `number`; opened, read and closed by one thread.

    read_s: how long a picture may take. Raises SourceError, BusyError where another program
    holds the camera.
    """

    def __init__(self, number: int, options: CameraOptions, read_s: float) -> None:
        picamera2, libcamera = import_picamera2()
        self._options = options
        self._read_s = read_s
        model = _find(picamera2, number)
        try:
            self._camera = picamera2.Picamera2(number)
        except Exception as fault:
            raise _refused(fault, number) from fault
        try:
            notes = self._start(libcamera)
        except BaseException:
            self.close()
            raise
        (width, height), hz = self._layout.size_wh, self._hz
        self.facts = DeviceInfo(
            f"picamera {number} ({model}), {width}x{height} at {hz:g} Hz", hz, tuple(notes)
        )

    def _start(self, libcamera: Any) -> list[str]:
        """Configure and start the camera; return what it does other than asked."""
        camera, options = self._camera, self._options
        width, height = options.size_wh or DEFAULT_SIZE_WH
        size_wh = (width - width % 2, height - height % 2)  # its ISP halves the chroma
        controls, notes = self._controls(libcamera)
        configuration = camera.create_video_configuration(
            main={"size": size_wh, "format": _FORMAT},
            transform=libcamera.Transform(hflip=options.hflip, vflip=options.vflip),
            buffer_count=_BUFFERS,
            controls=controls,
        )
        camera.configure(configuration)
        # libcamera may give another format and size than it was asked for, without an error.
        given = camera.camera_configuration()["main"]
        self._layout = Layout(str(given["format"]), tuple(given["size"]), int(given["stride"]))
        if self._layout.size_wh != size_wh:
            notes.append(f"asked the camera for {_size(size_wh)}, got {_size(given['size'])}")
        if self._layout.format != _FORMAT:
            notes.append(f"the camera gives {self._layout.format}, converted for each picture")
        camera.start()
        return notes

    def _controls(self, libcamera: Any) -> tuple[dict[str, Any], list[str]]:
        """Return libcamera's controls for what was asked, and what this camera cannot do."""
        options, names = self._options, self._camera.camera_controls
        self._hz = options.fps or _DEFAULT_HZ
        wanted: dict[str, Any] = {}
        if options.exposure_ms is not None:
            wanted["ExposureTime"] = round(options.exposure_ms * 1e3)
            if options.fps is None:  # a shutter cannot stay open longer than a frame lasts
                self._hz = min(self._hz, 1e3 / options.exposure_ms)
        if options.awb is not None:
            wanted["AwbEnable"] = True
            wanted["AwbMode"] = getattr(libcamera.controls.AwbModeEnum, options.awb.capitalize())
        interval_us = round(1e6 / self._hz)
        wanted["FrameDurationLimits"] = (interval_us, interval_us)
        notes = [
            f"this camera has no control {name}, so it stays as it is"
            for name in wanted
            if name not in names and (name != "FrameDurationLimits" or options.fps)
        ]
        return {name: value for name, value in wanted.items() if name in names}, notes

    def read(self) -> CapturedImage:
        """Wait for the next picture and copy it out of the camera's memory."""
        try:
            request = self._camera.capture_request(wait=self._read_s)
        except TimeoutError:
            raise SourceError(f"no picture for {self._read_s:g} s; check its cable") from None
        try:
            begun, now_s = perf_counter(), time.monotonic()
            stamp_ns = request.get_metadata().get("SensorTimestamp")
            buffer = request.make_buffer("main")
        finally:
            request.release()
        image = to_image(buffer, self._layout)
        turn_only = CameraOptions(rotation=self._options.rotation)  # the sensor mirrors itself
        image = upright(image, turn_only)
        taken = taken_s(stamp_ns, now_s)
        return CapturedImage(
            image, now_s if taken is None else taken, (perf_counter() - begun) * 1e3
        )

    def close(self) -> None:
        """Let go of the camera."""
        # After a time-out its queue still holds the picture that never came, and every later
        # call waits behind it. Older versions lack this.
        flush = getattr(self._camera, "cancel_all_and_flush", None)
        if flush is not None:
            flush()
        self._camera.close()


def import_picamera2() -> tuple[Any, Any]:
    """Return the modules picamera2 and libcamera; raise SourceError that says how to get them."""
    # Its INFO lines would run through the terminal view.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        import libcamera
        import picamera2
    except ModuleNotFoundError as fault:
        in_venv = sys.prefix != sys.base_prefix
        advice = "`sudo apt install python3-picamera2`"
        if in_venv:
            advice += (
                ", then make this venv anew with the system's Python and its packages: "
                "`/usr/bin/python3 -m venv --system-site-packages`"
            )
        raise SourceError(f"there is no Python module {fault.name}; {advice}") from None
    except Exception as fault:
        if "numpy" in str(fault):  # pip's numpy 2 over apt's packages that were built for 1
            import numpy as np

            raise SourceError(
                f"picamera2 does not fit numpy {np.__version__} ({fault}); "
                'run `pip install "numpy<2"` in this venv'
            ) from fault
        raise SourceError(
            f"picamera2 cannot be loaded ({fault}); `sudo apt install --reinstall "
            "python3-picamera2 python3-libcamera`"
        ) from fault
    return picamera2, libcamera


def _find(picamera2: Any, number: int) -> str:
    """Return the model of a camera; raise SourceError where there is none."""
    found = picamera2.Picamera2.global_camera_info()
    if number < len(found):
        return str(found[number].get("Model", "camera"))
    if found:
        names = ", ".join(f"picamera:{i} ({one.get('Model')})" for i, one in enumerate(found))
        raise SourceError(f"there is no camera {number}; there is {names}")
    if any(not os.access(node, os.R_OK | os.W_OK) for node in _nodes("media")):
        raise SourceError(
            "this user may not use cameras; `sudo usermod -aG video $USER`, then log in anew"
        )
    raise SourceError(
        "libcamera finds no camera; check its ribbon cable with the power off, then ask "
        "`rpicam-hello --list-cameras` (a USB camera is /dev/video0)"
    )


def _refused(fault: Exception, number: int) -> SourceError:
    """Word why a camera does not open."""
    words = " ".join(str(part) for part in _chain(fault)).lower()
    if "acquire" in words or "busy" in words:
        nodes = _nodes("media") + _nodes("video")
        return BusyError(f"picamera {number} is {held_by(nodes)}")
    *_, first = _chain(fault)  # the last one only says that something came before
    return SourceError(f"picamera {number} does not open ({first}); restart the machine")


def _nodes(kind: str) -> list[str]:
    return [str(node) for node in devices.DEV.glob(f"{kind}*")]


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _size(size_wh: tuple[int, int]) -> str:
    return f"{size_wh[0]}x{size_wh[1]}"


def tell_cameras() -> None:
    """Write the Pi's own cameras as one line of JSON, or why there is none.

    For a child process: a broken libcamera takes the process with it.
    """
    found: list[tuple[int, str]] = []
    reason = None
    try:
        picamera2, _ = import_picamera2()
        for number, one in enumerate(picamera2.Picamera2.global_camera_info()):
            if "usb" not in str(one.get("Id", "")).lower():  # USB cameras are read by V4L2
                found.append((number, str(one.get("Model", "camera"))))
        if not found:
            _find(picamera2, 0)
    except SourceError as fault:
        reason = str(fault)
    sys.stdout.write("\n" + json.dumps({"cameras": found, "reason": reason}) + "\n")

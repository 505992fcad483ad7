"""A Raspberry Pi's own camera, read through picamera2 (installed by apt)."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from typing import Any

from edge_app.board.facts import is_raspberry_pi, kernel_bytes
from edge_app.errors import SourceError
from edge_app.python_environment import this_environment
from edge_app.sources import devices
from edge_app.sources.camera import DEFAULT_SIZE_WH, CameraOptions, taken_s, upright
from edge_app.sources.capture_thread import BusyError, CapturedImage, DeviceInfo
from edge_app.sources.holders import holder_message
from edge_app.sources.pixels import Layout, to_image

# B, G, R in memory, as every later stage needs it: no conversion.
_FORMAT = "RGB888"
# One is filled, one waits, one is copied, and one is spare. picamera2's default of six takes
# 17 MB of a small board's contiguous memory at 1280x720.
_BUFFERS = 4
_DEFAULT_HZ = 30.0
_NOT_A_PI = (
    "`picamera` is the camera of a Raspberry Pi, which this machine is not; give a USB or "
    "built-in camera as /dev/video0 (`edge-app cameras` lists them)"
)


class PiCamera:
    """Camera `number`, open; used by one thread only.

    read_s: time limit for an image.
    Raises SourceError; BusyError if another program uses the camera.
    """

    def __init__(self, number: int, options: CameraOptions, read_s: float) -> None:
        picamera2, libcamera = import_picamera2()
        self._options = options
        self._read_s = read_s
        model = _find(picamera2, number)
        try:
            self._camera = picamera2.Picamera2(number)
        except Exception as fault:
            raise _open_error(fault, number) from fault
        try:
            notes = self._start(libcamera)
        except BaseException as fault:
            with suppress(Exception):  # its first error is the one that explains
                self.close()
            if isinstance(fault, SourceError) or not isinstance(fault, Exception):
                raise
            raise _start_error(fault, number) from fault
        (width, height), hz = self._layout.size_wh, self._hz
        self.info = DeviceInfo(
            f"picamera {number} ({model}), {width}x{height} at {hz:g} Hz", hz, tuple(notes)
        )

    def _start(self, libcamera: Any) -> list[str]:
        """Configure and start the camera; return the settings that it does not follow."""
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
        # libcamera may choose another format or size than requested, without an error.
        chosen = camera.camera_configuration()["main"]
        self._layout = Layout(str(chosen["format"]), tuple(chosen["size"]), int(chosen["stride"]))
        got_wh = self._layout.size_wh
        if got_wh != size_wh:
            wanted, got = (f"{w}x{h}" for w, h in (size_wh, got_wh))
            notes.append(f"requested {wanted} from the camera, got {got}")
        if self._layout.format != _FORMAT:
            notes.append(f"the camera gives {self._layout.format}, converted for each image")
        camera.start()
        return notes

    def _controls(self, libcamera: Any) -> tuple[dict[str, Any], list[str]]:
        """Return libcamera's controls for the options, and notes on those the camera lacks."""
        options, names = self._options, self._camera.camera_controls
        self._hz = options.fps or _DEFAULT_HZ
        controls: dict[str, Any] = {}
        if options.exposure_ms is not None:
            controls["ExposureTime"] = round(options.exposure_ms * 1e3)
            if options.fps is None:  # exposure cannot be longer than a frame
                self._hz = min(self._hz, 1e3 / options.exposure_ms)
        if options.awb is not None:
            controls["AwbEnable"] = True
            controls["AwbMode"] = getattr(libcamera.controls.AwbModeEnum, options.awb.capitalize())
        if "AfMode" in names:  # it is off unless someone asks, and the lens rests anywhere
            controls["AfMode"] = libcamera.controls.AfModeEnum.Continuous
        interval_us = round(1e6 / self._hz)
        controls["FrameDurationLimits"] = (interval_us, interval_us)
        notes = [
            f"this camera has no control {name}, so the setting is ignored"
            for name in controls
            if name not in names and (name != "FrameDurationLimits" or options.fps)
        ]
        return {name: value for name, value in controls.items() if name in names}, notes

    def read(self) -> CapturedImage:
        """Wait for the next image and copy it out of the camera's memory."""
        try:
            request = self._camera.capture_request(wait=self._read_s)
        except TimeoutError:
            raise SourceError(f"no image for {self._read_s:g} s; check its cable") from None
        try:
            start, now_s = perf_counter(), time.monotonic()
            stamp_ns = request.get_metadata().get("SensorTimestamp")
            buffer = request.make_buffer("main")
        finally:
            request.release()
        rotation_only = CameraOptions(rotation=self._options.rotation)  # the sensor mirrors itself
        image = upright(to_image(buffer, self._layout), rotation_only)
        return CapturedImage(image, taken_s(stamp_ns, now_s), (perf_counter() - start) * 1e3)

    def close(self) -> None:
        """Release the camera."""
        # After a time-out the request is still queued, and every later call waits behind it.
        # Older versions lack this method.
        flush = getattr(self._camera, "cancel_all_and_flush", None)
        if flush is not None:
            flush()
        self._camera.close()


def import_picamera2() -> tuple[Any, Any]:
    """Return the modules picamera2 and libcamera; raise SourceError if one is missing."""
    # Its INFO lines would disturb the terminal view.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        import libcamera
        import picamera2
    except ModuleNotFoundError as fault:
        if not is_raspberry_pi(devices.ROOT):
            raise SourceError(_NOT_A_PI) from None
        advice = "`sudo apt install python3-picamera2`"
        if sys.prefix != sys.base_prefix:  # in a venv
            advice += (
                ", then create this venv again with the system's Python and packages: "
                "`/usr/bin/python3 -m venv --system-site-packages`"
            )
        raise SourceError(f"there is no Python module {fault.name}; {advice}") from None
    except Exception as fault:
        if "numpy" in str(fault):  # pip's numpy 2 with apt's packages, which are built for numpy 1
            import numpy as np

            raise SourceError(
                f"picamera2 does not work with numpy {np.__version__} ({fault}); "
                f"run `{this_environment().install('numpy<2')}`"
            ) from fault
        raise SourceError(
            f"picamera2 cannot be loaded ({fault}); `sudo apt install --reinstall "
            "python3-picamera2 python3-libcamera`"
        ) from fault
    return picamera2, libcamera


def _find(picamera2: Any, number: int) -> str:
    """Return the model of a camera; raise SourceError if there is none."""
    found = picamera2.Picamera2.global_camera_info()
    if number < len(found):
        return str(found[number].get("Model", "camera"))
    if found:
        names = ", ".join(f"picamera:{i} ({one.get('Model')})" for i, one in enumerate(found))
        raise SourceError(f"there is no camera {number}; there is {names}")
    if not is_raspberry_pi(devices.ROOT):
        raise SourceError(_NOT_A_PI)
    if any(not os.access(node, os.R_OK | os.W_OK) for node in _nodes("media")):
        raise SourceError(
            "this user may not use cameras; `sudo usermod -aG video $USER`, then log in again"
        )
    raise SourceError(
        "libcamera finds no camera; check its ribbon cable with the power off, then try "
        "`rpicam-hello --list-cameras` (a USB camera is /dev/video0)"
    )


def _open_error(fault: Exception, number: int) -> SourceError:
    """Return the error for a camera that does not open."""
    text = " ".join(str(part) for part in _chain(fault)).lower()
    if "acquire" in text or "busy" in text:
        nodes = _nodes("media") + _nodes("video")
        return BusyError(f"picamera {number} is {holder_message(nodes)}")
    *_, first = _chain(fault)  # the others only say that something failed before
    return SourceError(f"picamera {number} does not open ({first}); restart the machine")


def _start_error(fault: Exception, number: int) -> SourceError:
    """Return the error for a camera that opens but cannot be configured or started.

    Its buffers come from contiguous memory, of which a Pi sets little aside; libcamera often
    only says that it failed (picamera2#887, #1130).
    """
    text = " ".join(str(part) for part in _chain(fault)).lower()
    if "busy" in text:
        return _open_error(fault, number)
    *_, first = _chain(fault)
    meminfo = devices.ROOT / "proc/meminfo"
    free, total = (kernel_bytes(meminfo, f"cma{which}") for which in ("free", "total"))
    left = f", of which {free / 1e6:.0f} of {total / 1e6:.0f} MB are free" if free and total else ""
    short = isinstance(first, OSError) and first.errno == errno.ENOMEM
    how = "has no" if short or "allocate" in text else "does not start, mostly for lack of"
    return SourceError(
        f"picamera {number} {how} contiguous memory (CMA){left} ({first}); close other camera "
        "programs, choose a smaller --camera-size, or give it more with "
        "`dtoverlay=vc4-kms-v3d,cma-256` in /boot/firmware/config.txt"
    )


def _nodes(kind: str) -> list[str]:
    return [str(node) for node in devices.DEV.glob(f"{kind}*")]


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def print_cameras() -> None:
    """Print the Pi's own cameras as one line of JSON, or why there is none.

    For a child process, since a broken libcamera ends the process.
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

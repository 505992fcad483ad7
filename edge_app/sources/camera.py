"""Camera options, and what all kinds of cameras share: orientation and time stamps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.errors import UsageError
from edge_app.frame import Image

# The white balance modes by libcamera's names.
AWB_MODES = ("auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy")
ROTATIONS = (0, 90, 180, 270)
DEFAULT_SIZE_WH = (1280, 720)
# A stamp older than this is wrong: no camera keeps an image for so long.
MAX_AGE_S = 10.0
_CLOCK_READ_S = 1e-3
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)
_FLIPS = {(True, False): 1, (False, True): 0, (True, True): -1}
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Camera settings; None leaves a setting to the camera.

    size_wh: of the images before rotation. fps: in 1/s. awb: white balance, one of AWB_MODES.
    hflip, vflip: mirror the image left to right or upside down, before rotation.
    rotation: degrees clockwise, one of ROTATIONS.
    Raises UsageError for a value that no camera supports.
    """

    size_wh: tuple[int, int] | None = None
    fps: float | None = None
    exposure_ms: float | None = None
    awb: str | None = None
    hflip: bool = False
    vflip: bool = False
    rotation: int = 0

    def __post_init__(self) -> None:
        if self.size_wh and not all(16 <= side <= 16384 for side in self.size_wh):
            width, height = self.size_wh
            raise UsageError(f"no camera supports {width}x{height}; try --camera-size 1280x720")
        for name, value in (("--fps", self.fps), ("--exposure", self.exposure_ms)):
            if value is not None and not 0 < value < 1e6:
                raise UsageError(f"{name} {value:g} is out of range; give a number above 0")
        if self.awb is not None and self.awb not in AWB_MODES:
            raise UsageError(
                f"unknown white balance '{self.awb}'; choose one of: {', '.join(AWB_MODES)}"
            )
        if self.rotation not in ROTATIONS:
            raise UsageError(f"--rotation {self.rotation} is unknown; choose 0, 90, 180 or 270")


def upright(image: Image, options: CameraOptions) -> Image:
    """Return an image mirrored and rotated by the options: uint8 (H, W, 3) or (W, H, 3)."""
    flip = _FLIPS.get((options.hflip, options.vflip))
    if flip is not None:
        image = np.asarray(cv2.flip(image, flip), np.uint8)
    turn = _TURNS.get(options.rotation)
    return image if turn is None else np.asarray(cv2.rotate(image, turn), np.uint8)


def taken_s(stamp_ns: float | None, now_s: float) -> float:
    """Return the monotonic time of a sensor's stamp, or of arrival if that is not plausible.

    libcamera's clock includes the time that the machine was suspended, V4L2's does not, and some
    drivers use neither. Of the two clocks the one that makes the image younger is right: the
    other is off by the time of suspension, into the future or the past.
    """
    if not stamp_ns or not math.isfinite(stamp_ns):
        return now_s
    slept_s = time.clock_gettime(_BOOTTIME) - time.monotonic() if _BOOTTIME else 0.0
    ages = [now_s + ahead_s - stamp_ns / 1e9 for ahead_s in (slept_s, 0.0)]
    # The two clocks are not read at the same time, so an image may seem to be from the future.
    possible = [max(0.0, age) for age in ages if -_CLOCK_READ_S <= age <= MAX_AGE_S]
    return now_s - min(possible, default=0.0)

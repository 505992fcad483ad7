"""Say what may be asked of a camera, whichever way it is reached."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.errors import UsageError
from edge_app.frame import Image

# As libcamera names its white balances; each is a kind of light.
AWB_MODES = ("auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy")
ROTATIONS = (0, 90, 180, 270)
DEFAULT_SIZE_WH = (1280, 720)
# A picture older than this has a broken stamp: no camera holds one for so long.
OLDEST_S = 10.0
_CLOCK_READ_S = 1e-3
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)
_FLIPS = {(True, False): 1, (False, True): 0, (True, True): -1}
_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Hold what is asked of a camera; None leaves a choice to it.

    size_wh: of the pictures before they are turned.
    exposure_ms: how long the shutter is open, None for automatic.
    awb: the white balance, one of AWB_MODES.
    hflip, vflip: mirror the picture left to right and upside down; this comes before turning.
    rotation: degrees clockwise, one of ROTATIONS.
    Raises UsageError for a value that no camera has.
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
            raise UsageError(f"no camera gives {width}x{height}; try --camera-size 1280x720")
        for name, value in (("--fps", self.fps), ("--exposure", self.exposure_ms)):
            if value is not None and not 0 < value < 1e6:
                raise UsageError(f"{name} {value:g} cannot be; give a number above 0")
        if self.awb is not None and self.awb not in AWB_MODES:
            raise UsageError(f"no white balance '{self.awb}'; choose of: {', '.join(AWB_MODES)}")
        if self.rotation not in ROTATIONS:
            raise UsageError(f"pictures turn by 0, 90, 180 or 270 degrees, not {self.rotation}")


def upright(image: Image, options: CameraOptions) -> Image:
    """Mirror and turn a picture as asked: uint8 (H, W, 3) or, on its side, (W, H, 3)."""
    flip = _FLIPS.get((options.hflip, options.vflip))
    if flip is not None:
        image = np.asarray(cv2.flip(image, flip), np.uint8)
    turn = _TURNS.get(options.rotation)
    return image if turn is None else np.asarray(cv2.rotate(image, turn), np.uint8)


def taken_s(stamp_ns: float | None, now_s: float | None = None) -> float | None:
    """Return the monotonic moment of a sensor's time stamp; None for one that cannot be.

    libcamera stamps with the clock that counts while the machine sleeps, V4L2 with the one that
    does not, and some drivers with neither. Of the two clocks the one that makes the picture
    younger is right: the other is off by the time slept, into the future or the past.
    now_s: the monotonic time of arrival, now where left out.
    """
    if not stamp_ns or not math.isfinite(stamp_ns):
        return None
    now_s = time.monotonic() if now_s is None else now_s
    slept_s = time.clock_gettime(_BOOTTIME) - time.monotonic() if _BOOTTIME else 0.0
    ages = [now_s + ahead_s - stamp_ns / 1e9 for ahead_s in (slept_s, 0.0)]
    # The two clocks are not read in one moment: a picture may seem to come a little early.
    possible = [max(0.0, age) for age in ages if -_CLOCK_READ_S <= age <= OLDEST_S]
    return now_s - min(possible) if possible else None

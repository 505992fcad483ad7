"""Say what may be asked of a camera, whichever way it is reached."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.errors import UsageError

# As libcamera names its white balances; each is a kind of light.
AWB_MODES = ("auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy")
ROTATIONS = (0, 90, 180, 270)
DEFAULT_SIZE_WH = (1280, 720)


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

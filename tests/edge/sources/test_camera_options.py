"""Camera options are checked; images are turned; time stamps of both clocks are understood."""

import time
from typing import Any

import numpy as np
import pytest

from edge_app.cli import PROGRAM
from edge_app.errors import UsageError
from edge_app.sources import camera
from edge_app.sources.camera import CameraOptions, taken_s, upright

NUMBERED = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)  # 0 1 2 over 3 4 5


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [[0, 1, 2], [3, 4, 5]]),
        ({"hflip": True}, [[2, 1, 0], [5, 4, 3]]),
        ({"vflip": True}, [[3, 4, 5], [0, 1, 2]]),
        ({"hflip": True, "vflip": True}, [[5, 4, 3], [2, 1, 0]]),
        ({"rotation": 90}, [[3, 0], [4, 1], [5, 2]]),
        ({"rotation": 180}, [[5, 4, 3], [2, 1, 0]]),
        ({"rotation": 270}, [[2, 5], [1, 4], [0, 3]]),
        ({"hflip": True, "rotation": 90}, [[5, 2], [4, 1], [3, 0]]),
    ],
)
def test_images_are_mirrored_then_rotated(options: Any, rows: list[list[int]]) -> None:
    """Every way to mount a camera is covered."""
    image = upright(NUMBERED, CameraOptions(**options))
    assert image[..., 0].tolist() == rows
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size_wh": (8, 720)}, "no camera supports 8x720; try --camera-size"),
        ({"fps": 0.0}, "--fps 0 is out of range"),
        ({"fps": float("nan")}, "--fps nan is out of range"),
        ({"exposure_ms": -1.0}, "--exposure -1 is out of range"),
        ({"awb": "moon"}, "unknown white balance 'moon'; choose one of: auto,"),
        ({"rotation": 45}, "choose 0, 90, 180 or 270"),
    ],
)
def test_impossible_values_are_usage_errors(options: Any, message: str) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=message):
        CameraOptions(**options)


def test_all_options_are_the_cameras_by_default() -> None:
    """Without options the camera decides."""
    read = PROGRAM.parse(["run", "picamera"])
    assert (read.camera_size, read.fps, read.exposure, read.awb) == (None, None, None, None)
    assert (read.hflip, read.vflip, read.rotation) == (False, False, 0)


@pytest.mark.parametrize("slept_s", [0.0, 3.0, 5000.0])
@pytest.mark.parametrize("counts_sleep", [True, False])
def test_stamps_of_either_clock_give_the_age(
    slept_s: float, counts_sleep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After suspension the two clocks differ; the right one is chosen."""
    boot_s = time.monotonic() + slept_s
    monkeypatch.setattr(time, "monotonic", lambda: boot_s - slept_s)
    monkeypatch.setattr(time, "clock_gettime", lambda clock: boot_s)
    now_s = boot_s - slept_s
    stamp_s = (boot_s if counts_sleep else now_s) - 0.08
    assert taken_s(stamp_s * 1e9, now_s) == pytest.approx(now_s - 0.08, abs=1e-6)


def test_implausible_stamps_are_ignored() -> None:
    """Stamps of the future, of long ago, and missing ones give the time of arrival."""
    now_s = time.monotonic()
    for stamp_s in (now_s + 1, now_s - camera.MAX_AGE_S - 1, 0, float("inf"), float("nan")):
        assert taken_s(stamp_s * 1e9, now_s) == now_s
    assert taken_s(None, now_s) == now_s
    assert taken_s((now_s + 0.0005) * 1e9, now_s) == now_s  # read a moment later

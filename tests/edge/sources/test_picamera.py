"""The Pi's own camera is read as libcamera really gives it, and its refusals are explained."""

import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.sources import devices, picamera
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.sources.live import LiveSource, RetryPolicy
from tests.support.boards import PI_5, write_tree
from tests.support.fake_picamera2 import Hardware, camera_image

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Replace the root of the file system by that of a Pi."""
    memory = {"proc/meminfo": "CmaTotal: 65536 kB\nCmaFree: 3072 kB\n"}
    root = write_tree(tmp_path / "root", PI_5 | memory)
    monkeypatch.setattr(devices, "ROOT", root)
    return root


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch, pi: Path) -> Hardware:
    """Replace picamera2 by a fake, on a Pi."""
    made = Hardware()
    made.install(monkeypatch)
    return made


def opened(text: str = "picamera", **options: Any) -> LiveSource:
    """Open a camera with some options."""
    source = open_source(text, camera=CameraOptions(**options), retry=QUICK)
    assert isinstance(source, LiveSource)
    return source


def first(source: LiveSource) -> Frame:
    """Read one frame and close the source."""
    with source:
        return next(iter(source))


def test_bgr_of_the_display_size_is_requested(hardware: Hardware) -> None:
    """picamera2's RGB888 is B, G, R in memory and needs no conversion."""
    with opened() as source:
        image = next(iter(source)).image
    assert hardware.asked["main"] == {"size": (1280, 720), "format": "RGB888"}
    assert np.array_equal(image, camera_image((1280, 720)))
    assert source.name == "picamera 0 (imx708), 1280x720 at 30 Hz"
    assert (hardware.opened, hardware.closed) == (1, 1)


@pytest.mark.parametrize("text", ["picamera:1", "picamera1", "csi:1", "PiCamera:1"])
def test_a_second_camera_has_a_number(text: str, hardware: Hardware) -> None:
    """The number follows the name."""
    hardware.models = ["imx708", "ov5647"]
    with opened(text) as source:
        assert "picamera 1 (ov5647)" in source.name


def test_options_become_controls(hardware: Hardware) -> None:
    """Exposure, white balance, rate and mirroring are set in libcamera's units."""
    options: dict[str, Any] = {"fps": 10.0, "exposure_ms": 8.0, "awb": "daylight", "hflip": True}
    image = first(opened(size_wh=(641, 481), **options)).image
    asked = hardware.asked
    assert asked["controls"] == {
        "ExposureTime": 8000,
        "AwbEnable": True,
        "AwbMode": "AwbMode.Daylight",
        "FrameDurationLimits": (100000, 100000),
    }
    assert (asked["transform"].hflip, asked["transform"].vflip) == (True, False)
    assert image.shape == (480, 640, 3)  # even sides
    assert image[0, 0].tolist() != [0, 0, 0], "the sensor mirrors by itself, so nothing else may"


def test_a_long_exposure_lowers_the_rate(hardware: Hardware) -> None:
    """An exposure of 100 ms allows 10 frames per second."""
    with opened(exposure_ms=100.0) as source:
        assert source.rate_hz == 10
    assert hardware.asked["controls"]["FrameDurationLimits"] == (100000, 100000)


def test_missing_controls_are_noted(hardware: Hardware) -> None:
    """A control that the camera lacks is not set, and named in a note."""
    hardware.controls = ("FrameDurationLimits",)
    with opened(awb="cloudy", exposure_ms=5.0) as source:
        said = " ".join(source.notes)
    assert "ExposureTime" in said
    assert "AwbMode" in said
    assert set(hardware.asked["controls"]) == {"FrameDurationLimits"}


@pytest.mark.parametrize("form", ["NV12", "YUV420", "BGR888", "XRGB8888"])
def test_another_format_is_converted_and_noted(form: str, hardware: Hardware) -> None:
    """Libcamera may choose another format than requested, also with padding."""
    hardware.format, hardware.padding = form, 64
    with opened(size_wh=(640, 480)) as source:
        image = next(iter(source)).image
    assert image.shape == (480, 640, 3)
    assert np.abs(image[:, :300].astype(int) - camera_image((640, 480))[:, :300]).max() <= 8
    assert f"the camera gives {form}" in source.notes[0]


def test_another_size_is_noted(hardware: Hardware) -> None:
    """Images have the size that the camera chose."""
    hardware.size_wh = (320, 240)
    with opened(size_wh=(640, 480)) as source:
        assert next(iter(source)).image.shape == (240, 320, 3)
    assert source.notes == ["requested 640x480 from the camera, got 320x240"]


def test_a_format_that_cannot_be_read_is_refused(hardware: Hardware) -> None:
    """Raw Bayer data is refused, and the camera is closed."""
    hardware.format = "SRGGB10"
    with pytest.raises(SourceError, match="SRGGB10, which is not supported; try another"):
        opened()
    assert (hardware.opened, hardware.closed) == (1, 1)


def test_a_short_buffer_counts_as_a_lost_camera(hardware: Hardware) -> None:
    """The reason is in the state."""
    hardware.short = 1
    retry = RetryPolicy(10, 0.3, 0.01, 0.01, attempts=1)
    with (
        open_source("picamera", retry=retry) as source,
        pytest.raises(SourceError, match="too short"),
    ):
        next(iter(source))


@pytest.mark.parametrize("clock", [time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC])
def test_the_age_is_that_of_the_sensor(clock: int, hardware: Hardware) -> None:
    """A stamp of 80 ms before arrival gives that time, on either clock."""
    hardware.stamp_ns = lambda: time.clock_gettime_ns(clock) - 80_000_000
    before_s = time.monotonic()
    frame = first(opened())
    assert before_s - 0.1 <= frame.captured_s <= time.monotonic() - 0.08


@pytest.mark.parametrize(
    "stamp", [None, 0, -5, 1, 2**63, lambda: time.time_ns(), float("nan"), 10**12 * 3600]
)
def test_implausible_stamps_fall_back_to_arrival(stamp: Any, hardware: Hardware) -> None:
    """With a missing or implausible stamp the arrival counts."""
    hardware.stamp_ns = stamp if callable(stamp) else lambda: stamp
    before_s = time.monotonic()
    frame = first(opened())
    assert before_s <= frame.captured_s <= time.monotonic()


def test_a_busy_camera_is_tried_again(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that another program releases in time is opened without an error."""
    hardware.busy = True
    tries = []

    def holder_message(nodes: Any) -> str:
        tries.append(nodes)
        hardware.busy = len(tries) < 3
        return "used by rpicam-hello (pid 812); close it"

    monkeypatch.setattr(picamera, "holder_message", holder_message)
    first(opened())
    assert len(tries) == 3


def test_a_busy_camera_names_its_user(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the process; after a loss the state does."""
    message = "used by rpicam-hello (pid 812); close it"
    monkeypatch.setattr(picamera, "holder_message", lambda nodes: message)
    hardware.busy = True
    with pytest.raises(SourceError, match=r"picamera 0 is used by rpicam-hello \(pid 812\); close"):
        opened()
    hardware.busy = False
    source = open_source("picamera", retry=RetryPolicy(10, 0.1, 0.01, 0.01, attempts=2))
    with source:
        frames = iter(source)
        next(frames)
        hardware.busy, hardware.plugged = True, True
        hardware.stamp_ns = lambda: 1 / 0  # the camera breaks, and another program is quicker
        with pytest.raises(SourceError, match="used by rpicam-hello"):
            list(frames)
        assert isinstance(source, LiveSource)
        assert (
            str(source.state)
            == "reconnecting (attempt 2): picamera 0 is used by rpicam-hello (pid 812)"
        )


def test_a_missing_camera_is_explained(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """No camera, another number, and no permission have messages of their own."""
    monkeypatch.setattr(devices, "DEV", tmp_path)
    with pytest.raises(SourceError, match=r"no camera 3; there is picamera:0 \(imx708\)"):
        opened("picamera:3")
    hardware.models = []
    with pytest.raises(SourceError, match="finds no camera; check its ribbon cable"):
        opened()
    (tmp_path / "media0").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(SourceError, match="usermod -aG video"):
        opened()


@pytest.mark.parametrize("in_venv", [True, False])
def test_a_missing_module_names_the_command(
    in_venv: bool, pi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libcamera comes from apt, so a venv needs the system's packages."""
    monkeypatch.setitem(sys.modules, "libcamera", None)
    monkeypatch.setattr(sys, "prefix", "/venv" if in_venv else sys.base_prefix)
    with pytest.raises(SourceError, match="apt install python3-picamera2") as caught:
        opened()
    assert ("--system-site-packages" in str(caught.value)) is in_venv
    assert "\n" not in str(caught.value)


def test_a_conflict_of_numpy_versions_is_explained(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pip's numpy 2 does not work with apt's modules."""

    class Clash(ModuleType):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "picamera2":
                raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.delitem(sys.modules, "picamera2")
    monkeypatch.setattr(sys, "meta_path", [Clash("clash"), *sys.meta_path])
    with pytest.raises(
        SourceError, match=r"work with numpy .*; run `\S+ -m pip install 'numpy<2'`"
    ):
        opened()


@pytest.mark.parametrize(
    "other", [RuntimeError("Camera __init__ sequence did not complete."), None]
)
def test_no_contiguous_memory_is_named(other: Exception | None, hardware: Hardware) -> None:
    """A configuration without memory is one line that says which memory and how to get more."""
    memory = OSError(12, "Cannot allocate memory")
    if other is not None:
        other.__cause__ = memory
    hardware.configure_fault = other or memory
    with pytest.raises(
        SourceError, match=r"has no contiguous memory \(CMA\), of which 3"
    ) as caught:
        opened()
    text = str(caught.value)
    assert "of which 3 of 67 MB are free ([Errno 12] Cannot allocate memory); close other" in text
    assert "--camera-size" in text
    assert "cma-256" in text
    assert "\n" not in text
    assert (hardware.opened, hardware.closed) == (1, 1), "closed, so that the next attempt is clean"


def test_a_camera_that_does_not_start_names_memory_too(hardware: Hardware) -> None:
    """Libcamera gives no reason, and mostly it is this one."""
    hardware.start_fault = RuntimeError("Failed to start camera: Invalid argument")
    match = r"picamera 0 does not start, mostly for lack of contiguous memory \(CMA\).*Failed to st"
    with pytest.raises(SourceError, match=match):
        opened()
    assert (hardware.opened, hardware.closed) == (1, 1)


def test_a_camera_that_is_busy_at_its_start_names_its_user(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other program may have come in between."""
    monkeypatch.setattr(picamera, "holder_message", lambda nodes: "used by rpicam-vid (pid 8)")
    hardware.start_fault = RuntimeError("Device or resource busy")
    with pytest.raises(SourceError, match=r"picamera 0 is used by rpicam-vid \(pid 8\)"):
        opened()


def test_a_lens_that_moves_focuses_by_itself(hardware: Hardware) -> None:
    """Camera Module 3 stays blurred unless continuous autofocus is asked for; others have none."""
    hardware.controls = (*hardware.controls, "AfMode")
    first(opened())
    assert hardware.asked["controls"]["AfMode"] == "AfMode.Continuous"
    hardware.controls = hardware.controls[:-1]
    source = opened()
    first(source)
    assert "AfMode" not in hardware.asked["controls"]
    assert source.notes == []


def test_on_a_pc_the_advice_fits_a_pc(
    hardware: Hardware, pi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PC has no ribbon cable and no use for picamera2."""
    (pi / "proc/device-tree/model").unlink()
    hardware.models = []
    with pytest.raises(SourceError, match="this machine is not; give a USB") as caught:
        opened()
    assert "ribbon" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "libcamera", None)
    with pytest.raises(SourceError, match="this machine is not; give a USB") as caught:
        opened()
    assert "apt" not in str(caught.value)

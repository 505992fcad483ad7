"""USB cameras are found by what the kernel says, set up, and read with what they really give."""

import time
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge_app.errors import SourceError
from edge_app.sources import devices, v4l2
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.sources.holders import Holder
from edge_app.sources.live import LiveSource, RetryPolicy
from edge_app.state import RUNNING
from tests.support.fake_v4l2 import METADATA, Kernel, Node

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Put a fake in the place of the kernel's and OpenCV's V4L2."""
    made = Kernel(tmp_path)
    made.install(monkeypatch)
    return made


def opened(text: str = "0", **options: Any) -> LiveSource:
    """Open a camera with some options."""
    source = open_source(text, camera=CameraOptions(**options), patience=QUICK)
    assert isinstance(source, LiveSource)
    return source


def test_large_pictures_are_asked_for_as_jpeg(kernel: Kernel) -> None:
    """The format comes first, then the size; what came is read back and said."""
    kernel.plug("video0", Node(rate_hz=29.97))
    with opened() as source:
        frame = next(iter(source))
    asked = kernel.readers[0].asked
    assert asked[:3] == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
    ]
    assert (cv2.CAP_PROP_BUFFERSIZE, 2) in asked
    assert source.name == "HD Webcam, 1280x720 at 29.97 Hz, MJPG"
    assert source.rate_hz == 29.97
    assert frame.image.shape == (720, 1280, 3)


def test_small_pictures_come_as_they_are(kernel: Kernel) -> None:
    """640x480 fits through USB 2 without JPEG."""
    kernel.plug("video0", Node())
    with opened(size_wh=(640, 480)) as source:
        assert "YUYV" in source.name
    assert all(name != cv2.CAP_PROP_FOURCC for name, _ in kernel.readers[0].asked)


def test_what_the_camera_does_not_follow_is_said(kernel: Kernel) -> None:
    """Another size, another rate and controls it lacks become notes."""
    kernel.plug("video0", Node(settable=False))
    with opened(size_wh=(1000, 1000), fps=60.0, exposure_ms=8.0, awb="daylight") as source:
        assert source.notes == [
            "asked the camera for 1000x1000, got 640x480",
            "asked the camera for 60 Hz, got 30",
            "this camera does not let its exposure be set",
            "this camera does not let its white balance be set",
        ]


def test_exposure_and_white_balance_are_set_in_their_units(kernel: Kernel) -> None:
    """V4L2 counts exposure in tenths of a millisecond and white balance in kelvin."""
    kernel.plug("video0", Node())
    with opened(exposure_ms=8.0, awb="daylight") as source:
        assert source.notes == []
    asked = kernel.readers[0].asked
    assert (cv2.CAP_PROP_EXPOSURE, 80) in asked
    assert (cv2.CAP_PROP_AUTO_WB, 0) in asked
    assert (cv2.CAP_PROP_WB_TEMPERATURE, 5500) in asked


@pytest.mark.parametrize("stamped", [True, False])
def test_age_is_counted_from_the_buffer(stamped: bool, kernel: Kernel) -> None:
    """The driver's stamp is 20 ms old in the fake; without one it is the arrival."""
    kernel.plug("video0", Node(stamped=stamped))
    before_s = time.monotonic()
    with opened() as source:
        frame = next(iter(source))
    latest_s = time.monotonic() - (0.02 if stamped else 0)
    assert before_s - 0.02 <= frame.captured_s <= latest_s


def test_damaged_pictures_are_counted(kernel: Kernel) -> None:
    """One that cannot be decoded is skipped; ten in a row lose the camera."""
    node = Node()
    kernel.plug("video0", node)
    with opened() as source:
        frames = iter(source)
        next(frames)
        node.damaged = 3
        for _ in range(5):
            next(frames)
        assert source.damaged == 3
        assert source.state == RUNNING


@pytest.mark.parametrize("name", ["by-id", "by path", "number"])
def test_a_camera_has_many_names(name: str, kernel: Kernel) -> None:
    """A link in by-id, a node and a plain number lead to the same camera."""
    path = kernel.plug("video2", Node(), by_id="usb-HD_Webcam-index0")
    link = kernel.folder / "v4l" / "by-id" / "usb-HD_Webcam-index0"
    node = {"by-id": str(link), "by path": str(path), "number": "2"}[name]
    assert v4l2.node_of(node) == str(link)
    with opened(node) as source:
        assert source.name.startswith("HD Webcam")


@pytest.mark.parametrize("driver", ["unicam", "rp1-cfe", "bcm2835-isp", "pispbe"])
def test_a_csi_camera_is_explained(driver: str, kernel: Kernel) -> None:
    """Number 0 of a Pi is a part of its own camera, which OpenCV cannot read."""
    kernel.plug("video0", Node("unicam", driver, "platform:fe801000.csi"))
    with pytest.raises(SourceError, match=r"part of the Pi's own camera .*; use the .* `picamera`"):
        opened()
    assert kernel.readers == []


def test_a_metadata_node_names_its_camera(kernel: Kernel) -> None:
    """A webcam has a second node that gives no pictures."""
    kernel.plug("video0", Node())
    kernel.plug("video1", Node(flags=METADATA))
    with pytest.raises(SourceError, match=r"metadata of HD Webcam; use .*video0"):
        opened("1")
    assert [Path(one.path).name for one in devices.cameras()] == ["video0"]


def test_a_missing_number_lists_what_there_is(kernel: Kernel) -> None:
    """The cameras that can be read are named."""
    kernel.plug("video2", Node())
    with pytest.raises(SourceError, match=r"no .*video0; there is .*video2 \(HD Webcam\)"):
        opened()


def test_no_permission_says_how_to_get_it(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user outside the group `video` is told the command."""
    kernel.plug("video0", Node())
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(SourceError, match="usermod -aG video"):
        opened()


def test_a_camera_without_pictures_is_told_at_once(kernel: Kernel) -> None:
    """A node that opens but gives nothing is an error with advice, and is closed."""
    kernel.plug("video0", Node(delivers=False))
    with pytest.raises(SourceError, match=r"opens but gives no picture; .*`picamera`"):
        opened()
    assert not kernel.readers[0].isOpened()


def test_a_busy_camera_names_who_holds_it(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried a few times, then the error says who."""
    kernel.plug("video0", Node(delivers=False))
    finder = lambda nodes: [Holder("zoom", 77)]  # noqa: E731
    monkeypatch.setattr(v4l2, "holders", finder)
    monkeypatch.setattr("edge_app.sources.holders.holders", finder)
    with pytest.raises(SourceError, match=r"held by zoom \(pid 77\); close it"):
        opened()
    assert len(kernel.readers) == 4


def test_gray_pictures_are_refused(kernel: Kernel) -> None:
    """A depth or infrared camera gives no colours."""
    kernel.plug("video0", Node(shape=(480, 640)))
    with (
        open_source("0", patience=RetryPolicy(10, 0.3, 0.01, 0.01, attempts=1)) as source,
        pytest.raises(SourceError, match="not in colour"),
    ):
        next(iter(source))


def test_formats_and_sizes_are_listed(kernel: Kernel) -> None:
    """Discrete sizes come largest first; a range gives its largest."""
    path = kernel.plug("video0", Node())
    assert [(one.fourcc, one.sizes_wh) for one in devices.pictures(str(path))] == [
        ("MJPG", ((1920, 1080), (1280, 720), (640, 480))),
        ("YUYV", ((640, 480),)),
    ]
    assert devices.pictures("/dev/null") == []
    assert devices.query("/dev/null") is None

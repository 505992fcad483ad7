"""USB cameras are found, configured, and read by what they really deliver."""

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
from tests.support.boards import LAPTOP, PI_5, write_tree
from tests.support.fake_v4l2 import METADATA, Kernel, Node

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Replace the V4L2 of the kernel and of OpenCV by a fake."""
    made = Kernel(tmp_path)
    made.install(monkeypatch)
    return made


def opened(text: str = "0", **options: Any) -> LiveSource:
    """Open a camera with some options."""
    source = open_source(text, camera=CameraOptions(**options), retry=QUICK)
    assert isinstance(source, LiveSource)
    return source


def test_large_images_are_requested_as_jpeg(kernel: Kernel) -> None:
    """The format is set before the size, and the result is read back for the name."""
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


def test_small_images_are_raw(kernel: Kernel) -> None:
    """USB 2 can transfer 640x480 without JPEG."""
    kernel.plug("video0", Node())
    with opened(size_wh=(640, 480)) as source:
        assert "YUYV" in source.name
    assert all(name != cv2.CAP_PROP_FOURCC for name, _ in kernel.readers[0].asked)


def test_settings_that_are_not_followed_are_noted(kernel: Kernel) -> None:
    """Another size, another rate and missing controls become notes."""
    kernel.plug("video0", Node(settable=False))
    with opened(size_wh=(1000, 1000), fps=60.0, exposure_ms=8.0, awb="daylight") as source:
        assert source.notes == [
            "requested 1000x1000 from the camera, got 640x480",
            "requested 60 Hz from the camera, got 30",
            "the exposure of this camera cannot be set",
            "the white balance of this camera cannot be set",
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
def test_the_age_is_that_of_the_buffer(stamped: bool, kernel: Kernel) -> None:
    """The fake's stamp is 20 ms old; without a stamp the arrival counts."""
    kernel.plug("video0", Node(stamped=stamped))
    before_s = time.monotonic()
    with opened() as source:
        frame = next(iter(source))
    latest_s = time.monotonic() - (0.02 if stamped else 0)
    assert before_s - 0.02 <= frame.captured_s <= latest_s


def test_damaged_images_are_counted(kernel: Kernel) -> None:
    """One damaged image is skipped; ten in a row are an error."""
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
    """A link in by-id, a node and a plain number open the same camera."""
    path = kernel.plug("video2", Node(), by_id="usb-HD_Webcam-index0")
    link = kernel.folder / "v4l" / "by-id" / "usb-HD_Webcam-index0"
    node = {"by-id": str(link), "by path": str(path), "number": "2"}[name]
    assert v4l2.device_node(node) == str(link)
    with opened(node) as source:
        assert source.name.startswith("HD Webcam")


@pytest.mark.parametrize("driver", ["unicam", "rp1-cfe", "bcm2835-isp", "pispbe"])
def test_a_csi_camera_is_explained(driver: str, kernel: Kernel) -> None:
    """Number 0 of a Pi belongs to its own camera, which OpenCV cannot read."""
    kernel.plug("video0", Node("unicam", driver, "platform:fe801000.csi"))
    with pytest.raises(SourceError, match=r"the Pi's own camera .*; use the .* `picamera`"):
        opened()
    assert kernel.readers == []


def test_a_metadata_node_names_its_camera(kernel: Kernel) -> None:
    """A webcam has a second node that gives no images."""
    kernel.plug("video0", Node())
    kernel.plug("video1", Node(flags=METADATA))
    with pytest.raises(SourceError, match=r"metadata of HD Webcam; use .*video0"):
        opened("1")
    assert [Path(one.path).name for one in devices.cameras()] == ["video0"]


def test_a_missing_number_lists_the_cameras(kernel: Kernel) -> None:
    """The message names the cameras that can be read."""
    kernel.plug("video2", Node())
    with pytest.raises(SourceError, match=r"no .*video0; there is .*video2 \(HD Webcam\)"):
        opened()


def test_a_missing_permission_names_the_command(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user outside the group `video` gets the command that adds the group."""
    kernel.plug("video0", Node())
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(SourceError, match="usermod -aG video"):
        opened()


@pytest.mark.parametrize("on_a_pi", [True, False])
def test_a_camera_without_images_is_an_error_at_once(
    on_a_pi: bool, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that opens but gives nothing is closed, with advice that fits the machine."""
    monkeypatch.setattr(devices, "ROOT", write_tree(tmp_path, PI_5 if on_a_pi else LAPTOP))
    kernel.plug("video0", Node(delivers=False))
    with pytest.raises(SourceError, match="opens but gives no image; close") as caught:
        opened()
    assert ("`picamera`" in str(caught.value)) is on_a_pi
    assert not kernel.readers[0].isOpened()


def test_a_busy_camera_names_its_user(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few attempts the error names the process."""
    kernel.plug("video0", Node(delivers=False))
    finder = lambda nodes: [Holder("zoom", 77)]  # noqa: E731
    monkeypatch.setattr(v4l2, "holders", finder)
    monkeypatch.setattr("edge_app.sources.holders.holders", finder)
    with pytest.raises(SourceError, match=r"used by zoom \(pid 77\); close it"):
        opened()
    assert len(kernel.readers) == 4


def test_gray_images_are_refused(kernel: Kernel) -> None:
    """A depth or infrared camera gives no colours."""
    kernel.plug("video0", Node(shape=(480, 640)))
    with (
        open_source("0", retry=RetryPolicy(10, 0.3, 0.01, 0.01, attempts=1)) as source,
        pytest.raises(SourceError, match="not colour images"),
    ):
        next(iter(source))


def test_formats_and_sizes_are_listed(kernel: Kernel) -> None:
    """Discrete sizes are listed largest first; a range gives its largest size."""
    path = kernel.plug("video0", Node())
    assert [(one.fourcc, one.sizes_wh) for one in devices.pixel_formats(str(path))] == [
        ("MJPG", ((1920, 1080), (1280, 720), (640, 480))),
        ("YUYV", ((640, 480),)),
    ]
    assert devices.pixel_formats("/dev/null") == []
    assert devices.query("/dev/null") is None

"""Video colours are right, whichever matrix and range a file uses."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from edge_app.sources.colour import matrix_of, to_bgr

CHART_BGR = np.array(
    [
        *[(0, 0, 0), (255, 255, 255), (128, 128, 128), (0, 0, 255), (0, 255, 0), (255, 0, 0)],
        *[(0, 255, 255), (255, 0, 255), (255, 255, 0), (30, 60, 200), (200, 120, 40)],
    ],
    np.uint8,
)
# ITU-R BT.601 and BT.709: the shares of red and blue in the luma.
SHARES = {"601": (0.299, 0.114), "709": (0.2126, 0.0722)}
TAGS = {"601": 5, "709": 1, "none": 2}


def _yuv(matrix: str, *, full: bool) -> NDArray[np.uint8]:
    """Convert the chart as the standards say: uint8 (3, N)."""
    red_share, blue_share = SHARES[matrix]
    blue, green, red = CHART_BGR.T / 255
    luma = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    u, v = (blue - luma) / (2 - 2 * blue_share), (red - luma) / (2 - 2 * red_share)
    scale, base, chroma = (255, 0, 255) if full else (219, 16, 224)
    planes = np.stack([base + scale * luma, 128 + chroma * u, 128 + chroma * v])
    return planes.round().clip(0, 255).astype(np.uint8)


def _chart(
    matrix: str, *, full: bool, tag: str, size_wh: tuple[int, int], pix_fmt: str = "yuv420p"
) -> av.VideoFrame:
    video_frame = av.VideoFrame(*size_wh, pix_fmt)
    for plane, values in zip(video_frame.planes, _yuv(matrix, full=full), strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : plane.width] = values[np.arange(plane.width) * len(values) // plane.width]
        plane.update(rows.tobytes())
    video_frame.colorspace = TAGS[tag]
    video_frame.color_range = 2 if full else 1 if tag != "none" else 0
    return video_frame


def _columns(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the colour in the middle of each of the chart's columns: int64 (N, 3) BGR."""
    height, width, _ = image.shape
    middles = ((np.arange(len(CHART_BGR)) + 0.5) * width / len(CHART_BGR)).astype(int)
    return np.asarray(image[height // 2, middles], np.int64)


@pytest.mark.parametrize("size_wh", [(480, 360), (1280, 720)])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", SHARES)
def test_tagged_colours_are_exact(matrix: str, full: bool, size_wh: tuple[int, int]) -> None:
    """A file that states its matrix and range gives the chart's colours within 3 levels."""
    video_frame = _chart(matrix, full=full, tag=matrix, size_wh=size_wh)
    image = to_bgr(video_frame, VideoReformatter())
    assert np.abs(_columns(image) - CHART_BGR).max() <= 3


@pytest.mark.parametrize(("size_wh", "matrix"), [((480, 360), "601"), ((1280, 720), "709")])
def test_untagged_colours_are_guessed_by_size(size_wh: tuple[int, int], matrix: str) -> None:
    """A file that states nothing is BT.601 when small and BT.709 in HD, limited range."""
    video_frame = _chart(matrix, full=False, tag="none", size_wh=size_wh)
    image = to_bgr(video_frame, VideoReformatter())
    assert np.abs(_columns(image) - CHART_BGR).max() <= 3


def test_jpeg_formats_are_full_range() -> None:
    """The yuvj formats of MJPEG are full range even without a tag."""
    video_frame = _chart("601", full=True, tag="none", size_wh=(480, 360), pix_fmt="yuvj420p")
    video_frame.color_range = 0
    assert np.abs(_columns(to_bgr(video_frame, VideoReformatter())) - CHART_BGR).max() <= 3


@pytest.mark.parametrize("pix_fmt", ["bgr24", "rgb24", "bgra", "gbrp"])
def test_rgb_frames_keep_their_colours(pix_fmt: str) -> None:
    """RGB in any order becomes BGR, exactly."""
    chart = np.tile(CHART_BGR[None, :, :], (8, 1, 1))
    video_frame = av.VideoFrame.from_ndarray(chart, format="bgr24").reformat(format=pix_fmt)
    assert np.array_equal(to_bgr(video_frame, VideoReformatter()), chart)


def test_gray_keeps_its_levels() -> None:
    """One plane becomes three equal channels."""
    levels = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (4, 1))
    image = to_bgr(av.VideoFrame.from_ndarray(levels, format="gray"), VideoReformatter())
    assert np.abs(image.astype(int) - levels[..., None]).max() <= 1


@pytest.mark.parametrize("width", [33, 64, 321])
def test_images_are_contiguous(width: int) -> None:
    """FFmpeg's padding of odd widths does not reach the image."""
    video_frame = av.VideoFrame.from_ndarray(np.full((7, width, 3), 9, np.uint8), format="rgb24")
    image = to_bgr(video_frame, VideoReformatter())
    assert image.shape == (7, width, 3)
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("colorspace", "height", "matrix"),
    [
        (1, 360, 1),
        (6, 1080, 5),
        (9, 2160, 9),
        (2, 720, 1),
        (0, 480, 5),
    ],
)
def test_matrix_is_stated_or_guessed(colorspace: int, height: int, matrix: int) -> None:
    """The file's matrix is used; without one the size decides."""
    assert matrix_of(colorspace, height * 4 // 3, height) == matrix


def test_the_chart_agrees_with_opencv() -> None:
    """The chart's own arithmetic agrees with OpenCV's full-range BT.601."""
    yuv = _yuv("601", full=True).T[None]
    ycrcb = np.ascontiguousarray(yuv[..., [0, 2, 1]])
    bgr = cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2BGR)[0].astype(int)
    assert np.abs(bgr - CHART_BGR).max() <= 2

"""Every form in which a camera may hand over an image becomes the same BGR image."""

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources.pixels import FORMATS, Layout, to_image
from tests.support.fake_picamera2 import camera_image, encoded

SIZE_WH = (64, 48)
DEPTH = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4}
MADE = (*DEPTH, "YUV420", "NV12", "NV21", "MJPEG")


@pytest.mark.parametrize("padding", [0, 32])
@pytest.mark.parametrize("form", MADE)
def test_colours_and_rows_are_right(form: str, padding: int) -> None:
    """Colours are right and padding does not shift rows, in each format."""
    layout = Layout(form, SIZE_WH, SIZE_WH[0] * DEPTH.get(form, 1) + padding)
    image = to_image(encoded(form, SIZE_WH, padding), layout)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    off = np.abs(image.astype(int) - camera_image(SIZE_WH)).max(axis=2)
    if form in DEPTH:
        assert off.max() == 0
    else:  # subsampled colour bleeds over the edge in the middle
        assert off[:, np.r_[:28, 36:64]].max() <= 8


def test_an_image_without_padding_is_not_copied() -> None:
    """The buffer belongs to the caller, so the image may share its memory."""
    buffer = encoded("RGB888", SIZE_WH)
    assert np.shares_memory(to_image(buffer, Layout("RGB888", SIZE_WH, 64 * 3)), buffer)


def test_a_longer_buffer_is_cut() -> None:
    """Buffers end with a memory page, not with the image."""
    buffer = np.concatenate([encoded("RGB888", SIZE_WH), np.zeros(4096, np.uint8)])
    assert np.array_equal(to_image(buffer, Layout("RGB888", SIZE_WH, 192)), camera_image(SIZE_WH))


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "MJPEG"])
def test_a_short_buffer_is_refused(form: str) -> None:
    """A part of an image is an error, in every format."""
    with pytest.raises(SourceError, match="too short for 64x48"):
        to_image(np.zeros(64 * 48 - 1, np.uint8), Layout(form, SIZE_WH, 256))


def test_a_damaged_jpeg_is_refused() -> None:
    """Other data, and a JPEG of another size, are errors."""
    for data, size_wh in ((np.zeros(9, np.uint8), SIZE_WH), (encoded("MJPEG", (32, 32)), SIZE_WH)):
        with pytest.raises(SourceError, match="damaged JPEG"):
            to_image(data, Layout("MJPEG", size_wh, 0))


@pytest.mark.parametrize(
    ("form", "size_wh", "stride", "message"),
    [
        ("SRGGB10_CSI2P", SIZE_WH, 80, "gives 64x48 SRGGB10_CSI2P, which is not supported"),
        ("RGB888", SIZE_WH, 64, "rows of 64 bytes do not fit"),
        ("NV12", (63, 48), 64, "do not fit 63x48"),
    ],
)
def test_impossible_layouts_are_refused(
    form: str, size_wh: tuple[int, int], stride: int, message: str
) -> None:
    """Raw formats, and rows that are too short, are errors."""
    with pytest.raises(SourceError, match=message):
        Layout(form, size_wh, stride)

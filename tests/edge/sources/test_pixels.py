"""Every form in which a camera may hand over a picture becomes the same BGR picture."""

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources.pixels import FORMATS, Layout, to_image
from tests.support.fake_picamera2 import encoded, picture

SIZE_WH = (64, 48)
DEPTH = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4}
MADE = (*DEPTH, "YUV420", "NV12", "NV21", "MJPEG")


@pytest.mark.parametrize("padding", [0, 32])
@pytest.mark.parametrize("form", MADE)
def test_colours_and_rows_are_right(form: str, padding: int) -> None:
    """Blue stays blue and no row is sheared by what pads it, in each format."""
    layout = Layout(form, SIZE_WH, SIZE_WH[0] * DEPTH.get(form, 1) + padding)
    image = to_image(encoded(form, SIZE_WH, padding), layout)
    assert (image.shape, image.dtype, image.flags.c_contiguous) == ((48, 64, 3), np.uint8, True)
    off = np.abs(image.astype(int) - picture(SIZE_WH)).max(axis=2)
    if form in DEPTH:
        assert off.max() == 0
    else:  # subsampled colour bleeds over the edge in the middle
        assert off[:, np.r_[:28, 36:64]].max() <= 8


def test_a_picture_without_padding_is_not_copied() -> None:
    """The buffer is the caller's own, so its pixels are used where they lie."""
    buffer = encoded("RGB888", SIZE_WH)
    assert np.shares_memory(to_image(buffer, Layout("RGB888", SIZE_WH, 64 * 3)), buffer)


def test_a_longer_buffer_is_cut() -> None:
    """Buffers end at a page's end, not at the picture's."""
    buffer = np.concatenate([encoded("RGB888", SIZE_WH), np.zeros(4096, np.uint8)])
    assert np.array_equal(to_image(buffer, Layout("RGB888", SIZE_WH, 192)), picture(SIZE_WH))


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "MJPEG"])
def test_a_short_buffer_is_refused(form: str) -> None:
    """A picture is whole or an error, in every format."""
    with pytest.raises(SourceError, match="too short for 64x48"):
        to_image(np.zeros(64 * 48 - 1, np.uint8), Layout(form, SIZE_WH, 256))


def test_a_damaged_jpeg_is_refused() -> None:
    """What is no JPEG, or one of another size, is an error in words."""
    for data, size_wh in ((np.zeros(9, np.uint8), SIZE_WH), (encoded("MJPEG", (32, 32)), SIZE_WH)):
        with pytest.raises(SourceError, match="damaged JPEG"):
            to_image(data, Layout("MJPEG", size_wh, 0))


@pytest.mark.parametrize(
    ("form", "size_wh", "stride", "words"),
    [
        ("SRGGB10_CSI2P", SIZE_WH, 80, "gives 64x48 SRGGB10_CSI2P, which cannot be read"),
        ("RGB888", SIZE_WH, 64, "rows of 64 bytes do not fit"),
        ("NV12", (63, 48), 64, "do not fit 63x48"),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_picture(
    form: str, size_wh: tuple[int, int], stride: int, words: str
) -> None:
    """Raw formats and rows too short for their pixels are refused in one line."""
    with pytest.raises(SourceError, match=words):
        Layout(form, size_wh, stride)

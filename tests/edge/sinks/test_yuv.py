"""Colours reach the encoder by the standard that the file names."""

import numpy as np
import pytest

from edge_app.sinks.yuv import Yuv420, even

# BGR to Y, Cb, Cr: ITU-R BT.709-6 with 8 bits in the narrow range, by hand.
COLOURS = {
    (0, 0, 0): (16, 128, 128),
    (255, 255, 255): (235, 128, 128),
    (128, 128, 128): (126, 128, 128),
    (0, 0, 255): (63, 102, 240),
    (0, 255, 0): (173, 42, 26),
    (255, 0, 0): (32, 240, 118),
    (0, 255, 255): (219, 16, 138),
}


def planes(size_wh: tuple[int, int], padding: int = 0) -> list[np.ndarray]:
    """Return the planes of a size, with padding between their rows."""
    width, height = size_wh
    whole = np.zeros((height, width + padding), np.uint8)
    halves = [np.zeros((height // 2, width // 2 + padding), np.uint8) for _ in "uv"]
    return [whole[:, :width], *(half[:, : width // 2] for half in halves)]


def planes_of(image: np.ndarray, padding: int = 0) -> list[np.ndarray]:
    """Convert an image."""
    made = planes(image.shape[1::-1], padding)
    Yuv420(*made).convert(image)
    return made


@pytest.mark.parametrize(("colour_bgr", "expected"), COLOURS.items())
def test_colours_follow_bt709(
    colour_bgr: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    """Each plane is within one level of the standard's figure."""
    planes = planes_of(np.full((6, 10, 3), colour_bgr, np.uint8))
    for plane, level in zip(planes, expected, strict=True):
        assert np.abs(plane.astype(int) - level).max() <= 1


def test_every_pixel_keeps_its_place() -> None:
    """Luma is per pixel, chroma the mean of two by two pixels."""
    image = np.zeros((6, 10, 3), np.uint8)
    image[3, 7] = 255
    image[4:6, 0:2] = (255, 0, 0)
    y, cb, _ = planes_of(image)
    assert y[3, 7] == 235
    assert np.argwhere(cb != 128).tolist() == [[2, 0]]
    image[5, 1] = 0
    assert planes_of(image)[1][2, 0] == pytest.approx(128 + 112 * 3 / 4, abs=1)


def test_a_converter_keeps_nothing_of_the_image_before() -> None:
    """The memory used again has nothing of the last image."""
    made = planes((10, 6))
    converter = Yuv420(*made)
    converter.convert(np.full((6, 10, 3), (255, 0, 0), np.uint8))
    converter.convert(np.zeros((6, 10, 3), np.uint8))
    assert [sorted(set(plane.reshape(-1).tolist())) for plane in made] == [[16], [128], [128]]


def test_rows_may_be_padded() -> None:
    """Encoders align their rows; the padding between them is skipped."""
    image = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
    for near, far in zip(planes_of(image), planes_of(image, padding=7), strict=True):
        assert (near == far).all()


@pytest.mark.parametrize(
    ("size_hw", "padded_hw"), [((5, 7), (6, 8)), ((4, 7), (4, 8)), ((4, 6), (4, 6))]
)
def test_odd_sizes_repeat_their_last_pixels(
    size_hw: tuple[int, int], padded_hw: tuple[int, int]
) -> None:
    """Nothing is cut off and nothing black is added."""
    image = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), np.uint8)
    padded = even(image)
    assert padded.shape == (*padded_hw, 3)
    assert (padded[: size_hw[0], : size_hw[1]] == image).all()
    assert (padded[-1, -1] == image[-1, -1]).all()

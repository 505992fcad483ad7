"""The axes of an input are found from its shape alone."""

import pytest

from edge_app.model.image_axes import ImageAxes, image_axes, with_batch


@pytest.mark.parametrize(
    ("shape", "readings"),
    [
        ((1, 28, 28), [ImageAxes("nhwc", 1, (28, 28))]),
        ((1, 64, 128, 3), [ImageAxes("nhwc", 3, (128, 64))]),
        ((1, 3, 64, 128), [ImageAxes("nchw", 3, (128, 64))]),
        ((1, 1, 64, 128), [ImageAxes("nchw", 1, (128, 64))]),
        ((1, -1, -1, 3), [ImageAxes("nhwc", 3, (-1, -1))]),
        ((1, 3, -1, -1), [ImageAxes("nchw", 3, (-1, -1))]),
        ((1, 3, 64, 3), [ImageAxes("nhwc", 3, (64, 3)), ImageAxes("nchw", 3, (3, 64))]),
        ((1, 64, 128, 4), []),
        ((1, 10), []),
    ],
)
def test_every_reading_of_a_shape_is_found(
    shape: tuple[int, ...], readings: list[ImageAxes]
) -> None:
    """Where two layouts are possible the usual one comes first."""
    assert list(image_axes(shape)) == readings


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
def test_a_shape_is_made_as_it_is_read(layout: str) -> None:
    """Shape and axes belong to each other."""
    axes = ImageAxes(layout, 3, (128, 64))
    assert axes in image_axes(axes.shape((128, 64)))


@pytest.mark.parametrize(
    ("shape", "whole"),
    [
        ((64, 128, 3), (1, 64, 128, 3)),
        ((28, 28, 1), (1, 28, 28, 1)),
        ((3, 64, 128), (1, 3, 64, 128)),
        ((1, 28, 28), (1, 28, 28)),
        ((-1, 28, 28), (-1, 28, 28)),
        ((2, 64, 128, 3), (2, 64, 128, 3)),
        ((96, 64), (96, 64)),
    ],
)
def test_a_missing_batch_axis_is_added(shape: tuple[int, ...], whole: tuple[int, ...]) -> None:
    """Only images that have channels at one end can lack it."""
    assert with_batch(shape) == whole

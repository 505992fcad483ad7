"""Layouts of images are recognised by shape, and networks are wrapped to the usual one."""

import numpy as np
import pytest

from edge_app.errors import UsageError
from host_tools.framework import load_tensorflow
from host_tools.models.layout import (
    channels_last,
    from_layout,
    input_layout,
    nhwc_shape,
    output_layout,
    to_layout,
)

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 64, 128, 3), "nhwc"),
        ((None, None, None, 3), "nhwc"),
        ((1, 3, 64, 128), "nchw"),
        ((None, 1, 28, 28), "nchw"),
        ((1, 3, 3, 3), "nhwc"),
        ((1, 28, 28), "nhwc"),
        ((1, 64, 128, 4), "nhwc"),  # refused by its channels afterwards
    ],
)
def test_the_axis_of_one_or_three_has_the_channels(
    shape: tuple[int | None, ...], layout: str
) -> None:
    """The usual layout counts where both could."""
    assert input_layout(shape) == layout


def test_two_possible_layouts_are_named() -> None:
    """An image one pixel wide or of three rows: the user decides."""
    with pytest.raises(UsageError, match="--layout nchw or nhwc"):
        input_layout((1, 3, 224, 1))
    assert input_layout((1, 3, 224, 1), "nchw") == "nchw"


@pytest.mark.parametrize(
    ("shape", "given", "layout"),
    [
        ((1, 19, 8, 16), "nchw", "nchw"),
        ((1, 8, 16, 19), "nchw", "nhwc"),
        ((1, 19, 64, 128), "nhwc", "nchw"),
        ((1, 64, 128, 19), "nhwc", "nhwc"),
        ((1, 9, 17, 19), "nhwc", "nhwc"),
        ((1, 19, 9, 17), "nhwc", "nchw"),
        ((1, 1000), "nchw", "nchw"),
        ((1, None, None, 19), "nhwc", "nhwc"),
    ],
)
def test_a_map_has_the_proportions_of_the_image(
    shape: tuple[int | None, ...], given: str, layout: str
) -> None:
    """The input is twice as wide as high, and so is a map, but for rounding."""
    assert output_layout(shape, (128, 64), given) == layout


def test_a_network_is_wrapped() -> None:
    """Values are those of the network in its own layout."""
    tf = load_tensorflow()
    image = np.random.default_rng(0).normal(0, 1, (1, 8, 16, 3)).astype(np.float32)

    def first(values: object) -> object:
        return tf.tile(tf.reduce_sum(values, axis=1, keepdims=True), (1, 2, 1, 1))

    made = np.asarray(channels_last(first, (16, 8), "nchw")(tf.constant(image)))
    assert made.shape == (1, 8, 16, 2)
    assert np.allclose(made[..., 0], image.sum(-1), atol=1e-5)
    assert np.array_equal(from_layout(to_layout(image, "nchw"), "nchw"), image)
    assert nhwc_shape((1, 3, 8, 16), "nchw") == (1, 8, 16, 3)
    assert nhwc_shape((1, 28, 28), "nchw") == (1, 28, 28)

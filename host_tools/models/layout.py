"""Layouts of images in a source network, and networks that compute in the usual one.

Files are made with the channels last (NHWC) wherever the source can be wrapped: the converter
removes a transposition that meets its opposite, so that the device has nothing to transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import UsageError
from host_tools.framework import load_tensorflow

LAST_TO_FIRST, FIRST_TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
Side = TypeVar("Side", bound="int | None")
# Height and width shrink by the same factor, but for rounding.
_SAME_FACTOR = 0.15


def input_layout(shape: Sequence[int | None], named: str | None = None) -> str:
    """Return "nhwc" or "nchw" for an image input; raise UsageError if its shape may be both.

    named: the user's word for it.
    """
    if named or len(shape) != 4:
        return named or "nhwc"
    first, last = shape[1] in {1, 3}, shape[3] in {1, 3}
    if first and last and shape[1] != shape[3] and None not in shape[1:]:
        raise UsageError(
            f"the model's input is {tuple(shape)}, which may be an image with its channels first "
            "or last; say which with --layout nchw or nhwc"
        )
    return "nchw" if first and not last else "nhwc"


def output_layout(
    shape: Sequence[int | None], size_wh: tuple[int, int], given: str = "nhwc"
) -> str:
    """Return the layout of an output: the one in which a map has the image's proportions.

    shape: of the output. size_wh: of the input. given: layout of the input, which decides where
    both fit or none.
    """
    if len(shape) != 4 or any(not side for side in shape[1:]):
        return given
    first, second, third = (int(side or 0) for side in shape[1:])
    last_fits = _is_proportional((second, first), size_wh)
    first_fits = _is_proportional((third, second), size_wh)
    if last_fits == first_fits:
        return given
    return "nhwc" if last_fits else "nchw"


def _is_proportional(map_wh: tuple[int, int], size_wh: tuple[int, int]) -> bool:
    factors = [size / side for size, side in zip(size_wh, map_wh, strict=True)]
    return max(factors) - min(factors) <= _SAME_FACTOR * max(factors)


def nhwc_shape(shape: tuple[Side, ...], layout: str) -> tuple[Side, ...]:
    """Return an input's shape as (1, H, W[, C]) from one in a layout."""
    return (shape[0], *shape[2:], shape[1]) if layout == "nchw" and len(shape) == 4 else shape


def layout_shape(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """Return an input's shape in a layout from (1, H, W[, C])."""
    return (shape[0], shape[3], *shape[1:3]) if layout == "nchw" and len(shape) == 4 else shape


def to_layout(image: NDArray[Any], layout: str) -> NDArray[Any]:
    """Return a batch of images (N, H, W, C) in a layout."""
    return np.transpose(image, LAST_TO_FIRST) if layout == "nchw" and image.ndim == 4 else image


def from_layout(values: NDArray[Any], layout: str) -> NDArray[Any]:
    """Return maps in a layout as (N, H, W, C)."""
    return np.transpose(values, FIRST_TO_LAST) if layout == "nchw" and values.ndim == 4 else values


def channels_last(
    serve: Callable[[Any], Any], size_wh: tuple[int, int], layout: str
) -> Callable[[Any], Any]:
    """Return a TensorFlow function with input and output as (1, H, W, C).

    serve: function of an image in a layout. size_wh: of the image.
    """
    tensorflow = load_tensorflow()

    def serve_last(image: Any) -> Any:
        given = tensorflow.transpose(image, LAST_TO_FIRST) if layout == "nchw" else image
        made = serve(given)
        shape = made.shape.as_list() if made.shape.rank else []
        if len(shape) == 4 and output_layout(shape, size_wh, layout) == "nchw":
            return tensorflow.transpose(made, FIRST_TO_LAST)
        return made

    return serve_last

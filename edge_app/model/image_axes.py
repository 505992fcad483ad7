"""The axes of an input: where the rows, columns and channels of an image lie in its shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CHANNELS = (1, 3)


@dataclass(frozen=True, slots=True)
class ImageAxes:
    """One way to read an input's shape.

    layout: nhwc or nchw. channels: 1 or 3. size_wh: in pixels, -1 where a file leaves it open.
    """

    layout: str
    channels: int
    size_wh: tuple[int, int]

    def shape(self, size_wh: tuple[int, int]) -> tuple[int, ...]:
        """Return a whole shape at a size, with batch and channels."""
        width, height = size_wh
        if self.layout == "nchw":
            return 1, self.channels, height, width
        return 1, height, width, self.channels


def image_axes(shape: Sequence[int]) -> tuple[ImageAxes, ...]:
    """Return all ways to read a shape as one image, the usual one first; none if it is no image.

    shape: with its batch axis, as `with_batch` returns it; -1 for what a file leaves open.
    """
    found = []
    if len(shape) == 3:
        found.append(ImageAxes("nhwc", 1, (shape[2], shape[1])))
    if len(shape) == 4 and shape[3] in CHANNELS:
        found.append(ImageAxes("nhwc", shape[3], (shape[2], shape[1])))
    if len(shape) == 4 and shape[1] in CHANNELS:
        found.append(ImageAxes("nchw", shape[1], (shape[3], shape[2])))
    return tuple(found)


def with_batch(shape: Sequence[int]) -> tuple[int, ...]:
    """Return an input's shape with a batch axis, in front if it has none.

    Of three axes the first is the batch if it is 1 or open, as the gray images of MNIST have it;
    (28, 28, 1) and (3, 64, 128) have channels and no batch.
    """
    axes = tuple(int(side) for side in shape)
    if len(axes) == 3 and axes[0] not in {1, -1} and {axes[0], axes[2]} & set(CHANNELS):
        return (1, *axes)
    return axes

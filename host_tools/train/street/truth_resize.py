"""Resizing of maps with many channels."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4  # channels; OpenCV has fast code for up to four


def resize_maps(
    maps: NDArray[Any], size_wh: tuple[int, int], way: int = cv2.INTER_LINEAR
) -> NDArray[Any]:
    """Resize maps (H, W, C), which keep their dtype."""
    resized = np.empty((size_wh[1], size_wh[0], maps.shape[2]), maps.dtype)
    for first in range(0, maps.shape[2], _AT_ONCE):
        part = np.ascontiguousarray(maps[..., first : first + _AT_ONCE])
        moved = np.asarray(cv2.resize(part, size_wh, interpolation=way))
        resized[..., first : first + _AT_ONCE] = moved.reshape(size_wh[1], size_wh[0], -1)
    return resized

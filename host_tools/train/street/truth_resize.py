"""Bring maps of many channels to another size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4  # OpenCV has quick code for so many channels


def resize_maps(
    maps: NDArray[Any], size_wh: tuple[int, int], way: int = cv2.INTER_LINEAR
) -> NDArray[Any]:
    """Return maps (H, W, C) at another size, in their own dtype."""
    resized = np.empty((size_wh[1], size_wh[0], maps.shape[2]), maps.dtype)
    for first in range(0, maps.shape[2], _AT_ONCE):
        part = np.ascontiguousarray(maps[..., first : first + _AT_ONCE])
        moved = np.asarray(cv2.resize(part, size_wh, interpolation=way))
        resized[..., first : first + _AT_ONCE] = moved.reshape(size_wh[1], size_wh[0], -1)
    return resized

"""Fast resizing of images and class maps that keeps pixel centres in place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Image
from edge_app.overlay.panel import Size


def nearest(
    values: NDArray[np.uint8], size_wh: Size, into: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Resize by the nearest pixel centre: uint8 (h, w) or (h, w, 3) to (H, W) or (H, W, 3).

    Resizing columns with OpenCV and copying rows takes a third of one `cv2.resize`.
    into: an array of the shape of the result to write to (default: a new one).
    """
    width, height = size_wh
    rows = values.shape[0]
    wide = cv2.resize(values, (width, rows), interpolation=cv2.INTER_NEAREST_EXACT)
    centres = ((np.arange(height) + 0.5) * rows / height).astype(np.intp)
    # With "clip" NumPy writes to `into` directly.
    return np.asarray(np.take(wide, centres, axis=0, out=into, mode="clip"), np.uint8)


def shrink(image: Image, size_wh: Size) -> Image:
    """Shrink an image, by halves first as far as possible: uint8 (h, w, 3) to (H, W, 3).

    OpenCV averages two by two pixels in 0.2 ms and by any other ratio in 9 ms (1280x720); up to
    a ratio of two, linear interpolation misses no pixel.
    """
    half_wh = (image.shape[1] // 2, image.shape[0] // 2)
    while half_wh[0] >= size_wh[0] and half_wh[1] >= size_wh[1]:
        image = np.asarray(cv2.resize(image, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
        half_wh = (half_wh[0] // 2, half_wh[1] // 2)
    if (image.shape[1], image.shape[0]) == size_wh:
        return image
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def smooth(image: Image, size_wh: Size, into: Image | None = None) -> Image:
    """Resize an image, averaging if it shrinks: uint8 (h, w, 3) to (H, W, 3)."""
    method = cv2.INTER_AREA if size_wh[1] < image.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_wh, dst=into, interpolation=method), np.uint8)

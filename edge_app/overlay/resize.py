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


def smooth(image: Image, size_wh: Size, into: Image | None = None) -> Image:
    """Resize an image, averaging if it shrinks: uint8 (h, w, 3) to (H, W, 3)."""
    method = cv2.INTER_AREA if size_wh[1] < image.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_wh, dst=into, interpolation=method), np.uint8)

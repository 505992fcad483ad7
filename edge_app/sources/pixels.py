"""A camera's buffer, in any of its pixel formats, as a BGR image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError
from edge_app.frame import Image

# libcamera names formats by the order in a little-endian word: RGB888 is B, G, R in memory.
_BYTES = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4, "YUYV": 2, "UYVY": 2}
_PACKED = {
    "BGR888": cv2.COLOR_RGB2BGR,
    "XRGB8888": cv2.COLOR_BGRA2BGR,
    "XBGR8888": cv2.COLOR_RGBA2BGR,
    "YUYV": cv2.COLOR_YUV2BGR_YUYV,
    "UYVY": cv2.COLOR_YUV2BGR_UYVY,
}
_PLANAR = {
    "YUV420": cv2.COLOR_YUV2BGR_I420,
    "YVU420": cv2.COLOR_YUV2BGR_YV12,
    "NV12": cv2.COLOR_YUV2BGR_NV12,
    "NV21": cv2.COLOR_YUV2BGR_NV21,
}
FORMATS = (*_BYTES, *_PLANAR, "MJPEG")


@dataclass(frozen=True, slots=True)
class Layout:
    """How pixels are stored in a buffer.

    format: libcamera's name. stride: bytes from one row to the next, including padding.
    Raises SourceError for an unknown format, and for a stride that is too small.
    """

    format: str
    size_wh: tuple[int, int]
    stride: int

    def __post_init__(self) -> None:
        width, height = self.size_wh
        if self.format not in FORMATS:
            raise SourceError(
                f"the camera gives {width}x{height} {self.format}, which is not supported; "
                "try another --camera-size"
            )
        odd = self.format in _PLANAR and (width % 2 or height % 2 or self.stride % 2)
        if odd or (self.format != "MJPEG" and self.stride < width * _BYTES.get(self.format, 1)):
            raise SourceError(
                f"the camera's rows of {self.stride} bytes do not fit {width}x{height} "
                f"{self.format}; try another --camera-size"
            )


def to_image(buffer: NDArray[np.uint8], layout: Layout) -> Image:
    """Return the image in a buffer: uint8 (H, W, 3) BGR, contiguous.

    buffer: uint8 (N,), owned by the caller. BGR without padding is not copied.
    Raises SourceError for a buffer that is too short.
    """
    width, height = layout.size_wh
    if layout.format == "MJPEG":
        decoded = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        if decoded is None or decoded.shape[:2] != (height, width):
            raise SourceError("the camera sent a damaged JPEG; check its cable")
        return np.asarray(decoded, np.uint8)
    rows = height * 3 // 2 if layout.format in _PLANAR else height
    if buffer.size < rows * layout.stride:
        raise SourceError(
            f"the camera's buffer of {buffer.size} bytes is too short for {width}x{height} "
            f"{layout.format} in rows of {layout.stride}; try another --camera-size"
        )
    lines = buffer[: rows * layout.stride].reshape(rows, layout.stride)
    image: Any
    if layout.format in _PLANAR:
        # Rows are converted with their padding, which the chroma planes have in proportion.
        image = cv2.cvtColor(lines, _PLANAR[layout.format])[:, :width]
    else:
        depth = _BYTES[layout.format]
        image = lines[:, : width * depth].reshape(height, width, depth)
        if layout.format in _PACKED:
            image = cv2.cvtColor(image, _PACKED[layout.format])
    return np.ascontiguousarray(image, np.uint8)

"""Images that Pillow decodes, as BGR."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from edge_app.frame import Image


def decode_with_pillow(data: bytes) -> Image:
    """Return the first image in the bytes of a file, upright: uint8 (H, W, 3) BGR, contiguous.

    Damaged files raise whatever Pillow raises.
    """
    with PillowImage.open(io.BytesIO(data)) as opened:
        return to_bgr_array(ImageOps.exif_transpose(opened))


def to_bgr_array(opened: PillowImage.Image) -> Image:
    """Return an image of any mode: uint8 (H, W, 3) BGR, contiguous."""
    rgb = np.asarray(opened.convert("RGB"), np.uint8)
    return np.ascontiguousarray(rgb[..., ::-1])

"""Stills in HEIF files: AVIF, and HEIC as phones take it."""

from __future__ import annotations

import io
from pathlib import PurePath

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image as PillowImage
from PIL import ImageOps, features

from edge_app.errors import SourceError
from edge_app.frame import Image
from edge_app.sources.displayed import FrameConverter
from edge_app.sources.image_size import check_pixels, check_size
from edge_app.sources.video_streams import largest, lenient, moving

# The item that joins tiles (ISO/IEC 23008-12, 6.6.2.3.1), as its type stands in an `infe` box.
_GRID = b"grid"


def decode_heif(data: bytes, name: str) -> Image:
    """Return the image of a HEIF file: uint8 (H, W, 3) BGR, upright. Raises SourceError.

    AVIF is read by Pillow from 11.3 on, which joins tiles; everything else by FFmpeg, which gives
    them one by one.
    """
    try:
        if data[8:12] == b"avif" and features.check("avif"):
            check_pixels(data, name)
            with PillowImage.open(io.BytesIO(data)) as opened:
                upright = ImageOps.exif_transpose(opened).convert("RGB")
            return np.ascontiguousarray(np.asarray(upright, np.uint8)[..., ::-1])
        if _GRID in _top_box(data, b"meta"):
            stem = PurePath(name).stem
            raise SourceError(
                f"{name} is a photo of many tiles, which are not joined here; convert it with "
                f"`heif-convert {name} {stem}.jpg` (apt install libheif-examples)"
            )
        with av.open(io.BytesIO(data), **lenient()) as container:
            stream = largest(moving(container.streams.video))
            check_size((stream.width, stream.height), name)
            return FrameConverter(stream).image(next(container.decode(stream)))
    except (FFmpegError, OSError, ValueError, SyntaxError, StopIteration):
        raise SourceError(
            f"{name} is damaged or not an image; open it in a viewer, or remove it"
        ) from None


def _top_box(data: bytes, kind: bytes) -> bytes:
    """Return the content of the first top-level box of a kind; empty if there is none."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            return data[at + 8 : at + size]
        if size < 8:
            break
        at += size
    return b""

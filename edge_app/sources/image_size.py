"""The size that an image file states, held against the limit for it.

A file of 600 bytes can state 900 million pixels, which would take gigabytes; so the header is read
before anything is decoded.
"""

from __future__ import annotations

import io
import struct
import warnings

from PIL import Image as PillowImage

from edge_app.sources.file_kinds import BMP, JPEG, PNG, jpeg_size
from edge_app.sources.size_limits import check_size


def check_pixels(data: bytes, name: str) -> None:
    """Raise SourceError if an image file states more pixels than allowed.

    name: of the file, with what it is: "the truth 1.png".
    """
    # Pillow's own limit is a warning, and an error from twice as much on.
    PillowImage.MAX_IMAGE_PIXELS = None
    check_size(stated_size(data), name)


def stated_size(data: bytes) -> tuple[int, int] | None:
    """Return the width and height in the header of an image file; None if it is not known.

    The usual formats are read here: Pillow takes 60 us, as long as decoding a small image.
    """
    if data.startswith(PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(BMP) and len(data) >= 26 and data[14:18] == b"\x28\0\0\0":
        width, height = struct.unpack("<ii", data[18:26])
        return abs(width), abs(height)
    if data.startswith(JPEG):
        found = jpeg_size(data, 0)
        return (found.width, found.height) if found else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF; decoding has the message
            with PillowImage.open(io.BytesIO(data)) as opened:
                return opened.size
    except Exception:  # noqa: BLE001 - damaged headers raise anything; decoding has the message
        return None

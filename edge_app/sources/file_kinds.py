"""Kinds of image files, by their content: stills, animations, and JPEGs one after another."""

from __future__ import annotations

import re
import struct
from pathlib import Path

# How image files begin; GIF is left to the video reader, since most GIFs are animated.
_STILL = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|BM|II\*\0|MM\0\*|RIFF....WEBP|P[1-7][\s#]", re.DOTALL
)
_JPEG, _END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xd9"
_START_OF_SCAN, _MULTI_PICTURE = 0xDA, b"MPF\0"
# No image of a motion JPEG is longer, and a still of this length need not be searched for more.
_LONGEST_JPEG = 1 << 24
_LONGEST_PADDING = 1 << 16
_VIDEO_SUFFIXES = (".mjpeg", ".mjpg")


def begins_as_still(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of an image format, GIF excepted."""
    return _STILL.match(data) is not None


def is_jpeg_series(path: Path) -> bool:
    """Return whether a file has JPEGs one after another, as `rpicam-vid --codec mjpeg` writes.

    Phones and stereo cameras append a second image to a still too; these have a table of their
    images (CIPA DC-007, multi-picture format) or one of another size. Raises OSError.
    """
    with path.open("rb") as file:
        data = file.read(_LONGEST_JPEG)
    if not data.startswith(_JPEG):
        return False
    if path.suffix.lower() in _VIDEO_SUFFIXES:
        return True
    first = _jpeg_size(data, 0)
    end = data.find(_END_OF_JPEG, first[2]) + 2 if first else 1
    if first is None or end < 2:
        return False
    rest = data[end : end + _LONGEST_PADDING].lstrip(b"\0")
    if not rest.startswith(_JPEG):
        return False
    second = _jpeg_size(data, data.index(_JPEG, end))
    return second is not None and second[:2] == first[:2]


def _jpeg_size(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return height and width of a JPEG and where its pixels begin; None if it has a table.

    at: where it begins. Source of the markers: ITU-T T.81, table B.1.
    """
    size_hw = None
    at += 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 4 : at + 8] == _MULTI_PICTURE:
            return None
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            size_hw = struct.unpack(">HH", data[at + 5 : at + 9])
        at += 2 + length
        if marker == _START_OF_SCAN:
            return (*size_hw, at) if size_hw else None
    return None

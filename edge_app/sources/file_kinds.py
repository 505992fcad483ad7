"""Kinds of image files, by their content: stills, animations, and JPEGs one after another."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from edge_app.sources.size_limits import most_image_bytes

SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pnm",
    ".avif", ".heic", ".heif",
)  # fmt: skip
# In a folder also what is usually an animation, of which the first image is taken.
FOLDER_SUFFIXES = (*SUFFIXES, ".gif", ".apng", ".avifs")
# How image files begin; GIF is left to the video reader, since most GIFs are animated.
_STILL = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|BM|II\*\0|MM\0\*|RIFF....WEBP|P[1-7][\s#]", re.DOTALL
)
# Major brands of ISO/IEC 23008-12 and AVIF.
_HEIF_STILLS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}
_SEQUENCES = {b"avis", b"msf1", b"hevc", b"hevx"}
PNG, BMP = b"\x89PNG\r\n\x1a\n", b"BM"
JPEG, END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xd9"
_START_OF_SCAN, _MULTI_PICTURE = 0xDA, b"MPF\0"
# No image of a motion JPEG is longer, and a still of this length need not be searched for more.
_LONGEST_JPEG = 1 << 24
_GIF_END, _GIF_IMAGE, _GIF_EXTENSION = 0x3B, 0x2C, 0x21
_LONGEST_PADDING = 1 << 16
_VIDEO_SUFFIXES = (".mjpeg", ".mjpg")
_HEAD_BYTES = 1 << 16  # a PNG says only after its profile and texts that it is an animation


class ImageKind(Enum):
    """What a file is by its images: a still, an animated WebP, or something else."""

    STILL = auto()
    ANIMATED_WEBP = auto()
    OTHER = auto()


def image_kind(path: Path) -> ImageKind:
    """Return which kind of file it is, by its content and for stills its name. Raises OSError."""
    with path.open("rb") as file:
        data = file.read(_HEAD_BYTES)
    if is_gif(data) or is_webp(data):  # the number of their images is known at their end only
        if path.stat().st_size > most_image_bytes():  # no still: reading it refuses it
            return ImageKind.OTHER if is_gif(data) else ImageKind.STILL
        data = path.read_bytes()
    if is_animated(data):
        return ImageKind.ANIMATED_WEBP if is_webp(data) else ImageKind.OTHER
    still = begins_as_still(data) or path.suffix.lower() in SUFFIXES
    still = still or (is_gif(data) and gif_images(data) == GifImages(1, has_end=True))
    return ImageKind.STILL if still and not is_jpeg_series(path) else ImageKind.OTHER


def begins_as_still(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of an image format, GIF excepted."""
    return _STILL.match(data) is not None or is_heif(data)


def is_jpeg_series(path: Path) -> bool:
    """Return whether a file has JPEGs one after another, as `rpicam-vid --codec mjpeg` writes.

    Phones and stereo cameras append a second image to a still too; these have a table of their
    images (CIPA DC-007, multi-picture format) or one of another size. Raises OSError.
    """
    with path.open("rb") as file:
        if file.read(len(JPEG)) != JPEG:
            return False
        if path.suffix.lower() in _VIDEO_SUFFIXES:
            return True
        file.seek(0)
        data = file.read(_LONGEST_JPEG)
    first = jpeg_size(data, 0)
    end = data.find(END_OF_JPEG, first.pixels_at) + 2 if first else 1
    if first is None or first.has_table or end < 2:
        return False
    rest = data[end : end + _LONGEST_PADDING].lstrip(b"\0")
    if not rest.startswith(JPEG):
        return False
    second = jpeg_size(data, data.index(JPEG, end))
    return second is not None and second[:2] == first[:2]


def is_animated(data: bytes) -> bool:
    """Return whether the first bytes of a PNG, GIF, WebP or AVIF file are those of an animation.

    A GIF or WebP has to be complete: only then it is known that it has no second image.
    Sources: PNG 1.2 and APNG (acTL comes before the first IDAT), WebP container (VP8X, second
    flag), AVIF 1.1 (major brand avis).
    """
    if data.startswith(PNG):
        first_pixels = data.find(b"IDAT")
        at = data.find(b"acTL", 8, first_pixels if first_pixels > 0 else None)
        return at > 0 and int.from_bytes(data[at + 4 : at + 8], "big") > 1
    if is_webp(data):
        animated = data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & 0x02)
        return animated and not _is_webp_of_one(data)
    if is_gif(data):
        return gif_images(data).number > 1
    return is_sequence(data)


def _is_webp_of_one(data: bytes) -> bool:
    """Return whether a WebP is complete and has one image, in the frame of an animation."""
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        return False
    return sum(kind == b"ANMF" for kind, _ in webp_chunks(data)) == 1


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the kind of each chunk of a WebP, and where it begins.

    Source of the layout: WebP container specification.
    """
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4], at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


class GifImages(NamedTuple):
    """The images in a GIF file, and whether its end is marked: a truncated one lacks the mark."""

    number: int
    has_end: bool


def gif_images(data: bytes) -> GifImages:
    """Return the complete images of a GIF, or of blocks from it, as FFmpeg's packets have them.

    Source: GIF89a, sections 18 to 27.
    """
    count, at = 0, 13 + _colour_table(data, 10) if is_gif(data) else 0
    while at < len(data):
        kind = data[at]
        if kind == _GIF_END:
            return GifImages(count, True)
        if kind == _GIF_IMAGE:
            at += 11 + _colour_table(data, at + 9)
        elif kind == _GIF_EXTENSION:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += 1 + data[at]
        count += kind == _GIF_IMAGE and at < len(data)
        at += 1
    return GifImages(count, False)


def _colour_table(data: bytes, at: int) -> int:
    """Return the bytes of the colour table that the flags at a place announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def is_gif(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of GIF."""
    return data.startswith((b"GIF87a", b"GIF89a"))


def is_webp(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def is_sequence(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of several images in HEIF or AVIF."""
    return data[4:8] == b"ftyp" and data[8:12] in _SEQUENCES


def is_heif(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of a HEIF or AVIF still."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_STILLS


class JpegSize(NamedTuple):
    """What the header of a JPEG says.

    pixels_at: where its pixels begin. has_table: whether it lists further images in the file.
    """

    height: int
    width: int
    pixels_at: int
    has_table: bool


def jpeg_size(data: bytes, at: int) -> JpegSize | None:
    """Return the size of a JPEG that begins at a place; None if its header has none.

    Source of the markers: ITU-T T.81, table B.1.
    """
    size_hw: tuple[int, int] | None = None
    has_table = False
    at += 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        has_table |= data[at + 4 : at + 8] == _MULTI_PICTURE
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            size_hw = height, width
        at += 2 + length
        if marker == _START_OF_SCAN:
            break
    return JpegSize(*size_hw, at, has_table) if size_hw else None


def looks_whole(data: bytes) -> bool:
    """Return whether a file seems complete: PNG checksums, JPEG end marker, or BMP length.

    Entropy-coded JPEG data never has FF D9 or FF DA (T.81, B.1.1.5), so the last end marker
    comes after the last start of scan unless the file is truncated.
    """
    if data.startswith(b"\xff\xd8"):
        return data.rfind(END_OF_JPEG) > data.rfind(b"\xff\xda")
    if data.startswith(BMP):
        return len(data) >= int.from_bytes(data[2:6], "little")
    if not data.startswith(PNG):
        return bool(data)
    at, view = len(PNG), memoryview(data)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(view[at : at + 4], "big")
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end + 4
    return False

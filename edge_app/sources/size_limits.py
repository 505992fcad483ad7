"""The limits for images: their pixels, and the bytes of their files."""

from __future__ import annotations

from pathlib import Path

from edge_app.errors import SourceError
from edge_app.input_file import read_limited

USUAL_MAX_PIXELS = 100_000_000
_BYTES_PER_PIXEL = 8  # the most that a format has: 16 bits in four channels
_OTHER_BYTES = 64_000_000  # profiles, previews, a second image


class PixelLimit:
    """The limit for images and truth, one for the whole process; `--max-pixels` sets it."""

    pixels = USUAL_MAX_PIXELS


def check_size(size_wh: tuple[int, int] | None, name: str) -> None:
    """Raise SourceError if an image is larger than allowed; None if its size is not known.

    name: of the file, with what it is: "the truth 1.png".
    """
    if size_wh is None or size_wh[0] * size_wh[1] <= PixelLimit.pixels:
        return
    width, height = size_wh
    raise SourceError(
        f"{name} states {width}x{height} pixels, above the limit of "
        f"{_rounded(PixelLimit.pixels)}; make it smaller, or raise --max-pixels of "
        "`edge-app run`"
    )


def _rounded(pixels: int) -> str:
    """Return a number of pixels in millions if that is exact, else in full."""
    return f"{pixels:,}" if pixels % 100_000 else f"{pixels / 1e6:g} million"


def most_image_bytes() -> int:
    """Return the limit for the file of an image: what its pixels take without compression."""
    return PixelLimit.pixels * _BYTES_PER_PIXEL + _OTHER_BYTES


def read_image_file(path: Path) -> bytes:
    """Return the content of an image file; raise OSError, and SourceError for a huge one."""
    most = most_image_bytes()
    too_large = (
        f"{path.name} is above {most // 10**6:,} MB, the limit for an image of "
        f"{_rounded(PixelLimit.pixels)} pixels; make it smaller, or raise --max-pixels of "
        "`edge-app run`"
    )
    return read_limited(path, most, SourceError(too_large))

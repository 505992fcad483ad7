"""The typeface of overlay and images, and fitting text into a width."""

from __future__ import annotations

from functools import cache, lru_cache

from PIL import ImageFont

from edge_app.errors import EdgeError
from edge_app.paths import assets_dir

Face = ImageFont.FreeTypeFont
# IBM Plex Sans 1.1.0 (OFL-1.1), as published in the npm package @ibm/plex-sans. Its digits
# have equal widths, so that changing numbers stay in place.
REGULAR = "IBMPlexSans-Regular.woff"
BOLD = "IBMPlexSans-SemiBold.woff"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@cache
def face(file: str, size_px: int) -> Face:
    """Return a font at a size in pixels; raise EdgeError if its file cannot be read."""
    path = assets_dir() / "fonts" / file
    try:
        # Pillow's own layout is the same on every machine; Raqm is not always installed.
        return ImageFont.truetype(path, max(1, size_px), layout_engine=ImageFont.Layout.BASIC)
    except OSError as fault:
        raise EdgeError(
            f"the font {path} cannot be read ({fault}); install the package again, "
            "or run with --headless and without --record"
        ) from None


@lru_cache(maxsize=2048)
def text_px(text: str, font: Face) -> int:
    """Return the width of a text in whole pixels, rounded up."""
    return -int(-font.getlength(text) // 1)


def shorten(text: str, font: Face, width_px: int) -> str:
    """Return a text cut to a width, with an ellipsis; empty if not even that fits."""
    if text_px(text, font) <= width_px:
        return text
    for end in range(len(text) - 1, 0, -1):
        cut = text[:end].rstrip() + ELLIPSIS
        if text_px(cut, font) <= width_px:
            return cut
    return ELLIPSIS if text_px(ELLIPSIS, font) <= width_px else ""


def fit(text: str, file: str, sizes_px: tuple[int, int], width_px: int) -> tuple[str, Face]:
    """Return a text and the largest font of two sizes or between in which it fits, or shortened."""
    largest, smallest = max(sizes_px), min(sizes_px)
    widest_px = max(1, text_px(text, face(file, largest)))
    # Widths are proportional to sizes except for rounding: one estimate and a step or two do.
    size = max(smallest, min(largest, largest * width_px // widest_px))
    while size > smallest and text_px(text, face(file, size)) > width_px:
        size -= 1
    font = face(file, size)
    return shorten(text, font, width_px), font

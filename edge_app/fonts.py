"""Load the typeface of the overlay and fit words into widths."""

from __future__ import annotations

from functools import cache, lru_cache

from PIL import ImageFont

from edge_app.errors import EdgeError
from edge_app.paths import assets_dir

Face = ImageFont.FreeTypeFont
# IBM Plex Sans 1.1.0 (OFL-1.1), as published in the npm package @ibm/plex-sans. Its figures
# are of equal width, so numbers that change do not dance.
REGULAR = "IBMPlexSans-Regular.woff"
BOLD = "IBMPlexSans-SemiBold.woff"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@cache
def face(file: str, size_px: int) -> Face:
    """Return a face of the typeface at a size in pixels; raise EdgeError where it is missing."""
    path = assets_dir() / "fonts" / file
    try:
        # Pillow's own layout is the same on every machine; Raqm is not always there.
        return ImageFont.truetype(path, max(1, size_px), layout_engine=ImageFont.Layout.BASIC)
    except OSError as fault:
        raise EdgeError(
            f"the font {path} cannot be read ({fault}); install the package again, "
            "or run with --headless and without --record"
        ) from None


@lru_cache(maxsize=2048)
def text_px(text: str, font: Face) -> int:
    """Return how wide a text is, in whole pixels."""
    return -int(-font.getlength(text) // 1)


def shorten(text: str, font: Face, room_px: int) -> str:
    """Cut a text that is too wide, ending it in an ellipsis; empty where not even that fits."""
    if text_px(text, font) <= room_px:
        return text
    for end in range(len(text) - 1, 0, -1):
        cut = text[:end].rstrip() + ELLIPSIS
        if text_px(cut, font) <= room_px:
            return cut
    return ELLIPSIS if text_px(ELLIPSIS, font) <= room_px else ""


def fit(text: str, file: str, sizes_px: tuple[int, int], room_px: int) -> tuple[str, Face]:
    """Return the text with the largest face that holds it, shortened if even the smallest cannot.

    sizes_px: the largest and the smallest size.
    """
    largest, smallest = max(sizes_px), min(sizes_px)
    wide = text_px(text, face(file, largest))
    # Widths grow with sizes but for rounding, so one guess and a step or two suffice.
    size = largest if wide <= room_px else max(smallest, min(largest, largest * room_px // wide))
    while size > smallest and text_px(text, face(file, size)) > room_px:
        size -= 1
    font = face(file, size)
    return shorten(text, font, room_px), font

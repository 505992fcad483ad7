"""Decide how large a canvas is, and how large everything on it."""

from __future__ import annotations

from edge_app.overlay import hud

ROWS_MIN = 480  # below this a HUD cannot be read
CARD_ROWS = (720, 1080)  # of a canvas for classified pictures, which may be 28 pixels high
_MARGIN = 0.02
# Letters stop shrinking with the canvas at 576 rows (where 14 px have become 11), and are
# drawn smaller only where the panel is wider than the canvas; below .45 they are smears.
_UNIT_ROWS_MIN = 576
_UNIT_MIN = 0.45


def picture_size(frame_wh: tuple[int, int], rows: int | None) -> tuple[int, int]:
    """Return the size of a canvas for a whole picture, its shape kept.

    rows: those asked for; None keeps the picture's own size, or 480 rows if it has fewer.
    """
    width, height = frame_wh
    wanted = rows or max(height, ROWS_MIN)
    if wanted == height:
        return frame_wh
    # Even, for it is resized in any case and video encoders want that.
    return max(2, 2 * round(width * wanted / height / 2)), wanted


def card_size(frame_rows: int, rows: int | None) -> tuple[int, int]:
    """Return the size of a 16:9 canvas for a classified picture and its answer."""
    wanted = rows or min(max(frame_rows, CARD_ROWS[0]), CARD_ROWS[1])
    return 2 * round(wanted * 8 / 9), wanted


def card_unit(size_wh: tuple[int, int]) -> float:
    """Return the pixels per pixel of the 720-row layout on a card: the same floor, if it fits."""
    rows = size_wh[1]
    return max(rows, min(_UNIT_ROWS_MIN, 1.2 * rows)) / 720


def margin_px(size_wh: tuple[int, int]) -> int:
    """Return the margin around panels."""
    return round(_MARGIN * max(size_wh))


def unit_of(size_wh: tuple[int, int]) -> float | None:
    """Return the pixels per pixel of the 720-row layout; None where no panel can be read.

    Narrow pictures count as if they were 4:3, so that a portrait does not get huge letters.
    """
    width, height = size_wh
    rows = max(min(height, 0.75 * width), _UNIT_ROWS_MIN)
    margins = 2 * margin_px(size_wh)
    widest = (width - margins) / hud.WIDTH
    highest = (height - margins) / hud.HEIGHT
    unit = min(rows / 720, widest, highest)
    return unit if unit >= _UNIT_MIN else None

"""Decide how large a canvas is, and how large everything on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge_app.overlay import hud
from edge_app.overlay.panel import Panel

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


@dataclass(frozen=True, slots=True)
class Placed:
    """Hold a panel and where its top left corner lies on the canvas."""

    panel: Panel
    xy: tuple[int, int]

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.xy[0] + self.panel.size_wh[0]

    @property
    def bottom(self) -> int:
        """The row after its last."""
        return self.xy[1] + self.panel.size_wh[1]


class Board:
    """Find places for panels on a canvas so that none covers another.

    margin: of every panel to the canvas's edges, in pixels.
    """

    def __init__(self, size_wh: tuple[int, int], margin: int) -> None:
        self.placed: list[Placed] = []
        self._size_wh = size_wh
        self._margin = margin
        self._gap = max(2, margin // 2)

    def put(self, panel: Panel | None, places: Iterable[tuple[int, int]]) -> Placed | None:
        """Place a panel at the first of some corners where it is whole and alone, or nowhere."""
        if panel is None:
            return None
        for xy in places:
            placed = Placed(panel, xy)
            if self._fits(placed):
                self.placed.append(placed)
                return placed
        return None

    def _fits(self, wanted: Placed) -> bool:
        margin, gap = self._margin, self._gap
        width, height = self._size_wh
        if min(wanted.xy) < margin or wanted.right > width - margin:
            return False
        return wanted.bottom <= height - margin and all(
            wanted.xy[0] >= other.right + gap
            or other.xy[0] >= wanted.right + gap
            or wanted.xy[1] >= other.bottom + gap
            or other.xy[1] >= wanted.bottom + gap
            for other in self.placed
        )


def centred(panel: Panel, size_wh: tuple[int, int], tops: Sequence[int]) -> list[tuple[int, int]]:
    """Return corners that centre a panel on a canvas, with its upper edge at some rows."""
    left = (size_wh[0] - panel.size_wh[0]) // 2
    return [(left, top) for top in tops]


def letterbox(
    inner_wh: tuple[int, int], area: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Return the largest x, y, width and height of a shape centred within an area like that."""
    x, y, width, height = area
    ratio = min(width / inner_wh[0], height / inner_wh[1])
    inside = max(1, int(inner_wh[0] * ratio)), max(1, int(inner_wh[1] * ratio))
    return x + (width - inside[0]) // 2, y + (height - inside[1]) // 2, *inside

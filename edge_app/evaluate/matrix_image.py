"""A confusion matrix as an image with its percentages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from edge_app.fonts import BOLD, REGULAR, face, text_px
from edge_app.frame import Image
from edge_app.quality import ConfusionMatrix
from edge_app.style import percent

_CELL = 46  # px
_GAP = 14
_MOST = 60  # classes; a thousand would make an image of 46,000 pixels
_PAPER, _INK, _DIM = (255, 255, 255), (28, 32, 38), (120, 128, 138)
_GOOD, _BAD = (0, 114, 178), (213, 94, 0)  # Okabe and Ito's blue and vermilion


def matrix_image(matrix: ConfusionMatrix, names: Sequence[str], title: str) -> Image:
    """Return the matrix in per cent of each row: uint8 (H, W, 3) BGR.

    Rows are truth, columns answers; then the answers of no class, if there are any, and the IoU.
    Classes in neither truth nor answers are left out, and of many those with the fewest mistakes.
    """
    iou = matrix.iou()
    known = [place for place, value in enumerate(iou) if not np.isnan(value)]
    shown = _most_mistaken(matrix, known)
    shares = _shares(matrix, shown)
    columns = [names[place] for place in shown]
    if matrix.missed.any():
        columns.append("no class")
    else:
        shares = shares[:, : len(shown)]
    small, plain, bold = face(REGULAR, 13), face(REGULAR, 15), face(BOLD, 20)
    side = max((text_px(name, plain) for name in columns), default=0) + _GAP
    left, top = side + _GAP + 24, side + 84
    width = left + _CELL * (len(columns) + 1) + 2 * _GAP
    width = max(width, text_px(title, bold) + 2 * _GAP)
    canvas = PillowImage.new("RGB", (width, top + _CELL * len(shown) + 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((_GAP, _GAP), title, _INK, bold)
    legend = "per cent of each row; rows are truth, columns answers"
    if len(shown) < len(known):
        legend += f"; the {len(shown)} of {len(known):,} classes with the most mistakes"
    draw.text((_GAP, _GAP + 28), legend, _DIM, plain)
    for place, name in enumerate([*columns, "IoU"]):
        heading = PillowImage.new("RGB", (side, 22), _PAPER)
        ImageDraw.Draw(heading).text((0, 1), name, _INK, plain)
        canvas.paste(heading.rotate(90, expand=True), (left + _CELL * place + 13, top - side - 4))
    for row, place in enumerate(shown):
        y = top + _CELL * row
        draw.text((left - _GAP // 2, y + _CELL // 2), names[place], _INK, plain, anchor="rm")
        for column, share in enumerate(shares[row]):
            x = left + _CELL * column
            colour = _GOOD if column == row else _BAD
            draw.rectangle((x, y, x + _CELL - 2, y + _CELL - 2), _tint(colour, float(share)))
            if share >= 0.0005:
                ink = _PAPER if share > 0.55 else _INK
                middle = (x + _CELL // 2 - 1, y + _CELL // 2 - 1)
                draw.text(middle, _short(float(share)), ink, small, anchor="mm")
        middle = (left + _CELL * len(columns) + _CELL // 2, y + _CELL // 2 - 1)
        draw.text(middle, percent(float(iou[place])).removesuffix(" %"), _INK, plain, anchor="mm")
    return np.ascontiguousarray(np.asarray(canvas, np.uint8)[..., ::-1])


def _shares(matrix: ConfusionMatrix, shown: list[int]) -> NDArray[np.float64]:
    """Return the shares of each row, no class last: float64 (n, n + 1)."""
    counts = matrix.counts[np.ix_(shown, shown)]
    rows = np.concatenate([counts, matrix.missed[shown, None]], axis=1).astype(np.float64)
    whole = (matrix.counts[shown].sum(axis=1) + matrix.missed[shown])[:, None]
    shares = np.zeros_like(rows)
    np.divide(rows, whole, out=shares, where=whole > 0)
    return shares


def _most_mistaken(matrix: ConfusionMatrix, places: list[int]) -> list[int]:
    """Return at most `_MOST` classes in their order, those that are confused most often."""
    counts = matrix.counts
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts) + matrix.missed
    return sorted(sorted(places, key=lambda place: -int(wrong[place]))[:_MOST])


def _tint(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """Mix paper and colour; the root shows the rare mistakes that matter."""
    strength = 0.04 + 0.96 * share**0.6 if share >= 0.0005 else 0.04
    red, green, blue = (round(255 + (part - 255) * strength) for part in colour)
    return red, green, blue


def _short(share: float) -> str:
    text = f"{100 * share:.1f}"
    return "100" if text == "100.0" else text

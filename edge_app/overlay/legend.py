"""List the classes in view beside their colours, without flicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.fonts import REGULAR, face, shorten, text_px
from edge_app.labels import LabelSet
from edge_app.overlay.panel import INK, Panel, Sheet

IN_VIEW = 0.002  # the share of the picture from which a class is worth a line
_MEMORY = 0.6  # how much of the last shares stays at a refresh: about half a second
_OVERTAKES = 1.25  # a class moves up once it has this many times the pixels of the one above
_WIDEST = 200  # names are cut beyond this width at 720 rows
_PITCH = 25


def remember(seen: NDArray[np.float64] | None, now: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mix new shares into the remembered ones: float64 (C,) each."""
    if seen is None or seen.shape != now.shape:
        return now
    return _MEMORY * seen + (1 - _MEMORY) * now


def order(previous: Sequence[int], share: Mapping[int, float]) -> list[int]:
    """Order classes by share, moving those listed before only where the lead is clear."""
    kept = [i for i in previous if i in share]
    new = sorted((i for i in share if i not in kept), key=lambda i: -share[i])
    listed = kept + new
    for end in range(len(listed), 1, -1):
        for i in range(end - 1):
            above, below = listed[i], listed[i + 1]
            lead = _OVERTAKES if above in kept and below in kept else 1.0
            if share[below] > lead * share[above]:
                listed[i], listed[i + 1] = below, above
    return listed


def in_view(share: NDArray[np.float64], palette: NDArray[np.uint8]) -> dict[int, float]:
    """Pick the classes worth a line: {class: share}; black ones are not painted, so not listed.

    palette: uint8 (256, 1, 3) BGR.
    """
    return {
        i: float(value) for i, value in enumerate(share) if value >= IN_VIEW and palette[i, 0].any()
    }


def draw_legend(
    classes: Sequence[int], labels: LabelSet, unit: float, room_wh: tuple[int, int]
) -> Panel | None:
    """Draw a line per class, as many as the room holds; None where not one fits unshortened."""

    def px(length: float) -> int:
        return round(length * unit)

    pad, swatch, pitch = px(14), px(17), px(_PITCH)
    font = face(REGULAR, px(16))
    lines = min(len(classes), max(0, (room_wh[1] - 2 * pad) // max(1, pitch)))
    name_left = pad + swatch + px(10)
    room = room_wh[0] - name_left - pad
    # All names count, not only those in view: the panel keeps its width as classes come and go.
    widest = min(max(text_px(name, font) for name in labels.names), px(_WIDEST))
    if lines == 0 or room < widest:
        return None
    by_id = {label.train_id: label for label in labels.classes}
    names = [shorten(by_id[i].name, font, widest) for i in classes[:lines]]
    size_wh = (name_left + widest + pad, 2 * pad + lines * pitch - (pitch - swatch))
    sheet = Sheet(size_wh, px(12))
    for i, name in enumerate(names):
        y = pad + i * pitch
        red, green, blue = by_id[classes[i]].colour_rgb
        draw_swatch(sheet, (pad, y), swatch, f"#{red:02X}{green:02X}{blue:02X}", unit)
        sheet.text((name_left, y + swatch // 2), name, font, INK, anchor="lm")
    return sheet.finish()


def draw_swatch(sheet: Sheet, xy: tuple[int, int], side: int, colour: str, unit: float) -> None:
    """Draw a class's colour in a light rim: Cityscapes' trucks are nearly as dark as the panel."""
    rim = max(1, round(unit))
    sheet.box(xy, (side, side), "#8C96A1", round(4 * unit))
    inner = (side - 2 * rim, side - 2 * rim)
    sheet.box((xy[0] + rim, xy[1] + rim), inner, colour, round(3 * unit))

"""The legend: classes in view beside their colours, in an order that does not flicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.fonts import REGULAR, face, shorten, text_px
from edge_app.labels import Label, LabelSet
from edge_app.overlay.panel import INK, XY, Panel, Scale, Sheet, Size

IN_VIEW = 0.002  # a class with a smaller share of the image is not listed
_MEMORY = 0.6  # weight of the previous shares at a refresh: averages about half a second
_OVERTAKES = 1.25  # a class moves up once it has this many times the pixels of the one above
_NAME_MAX = 200  # longer names are shortened; in pixels of the layout
_PITCH = 25


def smooth_shares(
    previous: NDArray[np.float64] | None, now: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the exponential average of the share of each class: float64 (C,) each."""
    if previous is None or previous.shape != now.shape:
        return now
    return _MEMORY * previous + (1 - _MEMORY) * now


def stable_order(previous: Sequence[int], share: Mapping[int, float]) -> list[int]:
    """Order classes by share; those listed before change places only at a clear lead.

    share: of each class, by trainId.
    """
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


def classes_in_view(share: NDArray[np.float64], palette: NDArray[np.uint8]) -> dict[int, float]:
    """Return {trainId: share} of the classes to list; black ones are not painted, so not listed.

    share: float64 (C,). palette: uint8 (256, 1, 3) BGR.
    """
    painted = palette[: len(share), 0].any(axis=1)
    return {int(i): float(share[i]) for i in np.flatnonzero((share >= IN_VIEW) & painted)}


def draw_legend(
    classes: Sequence[int], labels: LabelSet, scale: Scale, max_wh: Size
) -> Panel | None:
    """Draw a line per class, as many as fit; None if not even one fits."""
    px = scale.px
    pad, swatch, pitch = px(14), px(17), px(_PITCH)
    font = face(REGULAR, px(16))
    lines = min(len(classes), max(0, (max_wh[1] - 2 * pad) // max(1, pitch)))
    name_left = pad + swatch + px(10)
    # All names count, not only those in view: the panel keeps its width as classes come and go.
    widest = min(max(text_px(name, font) for name in labels.names), px(_NAME_MAX))
    if lines == 0 or max_wh[0] - name_left - pad < widest:
        return None
    by_id = {label.train_id: label for label in labels.classes}
    names = [shorten(by_id[i].name, font, widest) for i in classes[:lines]]
    size_wh = (name_left + widest + pad, 2 * pad + lines * pitch - (pitch - swatch))
    sheet = Sheet(size_wh, px(12))
    for i, name in enumerate(names):
        y = pad + i * pitch
        draw_swatch(sheet, (pad, y), swatch, hex_colour(by_id[classes[i]]), scale)
        sheet.text((name_left, y + swatch // 2), name, font, INK, anchor="lm")
    return sheet.finish()


def hex_colour(label: Label) -> str:
    """Return the colour of a class as #RRGGBB."""
    return "#{:02X}{:02X}{:02X}".format(*label.colour_rgb)


def draw_swatch(sheet: Sheet, xy: XY, side: int, colour: str, scale: Scale) -> None:
    """Draw a class colour in a light rim: that of Cityscapes trucks is as dark as a panel."""
    rim = max(1, scale.px(1))
    sheet.box(xy, (side, side), "#8C96A1", scale.px(4))
    inner = (side - 2 * rim, side - 2 * rim)
    sheet.box((xy[0] + rim, xy[1] + rim), inner, colour, scale.px(3))

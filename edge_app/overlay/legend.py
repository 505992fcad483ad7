"""The legend: classes beside their colours, in the order of the label set."""

from __future__ import annotations

from collections.abc import Sequence

from edge_app.fonts import REGULAR, face, shorten, text_px
from edge_app.labels import Label, LabelSet
from edge_app.overlay.panel import INK, SOFT, XY, Panel, Scale, Sheet, Size

_NAME_MAX = 200  # longer names are shortened; in pixels of the layout
_PITCH = 25
_COUNTED = 8  # from so many lines on, the last one says how many classes have none


def draw_legend(
    classes: Sequence[int], labels: LabelSet, scale: Scale, max_wh: Size
) -> Panel | None:
    """Draw a line per class in label order; None if not even one fits.

    classes: trainIds; if space is short, the first of them are drawn, and many more are counted.
    """
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
    hidden = len(classes) - lines
    more = hidden + 1 if hidden and lines >= _COUNTED else 0
    shown = sorted(classes[: lines - bool(more)])
    size_wh = (name_left + widest + pad, 2 * pad + lines * pitch - (pitch - swatch))
    sheet = Sheet(size_wh, px(12))
    for line, label in enumerate(by_id[i] for i in shown):
        y = pad + line * pitch
        draw_swatch(sheet, (pad, y), swatch, hex_colour(label), scale)
        name = shorten(label.name, font, widest)
        sheet.text((name_left, y + swatch // 2), name, font, INK, anchor="lm")
    if more:
        middle = pad + (lines - 1) * pitch + swatch // 2
        text = shorten(f"{more} more", font, widest)
        sheet.text((name_left, middle), text, font, SOFT, anchor="lm")
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

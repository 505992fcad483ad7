"""The sizes of canvases, and areas for images and panels on them."""

from __future__ import annotations

from edge_app.overlay.panel import SCALE_MIN, Panel, Scale, Size

Area = tuple[int, int, int, int]  # x, y, width, height
HUD_WH = (440, 285)  # of the whole HUD, in pixels of the layout
HUD_BRIEF_WH = (370, 138)  # of its names and rates alone
ROWS_MIN = 480  # a HUD is unreadable on fewer
WIDTH_MAX = 4096  # of a canvas that is larger than its frame: 20000x1 would take 14 GB at 480 rows
CARD_ROWS = (720, 1080)  # limits of a card: the classified image may be 28 pixels high
_MARGIN = 0.02
_LAYOUT_ROWS = 720
# Letters stop shrinking with the canvas at 620 rows, where 14 px have become 12 and the smallest
# 11. Only a HUD that is larger than the canvas makes them smaller.
_SCALE_ROWS_MIN = 620


def image_canvas_wh(frame_wh: Size, rows: int | None) -> tuple[int, int]:
    """Return the size of a canvas that shows a whole frame.

    rows: the requested height; None keeps that of the frame, but at least 480 rows unless it is
        so elongated that it would get wider than 4096.
    """
    width, height = frame_wh
    wanted = rows or max(height, ROWS_MIN)
    if wanted > height:
        wanted = min(wanted, max(height, WIDTH_MAX * height // width))
    if wanted == height:
        return frame_wh
    # Even, as it is resized anyway and video encoders require it.
    return max(2, 2 * round(width * wanted / height / 2)), wanted


def card_canvas_wh(frame_rows: int, rows: int | None) -> tuple[int, int]:
    """Return the size of a 16:9 canvas that shows a classified image and its answer.

    rows: the requested height; None keeps that of the frame, within `CARD_ROWS`.
    """
    wanted = rows or min(max(frame_rows, CARD_ROWS[0]), CARD_ROWS[1])
    return 2 * round(wanted * 8 / 9), wanted


def card_scale(size_wh: Size) -> Scale:
    """Return the scale of the panels of a card."""
    rows = min(size_wh[1], 0.75 * size_wh[0])  # as for other canvases
    return Scale(max(rows, min(_SCALE_ROWS_MIN, 1.35 * rows)) / _LAYOUT_ROWS)


def margin_px(size_wh: Size) -> int:
    """Return the margin around the panels of a canvas."""
    return round(_MARGIN * max(size_wh))


def panel_scale(size_wh: Size) -> Scale | None:
    """Return the scale of the panels of a canvas; None if they would be unreadable.

    Narrow canvases count as 4:3, so that a portrait does not get huge letters.
    """
    width, height = size_wh
    rows = max(min(height, 0.75 * width), _SCALE_ROWS_MIN)
    margins = 2 * margin_px(size_wh)
    fitting = min((width - margins) / HUD_WH[0], (height - margins) / HUD_WH[1])
    factor = min(rows / _LAYOUT_ROWS, fitting)
    return Scale(factor) if factor >= SCALE_MIN else None


def centred(panel: Panel, area: Area) -> tuple[int, int]:
    """Return the corner of a panel in the middle of an area."""
    x, y, width, height = area
    return x + (width - panel.size_wh[0]) // 2, y + (height - panel.size_wh[1]) // 2


def letterbox(image_wh: Size, area: Area) -> Area:
    """Return the largest area of the shape of an image, in the middle of another."""
    x, y, width, height = area
    ratio = min(width / image_wh[0], height / image_wh[1])
    inner_wh = max(1, int(image_wh[0] * ratio)), max(1, int(image_wh[1] * ratio))
    return x + (width - inner_wh[0]) // 2, y + (height - inner_wh[1]) // 2, *inner_wh


def image_area(image_wh: Size, size_wh: Size) -> Area:
    """Return the area of an image on a canvas: all of it if their shapes differ by rounding."""
    area = letterbox(image_wh, (0, 0, *size_wh))
    bars = size_wh[0] - area[2] + size_wh[1] - area[3]
    return (0, 0, *size_wh) if bars <= 2 else area


def side_by_side(image_wh: Size, area: Area, gap: int) -> tuple[Area, Area]:
    """Return two areas of the shape of an image, beside each other in another."""
    x, y, width, height = area
    half_px = max(1, (width - gap) // 2)
    # Both are computed from one, so that their sizes are equal to the pixel.
    left, top, *inner_wh = letterbox(image_wh, (x, y, half_px, height))
    # In low areas the images move together instead of leaving a space between them.
    inward = min(left - x, (half_px - inner_wh[0]) // 2)
    right = left + half_px + gap - inward
    return (left + inward, top, *inner_wh), (right, top, *inner_wh)  # type: ignore[return-value]

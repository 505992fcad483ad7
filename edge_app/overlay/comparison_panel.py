"""Draw what is said of two variants: their chips, how alike they are, and in which classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_app.fonts import BOLD, REGULAR, face, fit, shorten, text_px
from edge_app.frame import Comparison, Status
from edge_app.labels import LabelSet
from edge_app.overlay.difference import Scheme
from edge_app.overlay.legend import draw_swatch
from edge_app.overlay.panel import FAINT, INK, SOFT, Panel, Sheet
from edge_app.quality import Quality
from edge_app.style import fraction, percent, spaced

_DARK = "#0B0E11"
_TRACK = "#3B444E"
_ROWS = 3  # of classes, or of kinds of difference, beside the large figure


@dataclass(frozen=True, slots=True)
class VariantPair:
    """Hold what panels say of two variants.

    names, colours, mious: of the first variant and of the second; an mIoU is None if unknown.
    alike: share of pixels on which both agree, 0 to 1.
    """

    names: tuple[str, str]
    colours: tuple[str, str]
    mious: tuple[float | None, float | None]
    alike: float


def pair_of(status: Status, comparison: Comparison, chosen: Scheme) -> VariantPair:
    """Put a comparison with the variant of a status into the words of its panels."""

    def miou(quality: Quality | None) -> float | None:
        return None if quality is None else quality.miou

    return VariantPair(
        names=(spaced(status.variant), spaced(comparison.variant)),
        colours=(chosen.colours[0], chosen.colours[1]),
        mious=(miou(status.quality), miou(comparison.quality)),
        alike=comparison.agreement,
    )


def draw_chip(name: str, colour: str, miou: float | None, unit: float, room_px: int) -> Panel:
    """Draw a variant's name and score on its colour."""

    def px(length: float) -> int:
        return round(length * unit)

    edge, gap = px(14), px(12)
    note, note_font = f"mIoU {fraction(miou)}", face(REGULAR, px(17))
    note_px = gap + text_px(note, note_font) if miou is not None else 0
    room = room_px - 2 * edge
    text, font = fit(name, BOLD, (px(22), px(13)), max(1, room - note_px))
    if note_px > room // 2:
        note_px, (text, font) = 0, fit(name, BOLD, (px(22), px(13)), max(1, room))
    width = 2 * edge + text_px(text, font) + note_px
    sheet = Sheet((width, px(40)), px(10), opacity=1.0)
    sheet.box((0, 0), sheet.size_wh, colour, px(10))
    sheet.text((edge, px(20)), text, font, _DARK, anchor="lm")
    if note_px:
        sheet.text((width - edge, px(20)), note, note_font, _DARK, anchor="rm")
    return sheet.finish()


def draw_alike(
    pair: VariantPair,
    classes: Sequence[tuple[str, float]],
    labels: LabelSet,
    unit: float,
    room_px: int,
) -> Panel:
    """Draw the agreement large, and the least agreeing classes beside it where they fit.

    classes: (name, share alike), the least alike first.
    """
    rows = list(classes[:_ROWS])
    swatches = [colour_of(name, labels) for name, _ in rows]
    return _board(pair, list(zip(swatches, rows, strict=True)), "least alike", unit, room_px)


def draw_key(pair: VariantPair, chosen: Scheme, unit: float, room_px: int) -> Panel:
    """Draw the agreement large, and what the colours of a difference mean beside it."""
    kinds: list[tuple[str, tuple[str, float | None]]] = []
    if chosen.knows_objects:
        kinds = [
            (colour, (f"object only in {name}", None))
            for colour, name in zip(pair.colours, pair.names, strict=True)
        ]
    other = "other classes" if kinds else "not the same class"
    kinds.append((chosen.colours[2], (other, None)))
    return _board(pair, kinds, "where they differ", unit, room_px)


def _board(
    pair: VariantPair,
    rows: Sequence[tuple[str, tuple[str, float | None]]],
    head: str,
    unit: float,
    room_px: int,
) -> Panel:
    """Draw the agreement, and rows of (colour, (words, share or None)) right of it."""

    def px(length: float) -> int:
        return round(length * unit)

    pad, swatch, pitch = px(20), px(17), px(26)
    large, note = face(BOLD, px(40)), face(REGULAR, px(17))
    figure = percent(pair.alike)
    left_px = max(text_px("100.0 %", large), text_px("alike", note))
    font, bold = face(REGULAR, px(17)), face(BOLD, px(17))
    name_px = max((text_px(text, font) for _, (text, _) in rows), default=0)
    share_px = text_px("100.0 %", bold) if any(share is not None for _, (_, share) in rows) else 0
    right_px = swatch + px(10) + name_px + (share_px + px(18) if share_px else 0)
    right_px = max(px(230), right_px)
    shown = bool(rows) and 2 * pad + left_px + px(34) + right_px <= room_px
    width = 2 * pad + left_px + (px(34) + right_px if shown else 0)
    sheet = Sheet((width, px(122)), px(14))
    sheet.text((pad + left_px // 2, px(66)), figure, large, INK, anchor="ms")
    sheet.text((pad + left_px // 2, px(94)), "alike", note, SOFT, anchor="ms")
    if not shown:
        return sheet.finish()
    left, right = pad + left_px + px(34), width - pad
    sheet.box((left - px(17), px(20)), (max(1, px(1)), px(82)), "#5A6673", 0)
    sheet.text((left, px(27)), head, face(REGULAR, px(14)), FAINT)
    for i, (colour, (text, share)) in enumerate(rows):
        middle = px(46) + i * pitch
        draw_swatch(sheet, (left, middle - swatch // 2), swatch, colour, unit)
        sheet.text((left + swatch + px(10), middle), text, font, INK, anchor="lm")
        if share is not None:
            sheet.text((right, middle), percent(share), bold, INK, anchor="rm")
    return sheet.finish()


def draw_classes(
    shown: Sequence[tuple[str, float]], labels: LabelSet, unit: float, room_wh: tuple[int, int]
) -> Panel | None:
    """List how alike each class is, as many as the room holds; None where none fits.

    shown: (name, share alike) in the order of the list.
    """

    def px(length: float) -> int:
        return round(length * unit)

    pad, swatch, pitch, head = px(14), px(17), px(27), px(30)
    font, figures = face(REGULAR, px(16)), face(REGULAR, px(15))
    name_px = min(max(text_px(name, font) for name in labels.names), px(150))
    bar_px, share_px = px(64), text_px("100.0 %", figures)
    left = pad + swatch + px(10)
    width = left + name_px + px(10) + bar_px + px(8) + share_px + pad
    lines = min(len(shown), (room_wh[1] - pad - head - px(6)) // max(1, pitch))
    if lines <= 0 or width > room_wh[0]:
        return None
    sheet = Sheet((width, head + lines * pitch + pad), px(12))
    sheet.text((pad, px(25)), "alike, class by class", face(REGULAR, px(14)), FAINT)
    for i, (name, share) in enumerate(shown[:lines]):
        middle = head + px(18) + i * pitch
        draw_swatch(sheet, (pad, middle - swatch // 2), swatch, colour_of(name, labels), unit)
        sheet.text((left, middle), shorten(name, font, name_px), font, INK, anchor="lm")
        bar = (left + name_px + px(10), middle - px(5))
        sheet.box(bar, (bar_px, px(10)), _TRACK, px(3))
        sheet.box(bar, (round(bar_px * share), px(10)), SOFT, px(3))
        sheet.text((width - pad, middle), percent(share), figures, SOFT, anchor="rm")
    return sheet.finish()


def colour_of(name: str, labels: LabelSet) -> str:
    """Return the colour of a class by its name as #RRGGBB; gray for one that is not known."""
    for label in labels.classes:
        if label.name == name:
            red, green, blue = label.colour_rgb
            return f"#{red:02X}{green:02X}{blue:02X}"
    return "#8C96A1"

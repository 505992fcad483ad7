"""Panels that compare two variants: their chips, their agreement, and that of each class."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from edge_app.fonts import BOLD, REGULAR, face, fit, shorten, text_px
from edge_app.frame import Comparison, Status
from edge_app.labels import LabelSet
from edge_app.overlay.class_memory import LOWEST_FROM
from edge_app.overlay.difference import DifferenceScheme
from edge_app.overlay.legend import draw_swatch, hex_colour
from edge_app.overlay.panel import DARK, FAINT, INK, SOFT, TRACK, Panel, Scale, Sheet, Size
from edge_app.quality import Quality
from edge_app.style import miou_text, percent

_Row = tuple[str, str, float | None]  # colour, text, share if there is one


@dataclass(frozen=True, slots=True)
class VariantChip:
    """The name of a variant, its colour, and its scores if known."""

    name: str
    colour: str
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class VariantPair:
    """The variant of a status and the one it is compared with.

    classes: (name, share of pixels on which both agree, of the last seconds); if space is short,
        the first are shown.
    lowest: names of those beside the large figure, which are drawn with the worst first.
    """

    status: Status
    comparison: Comparison
    classes: Sequence[tuple[str, float]]
    lowest: Collection[str]
    labels: LabelSet
    scheme: DifferenceScheme

    @property
    def chips(self) -> tuple[VariantChip, VariantChip]:
        """The chips of both, with their scores on the same frames."""
        first, second = self.status, self.comparison
        name = second.name_of_first(first.variant)
        return (
            VariantChip(name, self.scheme.colours[0], second.first_quality),
            VariantChip(second.name, self.scheme.colours[1], second.quality),
        )


def draw_variant_chip(chip: VariantChip, scale: Scale, max_px: int) -> Panel:
    """Draw the name and the score of a variant on its colour."""
    px = scale.px
    edge, gap = px(14), px(12)
    miou = chip.quality.miou if chip.quality else None
    note, note_font = miou_text(miou), face(REGULAR, px(17))
    note_px = gap + text_px(note, note_font) if miou is not None else 0
    inner_px = max_px - 2 * edge
    text, font = fit(chip.name, BOLD, (px(22), px(13)), max(1, inner_px - note_px))
    if note_px > inner_px // 2:
        note_px, (text, font) = 0, fit(chip.name, BOLD, (px(22), px(13)), max(1, inner_px))
    width = 2 * edge + text_px(text, font) + note_px
    sheet = Sheet((width, px(40)), px(10), opacity=1.0)
    sheet.box((0, 0), sheet.size_wh, chip.colour, px(10))
    sheet.text((edge, px(20)), text, font, DARK, anchor="lm")
    if note_px:
        sheet.text((width - edge, px(20)), note, note_font, DARK, anchor="rm")
    return sheet.finish()


def draw_agreement(pair: VariantPair, scale: Scale, max_px: int) -> Panel:
    """Draw the agreement large, with the classes that agree least beside it if they fit."""
    rows = [
        (class_colour(name, pair.labels), name, share)
        for name, share in sorted(pair.classes, key=lambda entry: entry[1])
        if name in pair.lowest
    ]
    heading = f"lowest agreement, of classes from {LOWEST_FROM:.0%} of the image"
    return _draw_summary(pair, rows, heading.replace("%", " %"), scale, max_px)


def draw_difference_key(pair: VariantPair, scale: Scale, max_px: int) -> Panel:
    """Draw the agreement large, with the meaning of the colours of a difference beside it."""
    rows: list[_Row] = []
    if pair.scheme.objects.any():
        rows += [(chip.colour, f"object only in {chip.name}", None) for chip in pair.chips]
    other = "other classes" if rows else "not the same class"
    rows.append((pair.scheme.colours[2], other, None))
    return _draw_summary(pair, rows, "where they differ", scale, max_px)


def _draw_summary(
    pair: VariantPair, rows: Sequence[_Row], heading: str, scale: Scale, max_px: int
) -> Panel:
    """Draw the agreement, and rows under a heading right of it if they fit."""
    px = scale.px
    pad, swatch, pitch = px(20), px(17), px(26)
    large, note = face(BOLD, px(40)), face(REGULAR, px(17))
    figure = percent(pair.comparison.agreement)
    left_px = max(text_px("100.0 %", large), text_px("agreement", note))
    bold = face(BOLD, px(17))
    name_px = max((text_px(text, note) for _, text, _ in rows), default=0)
    share_px = text_px("100.0 %", bold) if any(share is not None for *_, share in rows) else 0
    right_px = swatch + px(10) + name_px + (share_px + px(18) if share_px else 0)
    right_px = max(px(230), right_px, text_px(heading, face(REGULAR, px(14))))
    fits = bool(rows) and 2 * pad + left_px + px(34) + right_px <= max_px
    width = 2 * pad + left_px + (px(34) + right_px if fits else 0)
    sheet = Sheet((width, px(122)), px(14))
    sheet.text((pad + left_px // 2, px(66)), figure, large, INK, anchor="ms")
    sheet.text((pad + left_px // 2, px(94)), "agreement", note, SOFT, anchor="ms")
    if not fits:
        return sheet.finish()
    left, right = pad + left_px + px(34), width - pad
    sheet.box((left - px(17), px(20)), (max(1, px(1)), px(82)), "#5A6673", 0)
    sheet.text((left, px(27)), heading, face(REGULAR, px(14)), FAINT)
    for i, (colour, text, share) in enumerate(rows):
        middle = px(46) + i * pitch
        draw_swatch(sheet, (left, middle - swatch // 2), swatch, colour, scale)
        sheet.text((left + swatch + px(10), middle), text, note, INK, anchor="lm")
        if share is not None:
            sheet.text((right, middle), percent(share), bold, INK, anchor="rm")
    return sheet.finish()


def draw_class_agreement(pair: VariantPair, scale: Scale, max_wh: Size) -> Panel | None:
    """Draw the agreement of each class in label order, as many as fit; None if none does."""
    labels = pair.labels
    px = scale.px
    pad, swatch, pitch, top = px(14), px(17), px(27), px(30)
    font, figures = face(REGULAR, px(16)), face(REGULAR, px(15))
    name_px = min(max(text_px(name, font) for name in labels.names), px(150))
    bar_px, share_px = px(64), text_px("100.0 %", figures)
    left = pad + swatch + px(10)
    width = left + name_px + px(10) + bar_px + px(8) + share_px + pad
    lines = min(len(pair.classes), (max_wh[1] - pad - top - px(6)) // max(1, pitch))
    if lines <= 0 or width > max_wh[0]:
        return None
    sheet = Sheet((width, top + lines * pitch + pad), px(12))
    sheet.text((pad, px(25)), "agreement by class", face(REGULAR, px(14)), FAINT)
    for i, (name, share) in enumerate(_in_label_order(pair.classes[:lines], labels)):
        middle = top + px(18) + i * pitch
        draw_swatch(sheet, (pad, middle - swatch // 2), swatch, class_colour(name, labels), scale)
        sheet.text((left, middle), shorten(name, font, name_px), font, INK, anchor="lm")
        bar = (left + name_px + px(10), middle - px(5))
        sheet.box(bar, (bar_px, px(10)), TRACK, px(3))
        sheet.box(bar, (round(bar_px * share), px(10)), SOFT, px(3))
        sheet.text((width - pad, middle), percent(share), figures, SOFT, anchor="rm")
    return sheet.finish()


def _in_label_order(
    classes: Sequence[tuple[str, float]], labels: LabelSet
) -> list[tuple[str, float]]:
    """Return (name, share) of classes as a label set lists them."""
    shares = dict(classes)
    return [(name, shares[name]) for name in labels.names if name in shares]


def class_colour(name: str, labels: LabelSet) -> str:
    """Return the colour of a class by its name, as #RRGGBB; gray if there is no such class."""
    found = (label for label in labels.classes if label.name == name)
    return next(map(hex_colour, found), "#8C96A1")

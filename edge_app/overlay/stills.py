"""Finished images of two compared variants, for demonstrations and pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge_app.controls import Controls
from edge_app.frame import Comparison, Image, Segmentation, Status
from edge_app.labels import LabelSet
from edge_app.overlay.board_layout import letterbox
from edge_app.overlay.class_memory import ClassAgreement, ClassesInView
from edge_app.overlay.comparison_panel import VariantPair
from edge_app.overlay.compose import draw_over
from edge_app.overlay.difference import difference_scheme
from edge_app.overlay.mask import class_shares
from edge_app.overlay.panel import Size
from edge_app.overlay.scene import ScenePainter, background
from edge_app.overlay.street_panels import NO_HALVES, StreetContent, layout_panels

SIZE_WH = (1280, 720)


@dataclass(frozen=True, slots=True)
class ComparedFrame:
    """A frame, what two variants answer, and how the still of them is drawn.

    image: uint8 (h, w, 3) BGR, not changed.
    variant: name of the first variant.
    edges: one of `mask.EDGES`. size_wh: of the still.
    """

    image: Image
    first: Segmentation
    second: Comparison
    labels: LabelSet
    variant: str
    edges: str = "auto"
    size_wh: Size = SIZE_WH


def split_image(compared: ComparedFrame, divider: float = 0.5) -> Image:
    """Return the first variant left of a divider and the second right of it, with their names.

    divider: share of the width of the image, 0 to 1.
    The whole image is shown on a canvas, uint8 (H, W, 3) BGR.
    """
    return _draw_still(compared, Controls(compare="split", divider=divider))


def difference_image(compared: ComparedFrame) -> Image:
    """Return the dimmed image with marks where two variants disagree, as `split_image` does."""
    return _draw_still(compared, Controls(compare="difference"))


def _draw_still(compared: ComparedFrame, controls: Controls) -> Image:
    """Draw the scene as large as it fits, and the panels of the live view over the canvas."""
    image, first, second, labels = compared.image, compared.first, compared.second, compared.labels
    size_wh, frame_wh = compared.size_wh, (image.shape[1], image.shape[0])
    x, y, width, height = letterbox(frame_wh, (0, 0, *size_wh))
    scheme = difference_scheme(labels, compared.variant, second.name)
    scene = ScenePainter(labels, compared.edges).paint(
        image, (width, height), first, controls, second, scheme, NO_HALVES
    )
    canvas = background(size_wh)
    canvas[y : y + height, x : x + width] = scene
    status = Status("segmentation", "", compared.variant, 0, "", 0, "")
    number = len(labels.classes)
    shares = class_shares(first.class_map, number)
    legend = ClassesInView(labels.palette_bgr()).update(shares, 0.0)
    per_class = dict(second.per_class)
    largest = np.maximum(shares, class_shares(second.result.class_map, number))
    area = {name: float(largest[labels.names.index(name)]) for name in per_class}
    classes, lowest = ClassAgreement().update(per_class, area, 0.0)
    pair = VariantPair(status, second, classes, lowest, labels, scheme)
    content = StreetContent(size_wh, frame_wh, status, controls, labels, legend, pair)
    layout = layout_panels(content, (x, y, width, height), detail=0, hints=False)
    draw_over(canvas, layout.placed, status, controls)
    return canvas

"""Make finished pictures of two variants compared, for demonstrations and pages."""

from __future__ import annotations

import cv2
import numpy as np

from edge_app.controls import Controls
from edge_app.frame import Comparison, Image, Segmentation, Status
from edge_app.labels import LabelSet
from edge_app.overlay.arrange import PanelContent, layout_panels
from edge_app.overlay.board_layout import letterbox, unit_of
from edge_app.overlay.comparison_panel import pair_of
from edge_app.overlay.difference import scheme
from edge_app.overlay.legend import in_view
from edge_app.overlay.mask import shares
from edge_app.overlay.panel import blit
from edge_app.overlay.scene import GROUND_BGR, Scene
from edge_app.quality import Quality

SIZE_WH = (1280, 720)


def split_picture(
    image: Image,
    first: Segmentation,
    second: Comparison,
    labels: LabelSet,
    variant: str,
    *,
    quality: Quality | None = None,
    divider: float = 0.5,
    edges: str = "auto",
    size_wh: tuple[int, int] = SIZE_WH,
) -> Image:
    """Return the first variant left of a divider and the second right of it, with their names.

    image: uint8 (h, w, 3) BGR, left as it is; shown whole on a canvas, uint8 (H, W, 3) BGR.
    variant: the name of the first; quality: its score, where it is known.
    divider: share of the picture's width, 0 to 1. edges: one of `mask.EDGES`.
    """
    controls = Controls(compare="split", divider=divider)
    return _still(image, first, second, labels, variant, quality, controls, edges, size_wh)


def difference_picture(
    image: Image,
    first: Segmentation,
    second: Comparison,
    labels: LabelSet,
    variant: str,
    *,
    quality: Quality | None = None,
    edges: str = "auto",
    size_wh: tuple[int, int] = SIZE_WH,
) -> Image:
    """Return the dimmed picture with the pixels marked on which two variants disagree.

    All as in `split_picture`.
    """
    controls = Controls(compare="difference")
    return _still(image, first, second, labels, variant, quality, controls, edges, size_wh)


def _still(
    image: Image,
    first: Segmentation,
    second: Comparison,
    labels: LabelSet,
    variant: str,
    quality: Quality | None,
    controls: Controls,
    edges: str,
    size_wh: tuple[int, int],
) -> Image:
    """Paint the scene as large as it fits, and lay the live view's panels over the canvas."""
    frame_wh = (image.shape[1], image.shape[0])
    x, y, width, height = letterbox(frame_wh, (0, 0, *size_wh))
    chosen = scheme(labels, variant, second.variant)
    nowhere = ((0, 0, 1, 1), (0, 0, 1, 1))
    scene = Scene(labels, edges).paint(
        image, (width, height), first, controls, second, chosen, nowhere
    )
    canvas = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    cv2.rectangle(canvas, (0, 0), size_wh, GROUND_BGR, cv2.FILLED)
    canvas[y : y + height, x : x + width] = scene
    unit = unit_of(size_wh)
    if unit is None:
        return canvas
    status = Status("segmentation", "", variant, 0, "", 0, "", quality=quality)
    share = in_view(shares(first.class_map, len(labels.classes)), labels.palette_bgr())
    told = PanelContent(
        status,
        # The divider's place on the canvas, of which the picture may be a part.
        Controls(compare=controls.compare, divider=(x + controls.divider * width) / size_wh[0]),
        sorted(share, key=lambda i: -share[i]),
        pair_of(status, second, chosen),
        sorted(second.per_class, key=lambda entry: entry[1]),
        chosen,
    )
    placed, _, _ = layout_panels(told, labels, size_wh, frame_wh, unit, 0, hints=False)
    for each in placed:
        blit(canvas, each.panel, each.xy)
    return canvas

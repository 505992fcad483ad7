"""Compare what two variants say of the same frame."""

from __future__ import annotations

import cv2
import numpy as np

from edge_app.frame import Comparison, Segmentation
from edge_app.labels import LabelSet
from edge_app.model.engine import EngineKey
from edge_app.quality import ConfusionMatrix


def partner(key: EngineKey) -> EngineKey | None:
    """Name what a variant is compared with: float32, and float32 itself with int8.

    None for a model without that variant, and for a classifier, whose answers have no pixels.
    """
    spec = key.spec
    name = "float32" if key.variant != "float32" else "int8"
    if name not in spec.variants or spec.task != "segmentation":
        return None
    return EngineKey(spec, name, key.threads)


def compare(
    first: Segmentation, second: Segmentation, variant: str, labels: LabelSet
) -> Comparison:
    """Say on which pixels two class maps agree; the second one's size is brought to the first's.

    variant: the name of the second. A pixel that either names void agrees where both do.
    """
    one, other = first.class_map, second.class_map
    if one.shape != other.shape:
        height, width = one.shape
        resized = cv2.resize(other, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        other = np.asarray(resized, np.uint8)
    # Rows and columns of this matrix are the two variants: its IoU of a class is the share of
    # the pixels that either gives the class on which both do.
    matrix = ConfusionMatrix(len(labels.classes))
    matrix.add(one, other)
    shares = matrix.iou()
    equal = float(np.count_nonzero(one == other)) / max(1, one.size)
    in_view = [index for index, share in enumerate(shares) if not np.isnan(share)]
    per_class = tuple((labels.names[index], float(shares[index])) for index in in_view)
    return Comparison(variant, second, equal, per_class)

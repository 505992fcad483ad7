"""Agreement of two variants on the same frame."""

from __future__ import annotations

import cv2
import numpy as np

from edge_app.frame import Comparison, Segmentation
from edge_app.labels import LabelSet
from edge_app.model.answer_check import answers_are_finite
from edge_app.model.engine import EngineKey
from edge_app.quality import ConfusionMatrix


def partner(key: EngineKey) -> EngineKey | None:
    """Return the engine to compare one with: float32, and int8 for float32 itself.

    None for a model without that variant, and for a classifier, whose results have no pixels.
    """
    spec = key.spec
    name = "float32" if key.variant != "float32" else "int8"
    if name not in spec.variants or spec.task != "segmentation":
        return None
    return EngineKey(spec, name, key.threads)


def compare(
    first: Segmentation,
    second: Segmentation,
    variant: str,
    labels: LabelSet,
    models: tuple[str, str] | None = None,
) -> Comparison:
    """Return the share of pixels on which two class maps agree.

    second: resized to the first. variant: its name. models: as `Comparison` has them.
    A void pixel agrees only with void, and maps whose scores are NaN agree on nothing.
    """
    if not (answers_are_finite(first.logits) and answers_are_finite(second.logits)):
        return Comparison(variant, second, 0.0, models=models)
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
    return Comparison(variant, second, equal, per_class, models=models)

"""Scores of class maps and class ids against truth: exact, and summable over frames."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

Share = Annotated[float, Meta(ge=0, le=1)]


class Quality(Struct, frozen=True):
    """Scores so far, as they are shown, logged and written; those of the other task are None.

    per_class: IoU by class in label order, None for a class in neither truth nor predictions; of a
        classifier the recall, None for a class without truth.
    """

    frames: int = 0
    pixel_accuracy: Share | None = None
    miou: Share | None = None
    per_class: dict[str, Share | None] = {}
    top1: Share | None = None


class ConfusionMatrix:
    """Counts of truth (rows) against prediction (columns) for `n` classes: int64 (n, n).

    The sum of two matrices is the matrix of both sets of frames, to the last count.
    missed: int64 (n,), predictions of void or of an id above n - 1, by their truth.
    """

    def __init__(self, n: int) -> None:
        self.counts: NDArray[np.int64] = np.zeros((n, n), np.int64)
        self.missed: NDArray[np.int64] = np.zeros(n, np.int64)

    def add(self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count one frame: trainIds, uint8 (H, W) both. Raises ValueError if the shapes differ.

        Void (255) and other ids above n - 1 are not scored in truth, and misses in predictions,
        as in cityscapesScripts.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth is {truth.shape}, prediction {prediction.shape}")
        n = len(self.counts)
        scored = truth < n
        rows, columns = truth[scored], prediction[scored]
        named = columns < n
        if not named.all():
            self.missed += np.bincount(rows[~named], minlength=n)
            rows, columns = rows[named], columns[named]
        # Two bytes hold a pair of up to 255 classes; a wider temporary would cost more memory.
        pairs = rows.astype(np.min_scalar_type(n * n)) * n + columns
        self.counts += np.bincount(pairs, minlength=n * n).reshape(n, n)

    def add_one(self, truth: int, prediction: int, times: int = 1) -> None:
        """Count a classified frame, or several with the same ids, by the same rules."""
        n = len(self.counts)
        if 0 <= truth < n and 0 <= prediction < n:
            self.counts[truth, prediction] += times
        elif 0 <= truth < n:
            self.missed[truth] += times

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        total = ConfusionMatrix(len(self.counts))
        total.counts = self.counts + other.counts
        total.missed = self.missed + other.missed
        return total

    @property
    def accuracy(self) -> float:
        """The share of scored pixels (or frames) that are right; NaN if none was scored."""
        total = int(self.counts.sum()) + int(self.missed.sum())
        return int(np.trace(self.counts)) / total if total else float("nan")

    def iou(self) -> NDArray[np.float64]:
        """Return the intersection over union of each class: float64 (n,).

        Source: cityscapesScripts evalPixelLevelSemanticLabeling, getIouScoreForLabel. Void
        truth does not count; a class in neither truth nor prediction is NaN, and a class that is
        only predicted scores 0.
        """
        hit = np.diag(self.counts).astype(np.float64)
        union = self.counts.sum(0) + self.counts.sum(1) + self.missed - hit
        return _shares(hit, union)

    def recall(self) -> NDArray[np.float64]:
        """Return the share of each class's truth that is right: float64 (n,), NaN without truth."""
        return _shares(np.diag(self.counts), self.counts.sum(1) + self.missed)

    def miou(self) -> float:
        """Return the mean IoU of the classes that are not NaN; NaN if all are."""
        iou = self.iou()
        known = iou[~np.isnan(iou)]
        return float(known.mean()) if known.size else float("nan")


def _shares(parts: NDArray[Any], wholes: NDArray[Any]) -> NDArray[np.float64]:
    """Return parts / wholes, NaN where the whole is 0: float64 (n,)."""
    shares = np.full(len(wholes), np.nan)
    np.divide(parts, wholes, out=shares, where=wholes > 0)
    return shares


def agreement(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the share of equal pixels of two class maps: (H, W) each, same shape."""
    if first.shape != second.shape:
        raise ValueError(f"class maps differ in shape: {first.shape} and {second.shape}")
    return float(np.count_nonzero(first == second)) / first.size


def map_classes(class_map: NDArray[np.uint8], table: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """Return a class map translated by a table of `label_fit.LabelFit`: uint8 (H, W) both."""
    return class_map if table is None else table[class_map]

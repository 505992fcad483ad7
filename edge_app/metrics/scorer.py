"""Scores of results against the truth of their frames."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Frame, Result, Segmentation
from edge_app.label_fit import fit_labels
from edge_app.labels import VOID, LabelSet
from edge_app.model.decode import classes_at
from edge_app.quality import ConfusionMatrix, Quality, map_classes

# How many classified frames are counted together.
_BATCH = 256


class Scorer:
    """Score of a run so far; frames without truth are skipped.

    truth_labels: label set of the truth, None without truth. Predicted classes are mapped to
        it as `fit_labels` says. Raises UsageError if the two do not correspond.
    """

    def __init__(self, labels: LabelSet, truth_labels: str | None) -> None:
        self._fit = fit_labels(labels, truth_labels)
        self._count = len(self._fit.labels.classes)
        self._matrix = ConfusionMatrix(self._count)
        self.frames = 0
        self._task = ""
        self._classified: list[tuple[int, int]] = []

    def add(self, frame: Frame, result: Result) -> ConfusionMatrix | None:
        """Score one frame at the size of its truth.

        Returns the counts of a class map; None for a class, and for a frame without truth.
        Raises SourceError if the truth is of another kind, UsageError for a class of it that the
        model does not have.
        """
        truth = frame.truth
        if truth is None:
            return None
        if not isinstance(result, Segmentation):
            if not isinstance(truth, int):
                raise SourceError(
                    f"{frame.name}: the model names one class, the truth is a class map; "
                    "choose a segmentation model or class labels"
                )
            if truth >= self._count:
                raise self._fit.unknown_id(truth, frame.name)
            # No reading, or several, is a miss: the truth is one digit.
            class_id = -1 if result.class_id is None else result.class_id
            self._classified.append((truth, class_id))
            if len(self._classified) >= _BATCH:
                self._count_classified()
        else:
            if isinstance(truth, int):
                raise SourceError(
                    f"{frame.name}: the model gives a class map, the truth is one class; "
                    "choose a classification model or truth images"
                )
            if self._fit.own_ids:
                highest = int(truth[truth != VOID].max(initial=0))
                if highest >= self._count:
                    raise self._fit.unknown_id(highest, frame.name)
                if self._count == 2 and not highest and VOID in truth and not truth.all():
                    raise UsageError(
                        f"{frame.name}: its truth has only 0 and {VOID}, and {VOID} is not scored; "
                        "write 1 for the object"
                    )
            height, width = truth.shape
            counts = ConfusionMatrix(self._count)
            counts.add(truth, map_classes(classes_at(result, (width, height)), self._fit.table))
            self.add_counts(counts)
            return counts
        self.frames += 1
        return None

    def add_counts(self, counts: ConfusionMatrix) -> None:
        """Score one frame that another scorer of the same labels has counted."""
        self._matrix += counts
        self._task = "segmentation"
        self.frames += 1

    def _count_classified(self) -> None:
        """Count many classes at once: one NumPy call for each costs more than a small network."""
        if self._classified:
            self._task = "classification"
        for (truth, class_id), times in Counter(self._classified).items():
            self._matrix.add_one(truth, class_id, times)
        self._classified.clear()

    @property
    def matrix(self) -> ConfusionMatrix:
        """The counts so far."""
        self._count_classified()
        return self._matrix

    def quality(self) -> Quality | None:
        """Return the score so far, or None before the first frame with truth."""
        if not self.frames:
            return None
        return quality_of(self.matrix, self.frames, self._task, self._fit.labels.names)


def quality_of(matrix: ConfusionMatrix, frames: int, task: str, names: Sequence[str]) -> Quality:
    """Return the scores of a confusion matrix.

    frames: how many it counts. names: of its classes, in their order.
    """
    accuracy = _known(matrix.accuracy)
    if task == "classification":
        recall = map(_known, matrix.recall().tolist())
        return Quality(frames, top1=accuracy, per_class=dict(zip(names, recall, strict=True)))
    iou = map(_known, matrix.iou().tolist())
    return Quality(
        frames,
        pixel_accuracy=accuracy,
        miou=_known(matrix.miou()),
        per_class=dict(zip(names, iou, strict=True)),
    )


def _known(score: float) -> float | None:
    return None if math.isnan(score) else score

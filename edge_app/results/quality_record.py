"""Scores against truth, as every result file has them."""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta, Struct

from edge_app.quality import Quality

Share = Annotated[float, Meta(ge=0, le=1)]


class QualityRecord(Struct, frozen=True, kw_only=True):
    """Scores between 0 and 1; those of the other task are None.

    per_class: IoU by class, None for a class in neither truth nor answers; of a classifier the
        share of the class's truth that is right.
    """

    frames: int | None = None
    pixel_accuracy: Share | None = None
    miou: Share | None = None
    per_class: dict[str, Share | None] | None = None
    top1: Share | None = None

    @classmethod
    def of(cls, quality: Quality | None) -> QualityRecord | None:
        """Return a score as files have it, NaN as None; None for no score."""
        if quality is None:
            return None
        per_class = {name: None if math.isnan(iou) else iou for name, iou in quality.per_class}
        return cls(
            frames=quality.frames,
            pixel_accuracy=_finite(quality.pixel_accuracy),
            miou=_finite(quality.miou),
            per_class=per_class,
            top1=_finite(quality.top1),
        )

    def quality(self) -> Quality:
        """Return the score as views take it, None of a class as NaN."""
        per_class = (self.per_class or {}).items()
        return Quality(
            frames=self.frames or 0,
            pixel_accuracy=self.pixel_accuracy,
            miou=self.miou,
            per_class=tuple((name, math.nan if iou is None else iou) for name, iou in per_class),
            top1=self.top1,
        )


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value

"""Scoring a span of a data set with one engine, as every machine that takes part does."""

from __future__ import annotations

import math
from collections.abc import Callable

from edge_app.evaluate.dataset import ImageSet
from edge_app.evaluate.partial_counts import WORST, join_spans
from edge_app.frame import Classification, Decoded, Frame
from edge_app.metrics.scorer import Scorer
from edge_app.model.engine import Engine
from edge_app.quality import ConfusionMatrix
from edge_app.results.evaluation_result import PartialCounts, WorstFrame


def score_span(
    engine: Engine,
    images: ImageSet,
    start: int,
    stop: int,
    *,
    should_continue: Callable[[], bool] = lambda: True,
    on_frame: Callable[[], None] = lambda: None,
) -> PartialCounts:
    """Answer and score the frames from `start` to before `stop`.

    should_continue, on_frame: called after each frame; False ends the span after it, and the
        counts have the shorter span.
    Raises SourceError if images or truth cannot be read.
    """
    scorer = Scorer(engine.spec.labels, images.labels)
    damaged: list[str] = []
    worst: list[WorstFrame] = []
    reached = stop
    for position, frame in images.frames(start, stop, damaged):
        result = engine.predict(frame.image)
        accuracy = _accuracy(frame, result, scorer.add(frame, result))
        if accuracy is not None:
            worst = sorted((*worst, WorstFrame(accuracy, position, frame.name)))[:WORST]
        on_frame()
        if not should_continue():
            reached = position + 1
            break
    return PartialCounts(
        counts=scorer.matrix.counts,
        missed=scorer.matrix.missed,
        spans=join_spans([(start, reached)]),
        frames=scorer.frames,
        damaged=tuple(damaged),
        worst=tuple(worst),
    )


def _accuracy(frame: Frame, result: Decoded, counts: ConfusionMatrix | None) -> float | None:
    """Return how right a frame is; None for a right class, or if nothing was scored.

    counts: of a class map.
    """
    if isinstance(result, Classification):
        if result.class_id == frame.truth:
            return None
        return 1 - float(result.scores[result.class_id])
    accuracy = counts.accuracy if counts else math.nan
    return None if math.isnan(accuracy) else accuracy

"""Score a span of a data set with one engine: what every machine that takes part runs."""

from __future__ import annotations

from collections.abc import Callable

from edge_app.evaluate.dataset import ImageSet
from edge_app.evaluate.partial_counts import WORST, PartialCounts, Worst, joined
from edge_app.frame import Classification, Decoded, Frame
from edge_app.labels import label_set
from edge_app.metrics.scorer import Scorer
from edge_app.model.engine import Engine
from edge_app.quality import ConfusionMatrix


def score_span(
    engine: Engine,
    pictures: ImageSet,
    start: int,
    stop: int,
    *,
    going: Callable[[], bool] = lambda: True,
    tick: Callable[[], None] = lambda: None,
) -> PartialCounts:
    """Answer and score the frames from `start` to before `stop`.

    going: asked after each frame; False ends the span there, and the part says so.
    tick: called after each frame.
    Raises SourceError where pictures or truth cannot be read.
    """
    total = ConfusionMatrix(len(label_set(pictures.labels).classes))
    damaged: list[str] = []
    worst: list[Worst] = []
    frames, reached = 0, stop
    for position, frame in pictures.frames(start, stop, damaged):
        result = engine.predict(frame.image)
        scorer = Scorer(engine.spec.labels, pictures.labels)
        scorer.add(frame, result)
        total = total + scorer.matrix
        frames += scorer.frames
        if badly := _judged(position, frame, result, scorer):
            worst = sorted((*worst, badly))[:WORST]
        tick()
        if not going():
            reached = position + 1
            break
    return PartialCounts(total, joined([(start, reached)]), frames, tuple(damaged), tuple(worst))


def _judged(position: int, frame: Frame, result: Decoded, scorer: Scorer) -> Worst | None:
    """Return how right a frame is, None where there is nothing to see."""
    if isinstance(result, Classification):
        if result.class_id == frame.truth:
            return None
        return Worst(1 - float(result.scores[result.class_id]), position, frame.name)
    accuracy = scorer.matrix.accuracy
    # Nothing was scored on a frame of void alone: its accuracy is not a number.
    return Worst(accuracy, position, frame.name) if accuracy == accuracy else None

"""Small networks in groups of frames, in the calling thread.

A digit's network takes 20 us. Handing a frame to another thread takes five times as long, and so
does calling NumPy for each frame alone, so frames go through the stages in groups of 32.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence

from edge_app.frame import Frame, Result, Step
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import Engine, Inference
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.workers import FrameReader, Prediction

_SMALL_INPUT = 64 * 64 * 3
# Small enough for Ctrl-C and the first-level caches, large enough to spread NumPy's call costs.
GROUP = 32


def is_small(engine: Engine) -> bool:
    """Return whether passing a frame to another thread would cost more than the network."""
    return math.prod(engine.network.input.shape) <= _SMALL_INPUT


def run_inline(
    groups: Iterable[list[Frame]], pool: EnginePool, reader: FrameReader | None = None
) -> Generator[Prediction, None, None]:
    """Yield the predictions of groups of frames, one by one."""
    for group in groups:
        active, _ = pool.acquire()
        inferences = predict_group(group, active.engine, reader)
        for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(
            group, inferences, strict=True
        ):
            yield Prediction(frame, result, prepare_ms, invoke_ms, decode_ms, active.info)


def run_counted(
    groups: Iterable[list[Frame]],
    pool: EnginePool,
    stats: RunStats,
    reader: FrameReader | None = None,
) -> Generator[Step, None, None]:
    """Score and count groups of frames; yield the last step of each group."""
    for group in groups:
        active, _ = pool.acquire()
        inferences = list(predict_group(group, active.engine, reader))
        if active.info is not stats.info:
            stats.switch_to(active.info)
        timings = stats.add_group(group, inferences, time.monotonic())
        yield Step(group[-1], inferences[-1].result, timings, active.key.variant)


def predict_group(
    group: Sequence[Frame], engine: Engine, reader: FrameReader | None
) -> Iterable[Inference[Result]]:
    """Run a group of frames through one engine, together unless a reader takes one of them."""
    images = [frame.image for frame in group]
    if reader is not None and any(reader.reads(engine, image) for image in images):
        return (reader.timed(engine, image) for image in images)
    return engine.timed_all(images)

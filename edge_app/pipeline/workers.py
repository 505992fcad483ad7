"""Capture and inference in threads of their own, so that their work overlaps main's.

Decoding of frame n+1, the network on frame n and the drawing of frame n-1 overlap. A file waits,
so that every frame is seen; a live source keeps only its newest frame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from edge_app.channel import Channel
from edge_app.frame import Comparison, Frame, Image, Result, Segmentation
from edge_app.metrics.agreement import compare
from edge_app.model.engine import Engine, EngineInfo, Inference
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.sources.source import Source

_TICK_S = 0.03  # how long keys and window may wait for a slow network


class Prediction(NamedTuple):
    """Result of one frame, the engine that made it, and the milliseconds of each stage.

    comparison: result of the second engine, if two are compared.
    """

    frame: Frame
    result: Result
    prepare_ms: float
    invoke_ms: float
    decode_ms: float
    info: EngineInfo
    comparison: Comparison | None = None


class FrameReader(Protocol):
    """Alternative inference path for some frames (see `DigitReader`)."""

    def reads(self, engine: Engine, image: Image) -> bool:
        """Return whether an image takes the alternative path."""
        ...

    def timed(self, engine: Engine, image: Image) -> Inference[Result]:
        """Run any image as `Engine.timed` does."""
        ...


def predict(frame: Frame, pool: EnginePool, reader: FrameReader | None = None) -> Prediction:
    """Run a frame through the pool's engine, and its second one if two are compared."""
    active, second = pool.acquire()
    timed = partial(reader.timed, active.engine) if reader else active.engine.timed
    result, prepare_ms, invoke_ms, decode_ms = timed(frame.image)
    comparison = None
    # One after the other: on two cores, two networks at once took as long, and each of them
    # longer, so that the first one's times would have been wrong.
    if second is not None and isinstance(result, Segmentation):
        other, _, other_ms, _ = second.engine.timed(frame.image)
        if isinstance(other, Segmentation):
            models = active.key.model, second.key.model
            comparison = compare(
                result,
                other,
                second.key.variant,
                active.key.spec.labels,
                models if models[0] != models[1] else None,
            )
            comparison = replace(comparison, invoke_ms=other_ms)
    return Prediction(frame, result, prepare_ms, invoke_ms, decode_ms, active.info, comparison)


def run_threaded(
    frames: Iterator[Frame],
    source: Source,
    pool: EnginePool,
    stop: threading.Event,
    captured: Channel[Frame],
    *,
    reader: FrameReader | None = None,
    previews: bool = False,
) -> Generator[Prediction | Frame | None, None, None]:
    """Yield predictions in order, with newer frames in between, and None while nothing comes.

    captured: channel between capture and inference, which counts the frames it drops.
    previews: whether to yield newer frames of a live source.
    Raises what capture or inference raised, after the predictions made before it.
    """
    predicted: Channel[Prediction | Frame] = Channel(1)

    def capture() -> None:
        for frame in frames:
            if previews and source.live:
                predicted.offer_preview(frame)
            if not captured.put(frame):
                return

    def infer() -> None:
        for frame in captured.read(stop.is_set):
            if not predicted.put(predict(frame, pool, reader)):
                return

    workers = [_worker(capture, captured.finish), _worker(infer, predicted.finish)]
    for worker in workers:
        worker.start()
    try:
        yield from predicted.read_or_tick(stop.is_set, _TICK_S)
    finally:
        captured.close()
        predicted.close()
        if source.live:  # a camera that delivers nothing would block its reader forever
            source.close()
        for worker in workers:
            worker.join()


def _worker(
    work: Callable[[], None], finish: Callable[[BaseException | None], None]
) -> threading.Thread:
    """Return a thread that always reports its end, with the error that ended it if any."""

    def body() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # noqa: BLE001 - main raises it again
            error = caught
        finally:
            finish(error)

    return threading.Thread(target=body, name=work.__name__, daemon=True)

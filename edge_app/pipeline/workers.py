"""Run capture and network in threads of their own, so that their work overlaps main's.

Decoding of frame n+1, the network on frame n and the drawing of frame n-1 overlap. A file
waits, so that every frame is seen; a live source keeps only its newest frame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
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
    """Hold what was said of a frame, by which engine, and what each stage took in ms."""

    frame: Frame
    result: Result
    prepare_ms: float
    invoke_ms: float
    decode_ms: float
    info: EngineInfo
    comparison: Comparison | None = None


class FrameReader(Protocol):
    """Answer some pictures in another way than a whole, as `reading.Reader` does."""

    def reads(self, engine: Engine, image: Image) -> bool:
        """Tell whether a picture is one of them."""
        ...

    def timed(self, engine: Engine, image: Image) -> Inference[Result]:
        """Answer any picture, as `Engine.timed` does."""
        ...


def answer(frame: Frame, pool: EnginePool, reader: FrameReader | None = None) -> Prediction:
    """Let the pool's engine answer a frame, and its second one where two are compared."""
    active, second = pool.acquire()
    timed = partial(reader.timed, active.engine) if reader else active.engine.timed
    result, prepare_ms, invoke_ms, decode_ms = timed(frame.image)
    comparison = None
    # One after the other: on two cores, two networks at once took as long, and each of them
    # longer, so that the first one's times would have been wrong.
    if second is not None and isinstance(result, Segmentation):
        other = second.engine.timed(frame.image)[0]
        if isinstance(other, Segmentation):
            labels = active.key.spec.labels
            comparison = compare(result, other, second.key.variant, labels)
    return Prediction(frame, result, prepare_ms, invoke_ms, decode_ms, active.info, comparison)


def run_threaded(
    frames: Iterator[Frame],
    source: Source,
    pool: EnginePool,
    stop: threading.Event,
    watch_drops: Callable[[Callable[[], int]], None],
    *,
    reader: FrameReader | None = None,
    glances: bool = False,
) -> Iterator[Prediction | Frame | None]:
    """Yield the answers in order; between them frames that are newer, and None while none come.

    glances: whether newer frames are wanted, of a live source.
    """
    live = source.live
    # Two frames in hand keep a file's decoding ahead; a live source holds its newest.
    captured: Channel[Frame] = Channel(1 if live else 2, newest_only=live)
    answered: Channel[Prediction | Frame] = Channel(1)
    watch_drops(lambda: captured.dropped)

    def capture() -> None:
        for frame in frames:
            if glances:
                answered.show(frame)
            if not captured.put(frame):
                return

    def infer() -> None:
        for frame in captured.read(stop.is_set):
            if not answered.put(answer(frame, pool, reader)):
                return

    workers = [_worker(capture, captured.finish), _worker(infer, answered.finish)]
    for worker in workers:
        worker.start()
    try:
        yield from answered.read_or_tick(stop.is_set, _TICK_S)
    finally:
        captured.close()
        answered.close()
        if live:  # a camera that gives no pictures would hold its reader for ever
            source.close()
        for worker in workers:
            worker.join()


def run_inline(
    groups: Iterator[list[Frame]], pool: EnginePool, reader: FrameReader | None = None
) -> Iterator[Prediction]:
    """Yield the answers to groups of frames, all from this thread."""
    for group in groups:
        active, _ = pool.acquire()
        answers = answer_all(group, active.engine, reader)
        for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(group, answers, strict=True):
            yield Prediction(frame, result, prepare_ms, invoke_ms, decode_ms, active.info)


def answer_all(
    group: list[Frame], engine: Engine, reader: FrameReader | None
) -> Iterable[Inference[Result]]:
    """Answer a group of frames with one engine, together where all are wholes."""
    images = [frame.image for frame in group]
    if reader is not None and any(reader.reads(engine, image) for image in images):
        return (reader.timed(engine, image) for image in images)
    return engine.timed_all(images)


def _worker(
    work: Callable[[], None], finish: Callable[[BaseException | None], None]
) -> threading.Thread:
    """Make a thread whose end or fault is always posted."""

    def body() -> None:
        fault: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # noqa: BLE001 - handed to main, which raises it
            fault = caught
        finally:
            finish(fault)

    return threading.Thread(target=body, name=work.__name__, daemon=True)

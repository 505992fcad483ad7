"""One run: frames from a source through an engine to the sinks, and keys in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import KW_ONLY, dataclass, field
from itertools import islice

from edge_app.channel import Channel
from edge_app.errors import ModelError
from edge_app.frame import Frame, Step
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import Engine, EngineKey, engine_info
from edge_app.pipeline.batched import GROUP, is_small, run_counted, run_inline
from edge_app.pipeline.controller import Controller
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.pacing import PacedSource
from edge_app.pipeline.presenter import Draw, Presenter
from edge_app.pipeline.workers import FrameReader, Prediction, run_threaded
from edge_app.sinks.sink import Sink
from edge_app.sources.source import Source

# A prediction; a newer frame to preview; the last step of a group that is counted already; or
# None while nothing comes.
Item = Prediction | Frame | Step | None
_POLL_S = 0.03  # between two polls of the keys during a pause


@dataclass(slots=True)
class Run:
    """One run of a source; call `go` once.

    stop: set by a signal or a key; the run ends after the current frame.
    reader: alternative inference path for some frames.
    previews: whether a live source is shown at its own rate, however slow the network.
    should_end: whether this run should make way for another one.
    on_progress: called when a frame came through, and while the run waits on purpose: in a
        pause, and while a lost camera is tried again.
    """

    paced: PacedSource
    pool: EnginePool
    presenter: Presenter
    controller: Controller
    stats: RunStats
    stop: threading.Event
    _: KW_ONLY
    reader: FrameReader | None = None
    previews: bool = False
    should_end: Callable[[], bool] = lambda: False
    on_progress: Callable[[RunStats], None] = lambda stats: None  # noqa: ARG005
    _is_small: bool = field(init=False)
    _frames_shown: int = field(init=False)  # single frames during a pause
    _resumed_s: float = field(default=0.0, init=False)  # monotonic end of the last pause

    def __post_init__(self) -> None:
        engines = self.pool.acquire()
        # Groups have no second engine: what is compared from the start takes the usual way.
        self._is_small = engines[1] is None and is_small(engines[0].engine)
        self._frames_shown = self.controller.controls.single_frames

    def go(self) -> None:
        """Run to the end of the source, a stop, or the first error, which is raised."""
        frames = self.paced.frames()
        try:
            while not (self.paced.ended or self._is_over()):
                with closing(self._infer(frames)) as items:  # ends the workers, whatever happens
                    try:
                        self._present(items)
                    finally:
                        self.paced.give_up()
        except BaseException:
            with suppress(Exception):  # of a sink, perhaps again
                self.presenter.end()
            raise
        self.presenter.end()

    def _infer(self, frames: Iterator[Frame]) -> Generator[Item, None, None]:
        """Run frames through the engine: in threads, or a small network in groups.

        Groups end when a viewer connects, and the next call runs the rest in threads.
        """
        source, pool, reader = self.paced.source, self.pool, self.reader
        if self._wants_threads():
            # Two frames of a file let its decoding run ahead; a live source keeps its newest only.
            captured: Channel[Frame] = Channel(1 if source.live else 2, newest_only=source.live)
            self.stats.sources.watch_drops(lambda: captured.dropped)
            return run_threaded(
                frames, source, pool, self.stop, captured, reader=reader, previews=self.previews
            )
        if self.presenter.takes_every_frame:
            return run_inline(self._groups(frames), pool, reader)
        return run_counted(self._groups(frames), pool, self.stats, reader)

    def _groups(self, frames: Iterator[Frame]) -> Iterator[list[Frame]]:
        """Yield groups of frames, of one frame where it must not wait for others."""
        while not self._wants_threads():
            single = self.paced.waits or self.controller.controls.paused
            group = list(islice(frames, 1 if single else GROUP))
            if not group:
                return
            yield group

    def _wants_threads(self) -> bool:
        return self.paced.source.live or self.presenter.draws or not self._is_small

    def _present(self, items: Iterator[Item]) -> None:
        """Present what comes until its end or that of the run, and follow the keys."""
        live = self.paced.source.live
        for item in items:
            if isinstance(item, Prediction):
                if live and item.frame.captured_s < self._resumed_s:
                    self.stats.sources.count_stale()  # it was captured before a pause
                    continue
                self.presenter.present(item)
                self._count_frame()
            elif isinstance(item, Step):
                self.presenter.publish(item, time.monotonic())
                self._count_frame()
            elif item is not None:
                self.presenter.preview(item)
            self._follow_keys(idle=item is None)
            if self._is_over():
                break

    def _is_over(self) -> bool:
        return self.stop.is_set() or self.should_end()

    def _count_frame(self) -> None:
        self.on_progress(self.stats)
        if self.controller.controls.paused:
            self._frames_shown += 1

    def _follow_keys(self, *, idle: bool) -> None:
        """Poll the keys; a pause holds the whole run here, since every stage waits for the next.

        idle: whether nothing was shown just now.
        """
        began_s, was_held = time.monotonic(), False
        while True:
            changed = self.controller.poll()
            controls = self.controller.controls
            if not controls.paused:
                self._frames_shown = controls.single_frames
            held = controls.paused and self._frames_shown >= controls.single_frames
            if held or (idle and self.paced.is_retrying()):
                self.on_progress(self.stats)
            if held or idle:
                self.presenter.redraw(changed=changed)
            was_held |= held
            if not held or self._is_over() or self.stop.wait(_POLL_S):
                break
        if was_held:
            self._resumed_s = time.monotonic()
            self.presenter.note_pause(began_s, self._resumed_s)


def plain_run(
    source: Source,
    engine: Engine,
    sinks: Sequence[Sink] = (),
    *,
    draw: Draw | None = None,
    stop: threading.Event | None = None,
) -> Run:
    """Return a run of one engine without keys or pacing, at the highest rate."""
    stop = stop or threading.Event()
    stats = RunStats(engine_info(engine), source)
    controller = Controller({})
    presenter = Presenter(sinks, stats, lambda: controller.controls, draw=draw)
    paced = PacedSource(source, stop, on_captured=stats.sources.count_captured)
    return Run(paced, EnginePool(engine, _no_other), presenter, controller, stats, stop)


def _no_other(key: EngineKey) -> Engine:
    raise ModelError(f"{key.variant} is not part of this run; start it with that variant")

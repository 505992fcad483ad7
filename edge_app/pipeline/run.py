"""Run the stages in order, from the source to the sinks, and follow the keys meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from edge_app.controls import Controls
from edge_app.errors import ModelError
from edge_app.frame import Frame, Result, Status, Step
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import Engine, EngineKey, engine_info
from edge_app.pipeline.controller import Controller, ReadKeys
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.pacing import PacedSource
from edge_app.pipeline.presenter import Draw, Presenter
from edge_app.pipeline.workers import FrameReader, Prediction, answer_all, run_inline, run_threaded
from edge_app.sinks.sink import Sink
from edge_app.sources.source import Source
from edge_app.state import RUNNING, State

# Passing a frame between threads costs about 0.1 ms, five times what a digit's network takes.
_SMALL_INPUT = 64 * 64 * 3
# Small enough for Ctrl-C and the first-level caches, large enough to spread NumPy's call costs.
_GROUP = 32
_HELD_S = 0.03  # between two looks at the keys during a pause


@dataclass(slots=True)
class Run:
    """Hold the parts of one run, and run it once.

    draw: makes the canvas; left out where no sink looks at one. looked_at: tells whether one
        does at the moment.
    keys: returns the names of the keys pressed since it was last asked.
    stop: set by a signal or a key; the run then ends after the frame in hand.
    paced: whether frames wait for their own time stamps; `pace_hz` is for sources without.
    fluid: whether a live source is shown at its own rate, however slow the network.
    leave: tells whether the run is to end for another one; counted: the stats of the one before.
    reader: answers pictures that show more than one thing, with the engine it is given.
    pool: has the engines that keys can choose, `engine` first; without it there is no other.
    progress: told whenever something has come through the whole line, or holds it on purpose: a
        pause, or a camera that is being waited for. A line that is stuck tells nothing.
    """

    source: Source
    engine: Engine
    sinks: Sequence[Sink]
    draw: Draw | None = None
    keys: ReadKeys | None = None
    controls: Controls = field(default_factory=Controls)
    paced: bool = False
    pace_hz: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    looked_at: Callable[[], bool] = lambda: True
    fluid: bool = False
    pool: EnginePool | None = None
    reader: FrameReader | None = None
    leave: Callable[[], bool] = lambda: False
    counted: RunStats | None = None
    progress: Callable[[RunStats], None] = lambda stats: None  # noqa: ARG005
    stats: RunStats = field(init=False)
    controller: Controller = field(init=False)
    _show: Presenter = field(init=False)
    _feed: PacedSource = field(init=False)
    _stepped: int = 0
    _resumed_s: float = 0.0
    _stale: int = 0
    _source_state: State = RUNNING

    def __post_init__(self) -> None:
        info = engine_info(self.engine)
        if self.counted is None:
            self.stats = RunStats(info, self.source)
        else:
            self.stats = self.counted
            self.stats.begin(info, self.source)
        pool = self.pool or EnginePool(self.engine, _no_other)
        self.controller = Controller(pool, self.controls, self.keys)
        self.controller.hands |= {"quit": self._quit, "flip": self._flip}
        self.stats.states, self.stats.switch = self.controller.states, lambda: pool.switch
        self._show = Presenter(self.sinks, self.draw, self.looked_at, self.stats, self.controller)
        self._feed = PacedSource(
            self.source,
            self.stop,
            paced=self.paced,
            pace_hz=self.pace_hz,
            delivered=self.stats.delivered,
        )
        self._feed.flip = self.controls.flip
        self._stepped = self.controls.steps

    def go(self) -> None:
        """Run to the end of the source, a stop, or the first fault, which is raised."""
        frames = self._feed.frames()
        while not (self._feed.ended or self._is_over()):
            if self._wants_threads():
                self._take_all(self._in_threads(frames))
                break
            if any(sink.every_frame for sink in self.sinks):
                self._take_all(run_inline(self._groups(frames), self.controller.pool, self.reader))
            else:
                self._count_all(frames)
        self._show.end()
        self.controls = self.controller.controls

    def shown(self) -> tuple[Step, Status] | None:
        """Return the last step with its canvas and the status, for a picture of both."""
        return self._show.with_canvas()

    def _wants_threads(self) -> bool:
        if self.source.live or (self.draw is not None and self.looked_at()):
            return True
        size = 1
        for side in self.engine.network.input.shape:
            size *= side
        return size > _SMALL_INPUT

    def _in_threads(self, frames: Iterator[Frame]) -> Iterator[Prediction | Frame | None]:
        def watch(dropped: Callable[[], int]) -> None:
            self.stats.watch_drops(lambda: dropped() + self._stale)

        return run_threaded(
            frames,
            self.source,
            self.controller.pool,
            self.stop,
            watch,
            reader=self.reader,
            glances=self.fluid and self.source.live,
        )

    def _groups(self, frames: Iterator[Frame]) -> Iterator[list[Frame]]:
        """Yield groups of frames; paced frames cannot wait for a group, nor can single ones."""
        paced = self.paced and (self.source.has_clock or self.pace_hz is not None)
        while not self._wants_threads():
            size = 1 if paced or self.controller.controls.paused else _GROUP
            group = list(islice(frames, size))
            if not group:
                return
            yield group

    def _count_all(self, frames: Iterator[Frame]) -> None:
        """Answer and count groups where nobody asks for single frames."""
        stats, pool = self.stats, self.controller.pool
        for group in self._groups(frames):
            active, _ = pool.acquire()
            answers = list(answer_all(group, active.engine, self.reader))
            if active.info is not stats.info:
                stats.switch_to(active.info)
            now_s = time.monotonic()
            timings = stats.add_group(group, answers, now_s)
            result: Result = answers[-1][0]
            self._show.tell(Step(group[-1], result, timings, active.key.variant), now_s)
            self._count_step()
            self._follow(idle=False)
            if self._is_over():
                break

    def _take_all(self, items: Iterator[Prediction | Frame | None]) -> None:
        """Show what comes; closes the line behind it, whatever happens."""
        try:
            for item in items:
                if isinstance(item, Prediction):
                    if self.source.live and item.frame.captured_s < self._resumed_s:
                        self._stale += 1  # it was made before a pause
                        continue
                    self._show.finish(item)
                    self._count_step()
                elif item is not None:
                    self._show.glance(item)
                self._follow(idle=item is None)
                if self._is_over():
                    break
        finally:
            items.close()  # type: ignore[attr-defined]  # all of them are generators

    def _is_over(self) -> bool:
        return self.stop.is_set() or self.leave()

    def _count_step(self) -> None:
        self.progress(self.stats)
        if self.controller.controls.paused:
            self._stepped += 1

    def _follow(self, *, idle: bool) -> None:
        """Follow the keys; a pause holds the whole line, since every stage waits for the next.

        idle: whether nothing was shown just now.
        """
        controller, began_s = self.controller, time.monotonic()
        was_held = False
        while True:
            heard = controller.poll()
            controls = controller.controls
            if not controls.paused:
                self._stepped = controls.steps
            held = controls.paused and self._stepped >= controls.steps
            if held or (idle and self._is_waiting_anew()):
                self.progress(self.stats)
            if held or idle:
                self._show.again(anew=heard)
            was_held |= held
            if not held or self._is_over() or self.stop.wait(_HELD_S):
                break
        if was_held:
            self._resumed_s = time.monotonic()
            self._show.paused(began_s, self._resumed_s)

    def _is_waiting_anew(self) -> bool:
        """Tell whether a lost camera was tried once more: every attempt has its own state."""
        before, self._source_state = self._source_state, self.source.state
        return self._source_state not in {before, RUNNING}

    def _quit(self, controls: Controls) -> None:  # noqa: ARG002
        self.stop.set()

    def _flip(self, controls: Controls) -> None:
        self._feed.flip = controls.flip


def _no_other(key: EngineKey) -> Engine:
    raise ModelError(f"{key.variant} is not part of this run; start it with that variant")

"""One session: what outlasts a change of task, and the runs of its tasks one after another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.closeable import Closeable
from edge_app.controls import Action, Controls
from edge_app.digits.reader import DigitReader
from edge_app.frame import Image
from edge_app.metrics.agreement import partner
from edge_app.metrics.run_stats import RunStats
from edge_app.model.catalog import default_variant
from edge_app.model.engine import Engine, EngineKey, engine_info, load_engine, warm_up
from edge_app.pipeline.controller import Controller, Handler, ReadPresses, engine_handlers
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.pacing import PacedSource
from edge_app.pipeline.presenter import Presenter
from edge_app.pipeline.run import Run
from edge_app.pointing import Pointer, Targets
from edge_app.session.canvases import FrameOverlays, WindowOverlays
from edge_app.session.memory import affordable
from edge_app.session.notify import Notifier
from edge_app.session.options import RunOptions
from edge_app.session.outputs import Outputs, first_controls
from edge_app.session.tasks import tasks_from
from edge_app.session.user_state import is_swapped, remember_swapped
from edge_app.sinks.snapshots import SnapshotWriter
from edge_app.sources.source import Source, are_images
from edge_app.state import State, StateKind

if TYPE_CHECKING:
    from edge_app.sinks.window import Window

_SNAPSHOTS = Path("snapshots")


class Session(Closeable):
    """Engines, controls and statistics of a session, which its runs share.

    source: the open source of the current run; the caller opens the first one.
    second: the engine to compare with from the start, None without `options.partner`.
    cost_bytes: memory that loading the first engine took.
    stop: set to end the session after the current frame. quit_pressed: whether a key did so.
    """

    def __init__(
        self,
        options: RunOptions,
        source: Source,
        engine: Engine,
        outputs: Outputs,
        cost_bytes: int,
        stop: threading.Event,
        notifier: Notifier | None = None,
        second: Engine | None = None,
    ) -> None:
        self.source = source
        self.quit_pressed = False
        self._options = options
        self._outputs = outputs
        self._stop = stop
        self._notifier = notifier or Notifier()
        self._tasks = tasks_from(options.task)  # the current one first
        self._next_engine: EngineKey | None = None  # of the task that a key has chosen
        window, edges = outputs.window, options.outputs.edges
        self._in_window = WindowOverlays(edges, window) if window is not None else None
        self._overlays = FrameOverlays(edges, self._in_window)
        keep = options.keep_loaded or affordable(cost_bytes, len(options.task.spec.variants))
        self.pool = EnginePool(
            engine, self._load, keep=keep, partner=options.partner or partner, second=second
        )
        self.controller = Controller(
            self._handlers(),
            [lambda: self.pool.states, self._source_states, lambda: outputs.recording.states],
            keys=outputs.keys,
            pointer=self._pointer(window) if window is not None else None,
            dropped=outputs.dropped_keys,
            stopped=stop.is_set,
            explain=lambda action, controls: outputs.key_note(
                action, controls, self.pool.requested.spec.task
            ),
            controls=first_controls(
                options.outputs,
                outputs,
                swap_red_blue=source.live and is_swapped(source.name),
                images_stay=self._images_stay(source),
                compare=second is not None,
            ),
        )
        self._snapshots = SnapshotWriter(_SNAPSHOTS, self.controller.note)
        self.stats = RunStats(
            engine_info(engine),
            source,
            states=self.controller.states,
            switch=lambda: self.pool.switch,
        )
        self._run = self._make_run()

    def _pointer(self, window: Window) -> ReadPresses:
        """Return a reader of the clicks on what the window shows."""
        shown = self._in_window
        return Pointer(window.pointer, lambda: shown.targets if shown else Targets()).presses

    def _handlers(self) -> dict[Action, Handler]:
        """Return what each action does beside changing the controls."""
        outputs = self._outputs
        return {
            **engine_handlers(self.pool),
            Action.NEXT_TASK: self._choose_next_task,
            Action.SNAPSHOT: self._take_snapshot,
            Action.SWAP_RED_BLUE: self._remember_swap,
            Action.RECORD: outputs.recording.switch,
            Action.FULLSCREEN: self._follow_fullscreen,
            Action.HELP: outputs.terminal.follow,
            Action.QUIT: self._quit,
        }

    def runs(self) -> Iterator[Run]:
        """Yield the run of the options, and after each run the one that a key has chosen."""
        yield self._run
        while (key := self._next_engine) is not None:
            self._next_engine = None
            if self._stop.is_set() or not self.pool.has(key):
                return
            self._rotate_tasks()
            task = self._tasks[0]
            source = task.open_source(loop=self._options.loop)
            self.source.close()
            self.source = source  # nothing else may keep the one before, with its truth
            self.pool.request(key)
            self.pool.preload(None)
            self._outputs.begin(source, key.spec)
            controls = self.controller.controls
            self.controller.controls = replace(controls, images_stay=self._images_stay(source))
            self.stats.change_source(self.pool.acquire()[0].info, source)
            self._run = self._make_run()
            yield self._run

    def _make_run(self) -> Run:
        options, outputs, source = self._options, self._outputs, self.source
        presenter = Presenter(
            outputs.sinks,
            self.stats,
            lambda: self.controller.controls,
            draw=self._overlays.draw,
            window=self._in_window,
            is_watched=outputs.is_watched,
            for_small=outputs.for_small,
        )
        paced = PacedSource(
            source,
            self._stop,
            paced=not options.as_fast_as_possible,
            pace_hz=self._pace_hz(),
            swap=lambda: self.controller.controls.swap_red_blue,
            on_captured=self.stats.sources.count_captured,
            turned=self._turned if self.controller.controls.images_stay else None,
        )
        reader = None
        if options.read_digits != "off":
            # Frames of a camera or video are one scene; images of a folder have nothing in common.
            follow = source.live or source.has_clock
            reader = DigitReader(options.task.spec, options.read_digits, follow=follow)
        return Run(
            paced,
            self.pool,
            presenter,
            self.controller,
            self.stats,
            self._stop,
            reader=reader,
            previews=outputs.displays,
            should_end=self._is_next_ready,
            on_progress=lambda stats: self._notifier.beat(partial(_service_status, stats)),
        )

    def _pace_hz(self) -> float | None:
        """Return the rate of frames without a time, if someone may follow them."""
        if not self._outputs.is_followed:
            return None
        slide_s = self._options.slideshow_s
        return 1 / slide_s if slide_s and are_images(self.source) else self.source.rate_hz

    def _images_stay(self, source: Source) -> bool:
        """Return whether each image stays in the window until a key."""
        options = self._options
        hurried = options.slideshow_s or options.as_fast_as_possible
        return self._outputs.hints and not hurried and are_images(source)

    def _turned(self) -> int:
        return self.controller.controls.single_frames

    def last_image(self) -> Image | None:
        """Return the last frame with its overlay: uint8 (H, W, 3) BGR; None before the first."""
        shown = self._run.presenter.snapshot()
        return shown[0].canvas if shown else None

    def _load(self, key: EngineKey) -> Engine:
        runtime = self._options.runtime
        engine = load_engine(key.spec, key.variant, runtime=runtime, threads=key.threads)
        warm_up(engine)
        return engine

    def _source_states(self) -> tuple[State, ...]:
        state = self.source.state
        last, images = self._run.presenter.last, self.source.frame_count
        if self.controller.controls.images_stay and last is not None and images != 1:
            of = f" of {images}" if images else ""
            return (State(StateKind.NOTE, f"image {last.frame.index + 1}{of}, space: next"),)
        return () if state.kind in {StateKind.RUNNING, StateKind.CLOSED} else (state,)

    # Handlers of actions.

    def _quit(self, _: Controls, /) -> None:
        self.quit_pressed = True
        self._stop.set()

    def _follow_fullscreen(self, controls: Controls, /) -> str | None:
        window = self._outputs.window
        if window is None:
            # Else Esc would first leave a full screen that nobody sees.
            self.controller.controls = replace(controls, fullscreen=False)
            return "no window to fill the screen with" if controls.fullscreen else None
        window.follow(controls)
        return None

    def _remember_swap(self, controls: Controls, /) -> None:
        """Remember for the next use of a camera whether red and blue are swapped."""
        if self.source.live:
            remember_swapped(self.source.name, controls.swap_red_blue)

    def _take_snapshot(self, _: Controls, /) -> str | None:
        shown = self._run.presenter.snapshot()
        return self._snapshots.take(*shown) if shown else "no image yet"

    def _choose_next_task(self, _: Controls, /) -> str | None:
        """Load the next task's engine; a camera goes on with it, files give way to its sample."""
        if len(self._tasks) < 2:
            return "no model for another task ships with this program"
        spec = self._tasks[1].spec
        current = self.pool.requested
        name = current.variant if current.variant in spec.variants else default_variant(spec)
        key = EngineKey(spec, name, current.threads)
        if self.source.live:
            self._rotate_tasks()
            self.pool.request(key)
            self._outputs.rename(spec)
        else:
            self._next_engine = key
            self.pool.preload(key)
        return None

    def _rotate_tasks(self) -> None:
        self._tasks = [*self._tasks[1:], self._tasks[0]]

    def _is_next_ready(self) -> bool:
        """Return whether a key has chosen another task and its engine is loaded."""
        return self._next_engine is not None and self.pool.has(self._next_engine)

    def close(self) -> None:
        """Close the source and all engines, after the last snapshot is written."""
        self._snapshots.close()
        self.source.close()
        self.pool.close()


def _service_status(stats: RunStats) -> str:
    """Return how a run goes in one line, for `systemctl status`."""
    status = stats.status(time.monotonic())
    rate = "" if status.shown_fps is None else f", {status.shown_fps:.1f} frames per second"
    states = "".join(f"; {state}" for state in status.states)
    return f"{status.model} {status.variant}: frame {status.frames}{rate}{states}"

"""Run one task after the other: the one that was asked for, and those that keys change to."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edge_app.controls import Controls
from edge_app.digits.reader import reader_for
from edge_app.errors import EdgeError
from edge_app.frame import Frame, Image, Result, Status
from edge_app.metrics.agreement import partner
from edge_app.metrics.run_stats import RunStats
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.catalog import default_variant, sample, shipped_models
from edge_app.model.engine import Engine, EngineKey, load_engine, warm_up
from edge_app.overlay import Overlay
from edge_app.pipeline.controller import Handler
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.run import Run
from edge_app.session.notify import Notifier
from edge_app.session.options import RunOptions
from edge_app.session.outputs import Outputs, first_controls
from edge_app.session.user_state import is_flipped, remember_flipped
from edge_app.sinks.snapshots import take_snapshot
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import open_truth
from edge_app.state import State, StateKind

_SNAPSHOTS = Path("snapshots")
# Of the memory that is free, the share that variants which do not answer may take.
_SHARE = 1 / 8


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """Hold a model and what it is run on."""

    spec: ModelSpec
    source: str
    truth: str | None = None
    truth_labels: str | None = None


class Session:
    """Hold what outlasts a change of task: the engines, the sinks, the controls and the stats.

    source: the one that is read now.
    cost_bytes: what loading the first engine took.
    notifier: told how the runs go.
    """

    def __init__(
        self,
        order: RunOptions,
        source: Source,
        engine: Engine,
        outputs: Outputs,
        cost_bytes: int,
        notifier: Notifier | None = None,
    ) -> None:
        self.source = source
        self._notifier = notifier or Notifier()
        self._order = order
        self._outputs = outputs
        self._tasks = tasks_of(order)
        self._task = 0
        self._next: tuple[int, EngineKey] | None = None
        keep = order.keep_loaded or affordable(cost_bytes, len(order.spec.variants))
        self.pool = EnginePool(engine, self._load, keep=keep, partner=partner)
        self._engine = engine
        self._overlays: dict[str, Overlay] = {}

    def _load(self, key: EngineKey) -> Engine:
        runtime = self._order.runtime
        engine = load_engine(key.spec, key.variant, runtime=runtime, threads=key.threads)
        warm_up(engine)
        return engine

    def first(self, stop: threading.Event) -> Run:
        """Return the run of the task that was asked for."""
        flip = self.source.live and is_flipped(self.source.name)
        controls = first_controls(self._order, self._outputs, flip=flip)
        return self._leg(self._engine, controls, stop, None)

    def next(self, run: Run, stack: ExitStack) -> Run | None:
        """Return the run of the task that a key asked for; None where none did."""
        pending, self._next = self._next, None
        if pending is None or run.stop.is_set() or not self.pool.has(pending[1]):
            return None
        place, key = pending
        task = self._tasks[place]
        truth = open_truth(task.truth, task.truth_labels) if task.truth else None
        source = stack.enter_context(open_source(task.source, truth=truth, loop=self._order.loop))
        self.source.close()
        self.source, self._task = source, place
        self.pool.request(key)
        self.pool.preload(None)
        self._outputs.begin(source, key.spec.title)
        return self._leg(self.pool.acquire()[0].engine, run.controls, run.stop, run)

    def _leg(
        self, engine: Engine, controls: Controls, stop: threading.Event, before: Run | None
    ) -> Run:
        outputs = self._outputs
        run = Run(
            self.source,
            engine,
            outputs.sinks,
            draw=self._draw,
            keys=outputs.keys,
            controls=controls,
            paced=not self._order.as_fast_as_possible,
            pace_hz=self.source.rate_hz if outputs.displays else None,
            stop=stop,
            looked_at=outputs.looked_at,
            fluid=outputs.displays,
            pool=self.pool,
            counted=before.stats if before else None,
            leave=self._is_ready,
            progress=lambda stats: self._notifier.beat(partial(_in_a_line, stats)),
            reader=reader_for(self._order.spec, self._order.read_digits, self.source),
        )
        hands = run.controller.hands
        hands |= outputs.hands
        hands["tasks"] = self._other_task
        hands["snapshots"] = lambda controls: _snapshot(run)  # noqa: ARG005
        hands["flip"] = partial(self._flip, hands["flip"])
        run.controller.tellers += [self._source_state, lambda: outputs.recording.states]
        return run

    def _draw(self, frame: Frame, result: Result, status: Status, *more: Any) -> Image:
        """Draw with the overlay of the model that made the answer."""
        overlay = self._overlays.get(status.model)
        if overlay is None:
            spec = self.pool.spec_titled(status.model)
            overlay = self._overlays[status.model] = Overlay(
                spec.labels, edges=self._order.edges, hints=self._outputs.hints
            )
        return overlay.draw(frame, result, status, *more)

    def _source_state(self) -> tuple[State, ...]:
        state = self.source.state
        return () if state.kind in {StateKind.RUNNING, StateKind.CLOSED} else (state,)

    def _flip(self, swap: Handler, controls: Controls) -> str | None:
        """Swap red and blue, of a camera also the next time it is used."""
        if self.source.live:
            remember_flipped(self.source.name, controls.flip)
        return swap(controls)

    def _other_task(self, controls: Controls) -> str | None:  # noqa: ARG002 - called by a key
        """Let the next task begin once its engine is loaded; on a camera, with its pictures."""
        place = (self._task + 1) % len(self._tasks)
        if place == self._task:
            return "no model for another task ships with this program"
        spec = self._tasks[place].spec
        requested = self.pool.requested
        name = requested.variant if requested.variant in spec.variants else default_variant(spec)
        key = EngineKey(spec, name, requested.threads)
        if self.source.live:
            self._task = place
            self.pool.request(key)
            self._outputs.rename(spec.title)
        else:
            self._next = (place, key)
            self.pool.preload(key)
        return None

    def _is_ready(self) -> bool:
        """Tell whether another task was asked for and can begin."""
        return self._next is not None and self.pool.has(self._next[1])


def _in_a_line(stats: RunStats) -> str:
    """Say how a run goes, for `systemctl status`."""
    status = stats.status(time.monotonic())
    rate = "" if status.shown_fps is None else f", {status.shown_fps:.1f} frames per second"
    states = "".join(f"; {state}" for state in status.states)
    return f"{status.model} {status.variant}: frame {status.frames}{rate}{states}"


def _snapshot(run: Run) -> str:
    shown = run.shown()
    if shown is None:
        return "no picture yet"
    return f"kept {take_snapshot(_SNAPSHOTS, *shown)}"


def tasks_of(order: RunOptions) -> list[TaskSpec]:
    """Return what was asked for, and a sample for each shipped model of another task."""
    tasks = [TaskSpec(order.spec, order.source, order.truth, order.truth_labels)]
    for folder in shipped_models():
        with suppress(EdgeError):  # a broken card is told of by `edge-app models`
            spec = read_card(folder)
            if all(spec.task != task.spec.task for task in tasks):
                tasks.append(TaskSpec(spec, *sample(spec)))
    return tasks


def affordable(cost_bytes: int, variants: int) -> int:
    """Return how many engines to keep: two, or as many more as memory has room for.

    cost_bytes: of one engine: its file, its packed weights and its tensors.
    """
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 2
    return max(2, min(variants, int(free * _SHARE / max(1, cost_bytes))))


def resident_bytes() -> int:
    """Return the memory this process holds (Linux; 0 elsewhere)."""
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0

"""Runs as a session builds them, for tests that need only some of their parts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from edge_app.controls import Action, Controls
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import Engine, EngineKey, engine_info
from edge_app.pipeline.controller import (
    Controller,
    Handler,
    ReadKeys,
    StatusProvider,
    engine_handlers,
)
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.pacing import PacedSource
from edge_app.pipeline.presenter import Draw, Presenter
from edge_app.pipeline.run import Run


def load_nothing(key: EngineKey, /) -> Engine:
    """Fail to load any engine."""
    raise AssertionError(f"{key.variant} was requested")


def ignore_progress(stats: RunStats, /) -> None:
    """Take a sign of life."""


def make_run(
    source: Any,
    engine: Any,
    sinks: Sequence[Any],
    *,
    draw: Draw | None = None,
    is_watched: Callable[[], bool] = lambda: True,
    keys: ReadKeys | None = None,
    handlers: Mapping[Action, Handler] | None = None,
    status_providers: Sequence[StatusProvider] = (),
    pool: EnginePool | None = None,
    stop: threading.Event | None = None,
    paced: bool = False,
    pace_hz: float | None = None,
    previews: bool = False,
    images_stay: bool = False,
    on_progress: Callable[[RunStats], None] = ignore_progress,
) -> Run:
    """Return a run; its keys change engines and quit, and do what `handlers` adds."""
    stop = stop or threading.Event()
    pool = pool or EnginePool(engine, load_nothing)

    def end(_: Controls, /) -> None:
        stop.set()

    controller = Controller(
        {**engine_handlers(pool), Action.QUIT: end, **(handlers or {})},
        [lambda: pool.states, *status_providers],
        keys=keys,
        controls=Controls(images_stay=images_stay),
    )
    stats = RunStats(
        engine_info(cast(Engine, engine)),
        source,
        states=controller.states,
        switch=lambda: pool.switch,
    )
    presenter = Presenter(
        sinks, stats, lambda: controller.controls, draw=draw, is_watched=is_watched
    )
    paced_source = PacedSource(
        source,
        stop,
        paced=paced,
        pace_hz=pace_hz,
        swap=lambda: controller.controls.swap_red_blue,
        on_captured=stats.sources.count_captured,
        turned=(lambda: controller.controls.single_frames) if images_stay else None,
    )
    return Run(
        paced_source,
        pool,
        presenter,
        controller,
        stats,
        stop,
        previews=previews,
        on_progress=on_progress,
    )

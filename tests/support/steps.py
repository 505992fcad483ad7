"""Steps and statuses for the sinks, as the pipeline would pass them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Classification, Frame, Segmentation, Status, Step
from edge_app.quality import Quality
from edge_app.state import State, StateKind
from edge_app.timing import STAGES, Latency, Timings
from tests.support import media_files as made

TIMINGS = Timings(1.5, 0.25, 20.0, 0.125, 2.0, 30.0)
ROADS = Segmentation(np.zeros((3, 4), np.uint8))
PAUSED = State(StateKind.PAUSED, "paused")
LOADING = State(StateKind.LOADING, "loading dynamic_range", variant="dynamic_range")
RECORDING = State(StateKind.RECORDING, "recording 10:12")
LOST = State(StateKind.RECONNECTING, "reconnecting (attempt 3)", "no image for 5 s")


def texts(states: Iterable[State]) -> tuple[str, ...]:
    """Return the text of some states."""
    return tuple(str(state) for state in states)


def step(
    index: int = 0,
    canvas: NDArray[np.uint8] | None = None,
    *,
    time_s: float | None = None,
    name: str | None = None,
    result: Any = ROADS,
    truth: Any = None,
    timings: Timings = TIMINGS,
    variant: str = "int8",
) -> Step:
    """Return a step whose canvas, unless one is given, is a flat gray that encodes its index."""
    image = made.numbered_image(index % 20) if canvas is None else canvas
    frame = Frame(image, index, 0.0, 1.5, name or f"frame {index}", time_s, truth)
    return Step(frame, result, timings, variant, image)


def digit(class_id: int, truth: int | None, index: int = 0) -> Step:
    """Return the step of a classified digit."""
    logits = np.eye(10, dtype=np.float32)[class_id]
    return step(index, result=Classification(class_id, logits), truth=truth)


def status(**changes: Any) -> Status:
    """Return a status with every figure known, and some changed."""
    p50_ms = dict(zip(STAGES, (4.2, 0.69, 18.6, 0.25, 2.4, 46.0), strict=True))
    whole = Status(
        task="segmentation",
        model="Street",
        variant="int8",
        size_bytes=2_700_000,
        runtime="LiteRT 2.3.0",
        threads=2,
        policy="every frame",
        frames=120,
        shown_fps=17.9,
        network_fps=52.3,
        source_fps=25.0,
        stages={
            name: Latency(120, ms, ms, ms * 1.5, ms * 2, ms * 3, ms * 4)
            for name, ms in p50_ms.items()
        },
        age_ms=47.0,
        dropped=3,
        damaged=2,
        quality=Quality(120, 0.912, 0.612, {"road": 0.951, "train": None}),
    )
    return replace(whole, **changes)

"""Fakes of a source, an engine and a sink, which need no files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

import numpy as np

from edge_app.frame import Frame, Image, Result, Segmentation
from edge_app.labels import CITYSCAPES
from edge_app.model.engine import Inference
from edge_app.state import RUNNING, State


@dataclass
class FakeSource:
    """Source of numbered gray images; `before` is called ahead of each frame."""

    count: int = 5
    live: bool = False
    truth: Any = None
    truth_labels: str | None = None
    before: Callable[[int], None] = lambda index: None
    name: str = "fake"
    rate_hz: float | None = 25.0
    frame_count: int | None = None
    has_clock: bool = True
    damaged: int = 0
    notes: list[str] = field(default_factory=list)
    state: State = RUNNING

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.count):
            self.before(index)
            image = np.full((6, 8, 3), index % 256, np.uint8)
            yield Frame(
                image, index, time.monotonic(), 0.1, f"frame {index}", index / 25, self.truth
            )

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FakeEngine:
    """Engine that returns the gray value of each image as class; `during` runs in its network."""

    def __init__(
        self, during: Callable[[int], None] = lambda value: None, *, elements: int = 512 * 256 * 3
    ) -> None:
        self.during = during
        self.warnings: tuple[str, ...] = ()
        self.spec: Any = SimpleNamespace(
            name="fake", title="Fake", task="segmentation", labels=CITYSCAPES, variants={"int8": 0}
        )
        self.variant = SimpleNamespace(name="int8", bytes=1000)
        self.network = SimpleNamespace(
            runtime=SimpleNamespace(name="litert", title="LiteRT 0"),
            threads=1,
            input=SimpleNamespace(shape=(1, elements)),
            delegation=SimpleNamespace(summary=lambda: "all of it"),
        )

    def timed(self, image: Image) -> Inference[Result]:
        value = int(image[0, 0, 0])
        self.during(value)
        return Inference(Segmentation(np.full((3, 4), value % 19, np.uint8)), 0.1, 1.0, 0.1)

    def timed_all(self, images: Sequence[Image]) -> list[Inference[Result]]:
        return [self.timed(image) for image in images]


class Collector:
    """Sink that keeps every step."""

    def __init__(self, wants_canvas: bool = False) -> None:
        self.wants_canvas = wants_canvas
        self.every_frame = True
        self.steps: list[Any] = []
        self.statuses: list[Any] = []

    def write(self, step: Any, status: Any) -> None:
        self.steps.append(step)
        self.statuses.append(status)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

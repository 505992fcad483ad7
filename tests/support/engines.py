"""Fake engines whose results name them, and a factory that logs what becomes of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from edge_app.frame import Image, Result, Segmentation
from edge_app.labels import CITYSCAPES
from edge_app.model.engine import Engine, EngineKey, Inference
from tests.support.fakes import FakeEngine

NAMES = ("float32", "float16", "dynamic_range", "int8")


def until(holds: Callable[[], bool]) -> None:
    """Wait until another thread has made something true."""
    deadline_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline_s, "it never became true"
        time.sleep(0.001)


class TracedEngine(FakeEngine):
    """Engine whose class maps hold the position of its variant in NAMES."""

    def __init__(self, factory: EngineFactory, key: EngineKey, elements: int) -> None:
        super().__init__(elements=elements)
        self.factory, self.key = factory, key
        self.spec: Any = key.spec
        self.variant = SimpleNamespace(name=key.variant, bytes=1000)
        self.network.threads = key.threads
        self.is_closed = False

    def timed(self, image: Image) -> Inference[Result]:
        assert not self.is_closed, f"{self.key.variant} was closed while it was used"
        self.factory.users.setdefault(self.key, set()).add(threading.current_thread().name)
        class_map = np.full((3, 4), NAMES.index(self.key.variant), np.uint8)
        return Inference(Segmentation(class_map), 0.1, 1.0, 0.1)

    def timed_all(self, images: Sequence[Image]) -> list[Inference[Result]]:
        return [self.timed(image) for image in images]

    def close(self) -> None:
        assert not self.is_closed, f"{self.key.variant} was closed twice"
        self.is_closed = True
        self.factory.open.remove(self)


class EngineFactory:
    """Loader of traced engines.

    faults: by variant, what loading raises. gates: by variant, what loading waits for.
    open: engines that are not closed; most: how many were ever open at once.
    """

    def __init__(
        self, names: Sequence[str] = NAMES, *, task: str = "segmentation", elements: int = 400_000
    ) -> None:
        self.spec: Any = SimpleNamespace(
            name="fake", title="Fake", task=task, labels=CITYSCAPES, variants=dict.fromkeys(names)
        )
        self.elements = elements
        self.open: list[TracedEngine] = []
        self.most = 0
        self.loaded: list[str] = []
        self.users: dict[EngineKey, set[str]] = {}
        self.faults: dict[str, Exception] = {}
        self.gates: dict[str, threading.Event] = {}

    def key(self, name: str, threads: int = 1) -> EngineKey:
        """Return the key of an engine of this factory."""
        return EngineKey(self.spec, name, threads)

    def load(self, key: EngineKey, /) -> Engine:
        """Load an engine, as a `LoadEngine`."""
        gate = self.gates.get(key.variant)
        assert gate is None or gate.wait(30)
        if key.variant in self.faults:
            raise self.faults[key.variant]
        engine = TracedEngine(self, key, self.elements)
        self.loaded.append(key.variant)
        self.open.append(engine)
        self.most = max(self.most, len(self.open))
        return engine  # type: ignore[return-value]  # all that a pool needs of an engine

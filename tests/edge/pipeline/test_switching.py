"""Variants of the shipped models switch 200 times; no frame is lost or mixed up, nothing leaks."""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import weakref
from pathlib import Path

import numpy as np
import pytest

from edge_app.frame import Result, Segmentation, Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.catalog import sample
from edge_app.model.engine import Engine, EngineKey, load_engine, warm_up
from edge_app.model.interpreter.network import Network
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.session.memory import resident_bytes
from edge_app.sinks.metrics_log import FRAMES_NAME, MetricsLog
from edge_app.sources.factory import open_source
from tests.support import media_files as made
from tests.support.runs import make_run

SWITCHES = 200
KEPT = 2
IMAGES = 6
KEYS = {"float32": "1", "float16": "2", "dynamic_range": "3", "int8": "4"}


def digest_of(result: Result) -> bytes:
    """Return the digest of a result: of its logits, which differ between variants."""
    if isinstance(result, Segmentation):
        values = result.class_map if result.logits is None else result.logits
    else:
        values = result.logits  # type: ignore[union-attr]  # no page of digits is read here
    return hashlib.sha256(values.tobytes()).digest()


class Loader:
    """Loader of the engines of a card, which knows how many interpreters are still open."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.loads = 0
        self.most = 0
        self._networks: list[weakref.ref[Network]] = []

    def load(self, key: EngineKey) -> Engine:
        """Load an engine as a session does."""
        engine = load_engine(self.spec, key.variant, threads=key.threads)
        warm_up(engine)
        self.loads += 1
        self._networks.append(weakref.ref(engine.network))
        self.most = max(self.most, self.held)
        return engine

    @property
    def held(self) -> int:
        """How many networks have an interpreter."""
        networks = [reference() for reference in self._networks]
        return sum(hasattr(network, "_native") for network in networks)


class Person:
    """Press variant keys at random, some before the last switch is done, and log what is shown."""

    every_frame = True
    wants_canvas = False

    def __init__(self, pool: EnginePool, seed: int) -> None:
        self._pool = pool
        self._chance = random.Random(seed)
        self.switches = 0
        self.shown: list[tuple[int, str, bytes]] = []
        self.resident: list[int] = []
        self._before = ""
        self._impatient = False

    def write(self, step: Step, status: Status) -> None:
        """Log the result of a frame and its variant."""
        self.shown.append((step.frame.index, step.variant, digest_of(step.result)))
        if self._before and step.variant != self._before:
            self.switches += 1
            self.resident.append(resident_bytes())
        self._before = step.variant

    def press(self) -> list[str]:
        """Request another variant once the last one is active; now and then before that.

        Once at most: where loading takes thousands of frames, on a busy machine, each request
        would be replaced until it names a variant that is loaded.
        """
        if self.switches >= SWITCHES:
            return ["q"]
        requested = self._pool.requested.variant
        active = self._before == requested
        if not active and not (self._impatient and self._chance.random() < 0.02):
            return []
        self._impatient = active and self._chance.random() < 0.5
        return [KEYS[self._chance.choice([name for name in KEYS if name != requested])]]

    def close(self) -> None:
        """Do nothing."""


def write_images(spec: ModelSpec, folder: Path) -> Path:
    """Write a few images of the model's own sample as a file for a loop."""
    with open_source(sample(spec)[0], max_frames=IMAGES) as source:
        images = [frame.image for frame in source]
    if spec.task == "classification":
        path = folder / "digits-idx3-ubyte"
        return made.write_idx(path, np.stack([image[..., 0] for image in images]))
    return made.write_video(folder / "street.mp4", images=images, size_wh=(1280, 720))


def results_alone(spec: ModelSpec, path: Path) -> dict[tuple[int, str], bytes]:
    """Return the digest of each variant's result for each image."""
    digests = {}
    for name in spec.variants:
        engine = load_engine(spec, name, threads=1)
        with open_source(str(path)) as source:
            for frame in source:
                digests[frame.index, name] = digest_of(engine.predict(frame.image))
        engine.close()
    return digests


@pytest.mark.parametrize("compared", [False, True], ids=["alone", "compared"])
@pytest.mark.parametrize("model", ["street", "mnist"])
def test_two_hundred_switches(model: str, compared: bool, assets: Path, tmp_path: Path) -> None:
    """Every frame is there once and in order, with the result of the variant it names.

    No more interpreters are open than the limit, and memory does not grow.
    """
    spec = read_card(assets / "models" / model)
    path = write_images(spec, tmp_path)
    alone = results_alone(spec, path)
    count = len(alone) // len(spec.variants)
    loader = Loader(spec)
    first = loader.load(EngineKey(spec, "int8", 1))
    with (
        EnginePool(first, loader.load, keep=KEPT, partner=partner) as pool,
        open_source(str(path), loop=True) as source,
        MetricsLog(tmp_path) as log,
    ):
        pool.compare(compared)
        person = Person(pool, seed=7)
        make_run(source, first, [person, log], keys=person.press, pool=pool).go()
    assert person.switches >= SWITCHES
    assert [index for index, _, _ in person.shown] == list(range(len(person.shown)))
    for index, variant, digest in person.shown:
        assert digest == alone[index % count, variant], f"frame {index} is not by {variant}"
    lines = (tmp_path / FRAMES_NAME).read_text("ascii").splitlines()
    logged = [(digests["index"], digests["variant"]) for digests in map(json.loads, lines)]
    assert logged == [(index, variant) for index, variant, _ in person.shown]
    # One more may be open while one loads, and so are the two that are compared.
    assert loader.loads > SWITCHES // 4
    assert loader.most <= KEPT + 1 + compared
    assert loader.held == 0
    quarter = SWITCHES // 4
    early, late = person.resident[:quarter], person.resident[-quarter:]
    grown = statistics.median(late) - statistics.median(early)
    assert grown < 0.1 * statistics.median(early), f"{grown / 1e6:.1f} MB more"

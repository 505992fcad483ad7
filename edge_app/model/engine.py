"""An engine: preprocess, network and decode of one variant, from image to result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from edge_app.errors import ModelError
from edge_app.frame import Decoded, Image, Result
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.decode import Decoder
from edge_app.model.golden import count_equal, golden_classes, golden_image, matches
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from edge_app.model.preprocess import Preprocess

_WARM_UP_RUNS = 3
_WARM_UP_S = 0.5  # a slow network gets fewer runs

ResultT = TypeVar("ResultT", bound=Result, covariant=True)


class Inference(NamedTuple, Generic[ResultT]):
    """Result of one image, and how long each stage took in milliseconds."""

    result: ResultT
    prepare_ms: float
    invoke_ms: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Identity of an engine: a variant of a model, compared by its name, on so many threads."""

    spec: ModelSpec = field(compare=False, repr=False)
    variant: str
    threads: int
    model: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", self.spec.name)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Engine metadata that stays valid after the engine is closed.

    runtime: name for --runtime. runtime_title: name and version. delegation: one line of text.
    """

    key: EngineKey
    size_bytes: int
    runtime: str
    runtime_title: str
    delegation: str


@dataclass(frozen=True, slots=True)
class Engine:
    """One variant, ready to run on images of any size; belongs to one thread at a time."""

    spec: ModelSpec
    variant: Variant
    network: Network
    preprocess: Preprocess
    decoder: Decoder

    def predict(self, image: Image) -> Decoded:
        """Return the result of one image; see `Decoder.decode` for shapes and dtypes."""
        return self.timed(image).result

    def timed(self, image: Image) -> Inference[Decoded]:
        """Return the result of one image with the time of each stage in milliseconds."""
        clock = time.perf_counter
        network = self.network
        start = clock()
        network.write(self.preprocess.fill, image)
        prepared = clock()
        network.invoke()
        invoked = clock()
        height, width = image.shape[:2]
        result = self.decoder.decode(network.read(), (width, height))
        decoded = clock()
        return Inference(
            result, (prepared - start) * 1e3, (invoked - prepared) * 1e3, (decoded - invoked) * 1e3
        )

    def close(self) -> None:
        """Free the interpreter; later calls raise ModelError. Safe twice."""
        self.network.close()

    def timed_all(self, images: Sequence[Image]) -> Iterable[Inference[Decoded]]:
        """Return the results of several images in order, prepared and decoded together.

        Each has its own invoke time and an equal share of the time of the two other stages.
        For tiny networks only (MNIST): there the calls of the stages cost more than the network.
        """
        clock, network, count = time.perf_counter, self.network, len(images)
        start = clock()
        inputs = np.empty((count, *network.input.shape[1:]), network.input.dtype)
        outputs = np.empty((count, *network.output.shape[1:]), network.output.dtype)
        self.preprocess.fill_all(images, inputs)
        prepare_ms = (clock() - start) * 1e3 / count
        invokes_ms = network.run_all(inputs, outputs)
        start = clock()
        sizes = [(image.shape[1], image.shape[0]) for image in images]
        results = self.decoder.decode_all(outputs, sizes)
        decode_ms = (clock() - start) * 1e3 / count
        return map(Inference, results, repeat(prepare_ms), invokes_ms, repeat(decode_ms))


def engine_info(engine: Engine) -> EngineInfo:
    """Return the metadata of an engine."""
    network, variant = engine.network, engine.variant
    return EngineInfo(
        key=EngineKey(engine.spec, variant.name, network.threads),
        size_bytes=variant.bytes,
        runtime=network.runtime.name,
        runtime_title=network.runtime.title,
        delegation=network.delegation.summary(),
    )


def load_engine(
    spec: ModelSpec, variant: str, *, runtime: str = "auto", threads: int | None = None
) -> Engine:
    """Return a variant as an engine that has passed its golden check.

    threads: None uses one per physical core.
    Raises UsageError for an unknown variant, and ModelError if file, card and runtime do not fit.
    """
    chosen = spec.variant(variant)
    network = load_network(
        chosen.path,
        runtime=runtime,
        threads=threads,
        size_wh=spec.input.size_wh,
        output=spec.output.tensor,
    )
    try:
        preprocess = Preprocess(spec.input, network.input)
        classes = len(spec.labels.classes)
        decoder = Decoder(spec.task, classes, spec.input, network.output, spec.output)
    except ModelError as fault:
        raise ModelError(f"{chosen.path}: {fault}") from None
    engine = Engine(spec, chosen, network, preprocess, decoder)
    check_golden(engine)
    return engine


def warm_up(engine: Engine) -> None:
    """Run a new engine a few times, since its first runs take longer than the others."""
    width, height = engine.spec.input.size_wh
    image = np.zeros((height, width, 3), np.uint8)
    deadline_s = time.perf_counter() + _WARM_UP_S
    for _ in range(_WARM_UP_RUNS):
        engine.predict(image)
        if time.perf_counter() > deadline_s:
            return


def check_golden(engine: Engine) -> None:
    """Raise ModelError if the golden image does not get the classes that the card expects."""
    golden = engine.spec.golden
    expected = list(golden.get("expected", {}).get(engine.variant.name, ()))
    if not expected:
        return
    pattern = golden.get("pattern")
    try:
        image = golden_image(str(pattern), engine.spec.input.size_wh)
    except KeyError:
        raise ModelError(
            f"the card of {engine.variant.path} has the golden pattern '{pattern}', which this "
            "program does not know; convert the model again"
        ) from None
    classes = golden_classes(engine.predict(image))
    if not matches(classes, expected):
        raise ModelError(
            f"{engine.variant.path} fails its golden check on this machine "
            f"({engine.network.runtime.title}: {count_equal(classes, expected)} of "
            f"{len(expected)} classes as expected): the file was changed or the runtime computes "
            "wrongly; run edge-app models check, or try another --runtime"
        )

"""Join preprocess, network and decode for one variant: a picture in, an answer out."""

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
from edge_app.model.golden import alike, golden_answer, golden_image, matches
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from edge_app.model.preprocess import Preprocess

# Warming ends after this, however slow the network.
_WARM_S = 0.5
_WARM_RUNS = 3


ResultT = TypeVar("ResultT", bound=Result, covariant=True)


class Inference(NamedTuple, Generic[ResultT]):
    """Result of one image, and how long each stage took in milliseconds."""

    result: ResultT
    prepare_ms: float
    invoke_ms: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Identity of an engine: a variant of a model, on a number of threads."""

    spec: ModelSpec = field(compare=False, repr=False)
    variant: str
    threads: int
    model: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", self.spec.name)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Engine metadata that stays valid after the engine is closed."""

    key: EngineKey
    size_bytes: int
    runtime: str
    runtime_title: str
    delegation: str


@dataclass(frozen=True, slots=True)
class Engine:
    """Answer pictures with one variant; belongs to the one thread that uses it."""

    spec: ModelSpec
    variant: Variant
    network: Network
    preprocess: Preprocess
    decoder: Decoder

    def answer(self, image: Image) -> Decoded:
        """Return what the network says of a picture: uint8 (H, W, 3) BGR."""
        return self.timed(image).result

    def timed(self, image: Image) -> Inference[Decoded]:
        """Run one image through all stages: uint8 (H, W, 3) BGR."""
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
            result,
            (prepared - start) * 1e3,
            (invoked - prepared) * 1e3,
            (decoded - invoked) * 1e3,
        )

    def close(self) -> None:
        """Let go of the interpreter; nothing is answered any more."""
        self.network.close()

    def timed_all(self, images: Sequence[Image]) -> Iterable[Inference[Decoded]]:
        """Run several images as `timed` does, but prepare and decode them together.

        For networks so small that calling each stage for each image costs more than they do.
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
    """Say who an engine is."""
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
    """Load a variant and check that it answers as its card says.

    Raises ModelError where the file, the card and the runtime do not go together.
    """
    chosen = spec.variant(variant)
    network = load_network(
        chosen.path, runtime=runtime, threads=threads, size_wh=spec.input.size_wh
    )
    try:
        preprocess = Preprocess(spec.input, network.input)
        decoder = Decoder(spec.task, len(spec.labels.classes), spec.input, network.output)
    except ModelError as fault:
        raise ModelError(f"{chosen.path}: {fault}") from None
    engine = Engine(spec, chosen, network, preprocess, decoder)
    check_golden(engine)
    return engine


def warm(engine: Engine) -> None:
    """Run a fresh engine a few times: its first runs take longer than the others."""
    width, height = engine.spec.input.size_wh
    image = np.zeros((height, width, 3), np.uint8)
    until_s = time.perf_counter() + _WARM_S
    for _ in range(_WARM_RUNS):
        engine.answer(image)
        if time.perf_counter() > until_s:
            return


def check_golden(engine: Engine) -> None:
    """Raise ModelError where a variant does not answer the golden picture as it once did."""
    expected = engine.spec.golden.get("expected", {}).get(engine.variant.name)
    if not expected:
        return
    pattern = engine.spec.golden.get("pattern")
    try:
        image = golden_image(str(pattern), engine.spec.input.size_wh)
    except KeyError:
        raise ModelError(
            f"the card of {engine.variant.path} asks for the golden pattern '{pattern}', which "
            "this program does not know; convert the model anew"
        ) from None
    answer = golden_answer(engine.answer(image))
    if not matches(answer, list(expected)):
        raise ModelError(
            f"{engine.variant.path} answers its golden picture wrongly on this machine "
            f"({engine.network.runtime.title}: {alike(answer, list(expected))} of {len(expected)} "
            "places as when it was converted): the file was changed or the runtime miscomputes; "
            "run edge-app models check, or try another --runtime"
        )

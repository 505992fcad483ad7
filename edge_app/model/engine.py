"""An engine: preprocess, network and decode of one variant, from image to result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from edge_app.errors import ModelError
from edge_app.frame import Decoded, Image, Result
from edge_app.model.answer_check import constant_answer, drawn_images, not_finite
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.decode import Decoder
from edge_app.model.golden import count_equal, golden_classes, golden_image, matches
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from edge_app.model.interpreter.runtimes import LITERT_FP16
from edge_app.model.preprocess import Preprocess

_WARM_UP_RUNS = 3
_WARM_UP_S = 0.5  # a slow network gets fewer runs
_CHECK_S = 2.0  # and is not run on all drawn images

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
    """One variant, ready to run on images of any size; belongs to one thread at a time.

    warnings: what its answers to drawn images had against it.
    """

    spec: ModelSpec
    variant: Variant
    network: Network
    preprocess: Preprocess
    decoder: Decoder
    warnings: tuple[str, ...] = ()

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
    spec: ModelSpec,
    variant: str,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    delegate: bool = True,
) -> Engine:
    """Return a variant as an engine that has passed its golden check and gives answers.

    threads: None uses one per physical core. delegate: False runs the runtime's own kernels.
    Raises UsageError for an unknown variant, and ModelError if file, card and runtime do not fit.
    """
    chosen = spec.variant(variant)
    network = load_network(
        chosen.path,
        runtime=runtime,
        threads=threads,
        size_wh=spec.input.size_wh,
        output=spec.output.tensor,
        delegate=delegate,
    )
    try:
        preprocess = Preprocess(spec.input, network.input)
        classes = len(spec.labels.classes)
        decoder = Decoder(spec.task, classes, spec.input, network.output, spec.output)
    except ModelError as fault:
        raise ModelError(f"{chosen.path}: {fault}") from None
    engine = Engine(spec, chosen, network, preprocess, decoder)
    return replace(engine, warnings=check_golden(engine))


def warm_up(engine: Engine) -> None:
    """Run a new engine a few times, since its first runs take longer than the others."""
    width, height = engine.spec.input.size_wh
    image = np.zeros((height, width, 3), np.uint8)
    deadline_s = time.perf_counter() + _WARM_UP_S
    for _ in range(_WARM_UP_RUNS):
        engine.predict(image)
        if time.perf_counter() > deadline_s:
            return


def check_golden(engine: Engine) -> tuple[str, ...]:
    """Run drawn images: the card's golden one, or some if the card expects nothing of it.

    Returns warnings. Raises ModelError if an answer is not finite, if the golden image does not get
    the classes that the card expects, or if half precision changes them.
    """
    golden = engine.spec.golden
    expected = list(golden.get("expected", {}).get(engine.variant.name, ()))
    size_wh = engine.spec.input.size_wh
    if not expected:
        return _check_unknown(engine, drawn_images(engine.spec.task, size_wh))
    pattern = golden.get("pattern")
    try:
        image = golden_image(str(pattern), size_wh)
    except KeyError:
        raise ModelError(
            f"the card of {engine.variant.path} has the golden pattern '{pattern}', which this "
            "program does not know; convert the model again"
        ) from None
    classes = golden_classes(_finite_answer(engine, image))
    if not matches(classes, expected):
        raise ModelError(
            f"{engine.variant.path} fails its golden check on this machine "
            f"({engine.network.runtime.title}: {count_equal(classes, expected)} of "
            f"{len(expected)} classes as expected): the file or its card was changed, or the "
            "runtime computes wrongly; run edge-app models check, or try another --runtime"
        )
    # One class in all of the golden image may be that of everything.
    one = len(set(classes)) == 1
    return constant_warnings(engine, drawn_images(engine.spec.task, size_wh)) if one else ()


def constant_warnings(engine: Engine, images: Sequence[Image]) -> tuple[str, ...]:
    """Return a warning if very different images get one answer, as text.

    A slow network is not judged, since its start would take twice as long. Raises ModelError if an
    answer is not finite.
    """
    results, outputs = [], []
    start_s = time.perf_counter()
    for image in images:
        results.append(_finite_answer(engine, image))
        outputs.append(engine.network.read())
        if time.perf_counter() - start_s > _CHECK_S:
            return ()
    same = constant_answer(results, outputs)
    if not same:
        return ()
    return (
        f"{engine.variant.name} gives the same class to every image: {len(results)} very different "
        f"drawings get {same}; check --mean and --std, or the model",
    )


def _check_unknown(engine: Engine, images: Sequence[Image]) -> tuple[str, ...]:
    """Check an engine of which the card expects nothing."""
    warnings = constant_warnings(engine, images)
    if engine.network.runtime.name == LITERT_FP16:
        _check_half(engine, images[0])
    return warnings


def _check_half(engine: Engine, image: Image) -> None:
    """Raise ModelError if half precision gives an image other classes than single precision."""
    variant = engine.variant
    single = load_engine(engine.spec, variant.name, runtime="litert", threads=1)
    expected = golden_classes(single.predict(image))
    single.close()
    classes = golden_classes(engine.predict(image))
    if not matches(classes, expected):
        raise ModelError(
            f"{variant.path} has numbers beyond what half precision holds (65,504): of a drawn "
            f"image {count_equal(classes, expected)} of {len(expected)} classes are as in float32; "
            "use --runtime litert"
        )


def _finite_answer(engine: Engine, image: Image) -> Decoded:
    """Return an engine's result; raise ModelError if its numbers are none."""
    result = engine.predict(image)
    if problem := not_finite(engine.network.read()):
        half = engine.network.runtime.name == LITERT_FP16
        way = (
            "half precision holds numbers up to 65,504; use --runtime litert"
            if half
            else "its weights are damaged, or --mean and --std are wrong; convert it again"
        )
        raise ModelError(
            f"{engine.variant.path} cannot answer a drawn image on {engine.network.runtime.title}: "
            f"{problem}; {way}"
        )
    return result

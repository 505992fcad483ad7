"""Measurements of a converted variant by the code that runs on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Decoded, Image, Segmentation
from edge_app.metrics.scorer import Scorer
from edge_app.model.answer_check import not_finite
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.engine import Engine, load_engine
from edge_app.model.golden import PATTERN_BY_TASK, golden_classes, golden_image
from edge_app.model.interpreter.network import Network
from edge_app.results.gains import score_text
from host_tools.convert.evaluation import Evaluation
from host_tools.convert.finite import check_answer

# Number of images whose whole output is kept for comparison: 2.5 MB each at 257x129x19.
_KEPT_OUTPUTS = 16
# Default of --max-drop, for each figure it may be measured in.
MAX_DROP = {"miou": 0.02, "top1": 0.005}
FIGURE_TITLES = {"miou": "mIoU", "top1": "top-1"}
_THREADS = 2  # for the times
# Time limit of all rounds together, and limits of their number.
_BUDGET_S = 6.0
_FEWEST, _MOST = 3, 40


@dataclass(frozen=True, slots=True)
class Predictions:
    """A variant's predictions for a series of images.

    classes: uint8 (h, w) class maps at network resolution, or class ids.
    lost: positions of answers whose scores are not finite.
    outputs: dequantized outputs of the first images, float32 in the output's shape.
    """

    classes: list[NDArray[np.uint8] | int] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    outputs: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, engine: Engine, result: Decoded) -> None:
        """Add the result that an engine has just returned."""
        if not_finite(engine.network.read()):
            self.lost.add(len(self.classes))
        if isinstance(result, Segmentation):
            self.classes.append(result.class_map)
        else:
            self.classes.append(result.class_id)
        tensor = engine.network.output
        has_scores = tensor.dtype.kind == "f" or tensor.quantized  # class ids have no distance
        if has_scores and len(self.outputs) < _KEPT_OUTPUTS:
            self.outputs.append(tensor.dequantize(engine.network.read()))


@dataclass(frozen=True, slots=True)
class VerifiedVariant:
    """A variant with its measurements.

    golden: its classes for the golden image. class_count: number of different classes that it
    gave to the images. warnings: of its engine. predictions: for the scored images, else for the
    known ones.
    """

    variant: Variant
    golden: list[int]
    class_count: int
    predictions: Predictions = field(default_factory=Predictions)
    warnings: tuple[str, ...] = ()

    def with_measured(self, **values: float) -> VerifiedVariant:
        """Return a copy with further measurements."""
        measured = {**self.variant.measured, **values}
        return replace(self, variant=replace(self.variant, measured=measured))


def verify(
    spec: ModelSpec,
    name: str,
    evaluation: Evaluation | None,
    known_images: Iterable[Image],
    *,
    names: Sequence[str] = (),
    on_frame: Callable[[], None] = lambda: None,
) -> VerifiedVariant:
    """Load a variant, run it, and score it.

    known_images: uint8 (H, W, 3) BGR, to see whether it still tells classes apart. names: theirs.
    on_frame: called after every scored frame.
    Raises ModelError if it does not load or an answer is not finite, SourceError if the truth does
    not fit the images.
    """
    engine = load_engine(replace(spec, golden={}), name)
    classes: set[int] = set()
    predictions = Predictions()
    for number, image in enumerate(known_images):
        result = engine.predict(image)
        check_answer(engine, image, names[number] if number < len(names) else f"{number}")
        classes |= _classes(result)
        if evaluation is None:
            predictions.add(engine, result)
    quality = _score(engine, evaluation, predictions, on_frame) if evaluation else {}
    classes.update(number for one in predictions.classes for number in _class_ids(one))
    pattern = golden_image(PATTERN_BY_TASK[spec.task], spec.input.size_wh)
    golden = golden_classes(engine.predict(pattern))
    variant = replace(
        engine.variant,
        quality=quality,
        measured={**engine.variant.measured, **_measured(engine)},
    )
    return VerifiedVariant(variant, golden, len(classes), predictions, engine.warnings)


def with_agreement(variants: Sequence[VerifiedVariant]) -> tuple[VerifiedVariant, ...]:
    """Return the variants with their difference from the first one, float32."""
    first = variants[0].predictions
    return tuple(one.with_measured(**difference(first, one.predictions)) for one in variants)


def with_times(
    spec: ModelSpec, variants: Sequence[VerifiedVariant], images: Sequence[Image]
) -> tuple[VerifiedVariant, ...]:
    """Return the variants with the time of an invoke, and its ratio to that of the first one."""
    image = images[0] if images else golden_image("street", spec.input.size_wh)
    unchecked = replace(spec, golden={})
    engines = [load_engine(unchecked, one.variant.name, threads=_THREADS) for one in variants]
    times_ms = time_interleaved(engines, image)
    return tuple(
        one.with_measured(
            invoke_ms=round(time_ms, 3),
            times_float32=round(time_ms / times_ms[0], 3),
            threads=_THREADS,
        )
        for one, time_ms in zip(variants, times_ms, strict=True)
    )


def time_interleaved(engines: Sequence[Engine], image: Image) -> list[float]:
    """Return the median time of each engine's invoke in ms, measured in turn.

    image: uint8 (H, W, 3) BGR, written once; the first invoke of each engine does not count.
    """
    for engine in engines:
        engine.network.write(engine.preprocess.fill, image)
    first_s = sum(_invoke_ms(engine.network) for engine in engines) / 1e3
    rounds = max(_FEWEST, min(_MOST, int(_BUDGET_S / max(first_s, 1e-6))))
    times_ms: list[list[float]] = [[] for _ in engines]
    for number in range(rounds):
        start = number % len(engines)  # another engine begins each round
        for place in [*range(start, len(engines)), *range(start)]:
            times_ms[place].append(_invoke_ms(engines[place].network))
    return [median(series) for series in times_ms]


def difference(first: Predictions, other: Predictions) -> dict[str, float]:
    """Return how two series of predictions for the same images differ.

    agreement: share of pixels, or of images, with the same class. Answers that are NaN, which a
        candidate of a quantizer may give, agree with nothing.
    mean_abs_error: of the dequantized outputs; missing if they are class ids.
    """
    pairs = zip(first.classes, other.classes, strict=True)
    lost = first.lost | other.lost
    outputs = zip(first.outputs, other.outputs, strict=False)
    found = {
        "agreement": [
            0.0 if at in lost else float(np.mean(np.equal(a, b))) for at, (a, b) in enumerate(pairs)
        ],
        "mean_abs_error": [
            float(np.abs(a - b).mean()) for at, (a, b) in enumerate(outputs) if at not in lost
        ],
    }
    return {key: round(float(np.mean(values)), 6) for key, values in found.items() if values}


def check_collapsed(variants: Iterable[VerifiedVariant]) -> None:
    """Raise ModelError for a variant with one class for all images if the first one has more."""
    first, *others = variants
    for other in others:
        if other.class_count < 2 <= first.class_count:
            raise ModelError(
                f"{other.variant.name} gives the same class to every image and "
                f"{first.variant.name} does not: quantization has destroyed it; calibrate on "
                "other or more images, or find the layers to keep with host-tools diagnose and "
                "give them to --keep-float"
            )


def constant_note(float32: VerifiedVariant, images: int) -> tuple[str, ...]:
    """Return a warning if float32 itself gives one class to everything, as texts.

    images: how many real ones it has run; without any, drawings are judged.
    """
    if images < 2:
        return float32.warnings
    if float32.class_count > 1:
        return ()
    return (
        f"WARNING: {float32.variant.name} gives the same class to every image, all {images}; check "
        "--mean, --std and --channels, or the model",
    )


def check_drop(variants: Iterable[VerifiedVariant], max_drop: float | None) -> None:
    """Raise ModelError for variants that lose too much against the first one, float32.

    max_drop: share of mIoU or top-1; None is the usual limit.
    """
    first, *others = (one.variant for one in variants)
    figure = next((name for name in MAX_DROP if name in first.quality), None)
    if figure is None:
        return
    limit = MAX_DROP[figure] if max_drop is None else max_drop
    before, title = first.quality[figure], FIGURE_TITLES[figure]
    worse = [
        f"{other.name} {score_text((title, other.quality[figure]))}"
        for other in others
        if before - other.quality[figure] > limit + 1e-9
    ]
    if worse:
        raise ModelError(
            f"{' and '.join(worse)} lost more than {limit:g} of float32's "
            f"{title} {score_text((title, before))}, so nothing was replaced; write it to another "
            "folder with --max-drop 1, find the layers that lose it with host-tools diagnose, and "
            "keep them with --keep-float"
        )


def _score(
    engine: Engine, evaluation: Evaluation, predictions: Predictions, on_frame: Callable[[], None]
) -> dict[str, Any]:
    """Return the card's entry of a variant's quality, and add its predictions."""
    with evaluation.open() as source:
        scorer = Scorer(engine.spec.labels, source.truth_labels)
        for frame in evaluation.scored(source):
            result = engine.predict(frame.image)
            check_answer(engine, frame.image, frame.name)
            scorer.add(frame, result)
            predictions.add(engine, result)
            on_frame()
    quality = scorer.quality()
    if quality is None:
        return {}
    figures = {key: getattr(quality, key) for key in ("top1", "miou", "pixel_accuracy")}
    known = {key: round(value, 6) for key, value in figures.items() if value is not None}
    return {**known, "frames": quality.frames, "truth": source.truth_labels}


def _measured(engine: Engine) -> dict[str, Any]:
    network = engine.network
    return {
        "input": str(network.input.dtype),
        "output": str(network.output.dtype),
        "operators": network.delegation.operators,
        "delegated": network.delegation.delegated,
        "partitions": network.delegation.partitions,
        "runtime": network.runtime.title,
    }


def _classes(result: Decoded) -> set[int]:
    """Return the classes of a result, of a map those of every 97th pixel."""
    return _class_ids(result.class_map if isinstance(result, Segmentation) else result.class_id)


def _class_ids(classes: NDArray[np.uint8] | int) -> set[int]:
    if isinstance(classes, int):
        return {classes}
    return {int(value) for value in classes.ravel()[::97]}


def _invoke_ms(network: Network) -> float:
    start = time.perf_counter()
    network.invoke()
    return (time.perf_counter() - start) * 1e3

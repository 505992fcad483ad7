"""Measure a converted variant with the very code that runs it on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Decoded, Image, Segmentation
from edge_app.metrics.scorer import Scorer
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.engine import Engine, load_engine
from edge_app.model.golden import PATTERN_BY_TASK, golden_classes, golden_image
from host_tools.convert.evaluation import Evaluation

# Of how many pictures the whole output is kept to be compared: 2.5 MB each at 257x129x19.
_OUTPUTS = 16
# What --max-drop is when it is not given, by the figure it is taken from.
MAX_DROP = {"miou": 0.02, "top1": 0.005}


@dataclass(frozen=True, slots=True)
class Predictions:
    """Hold what a variant answered, picture by picture.

    answers: class maps at network resolution, uint8 (h, w), or class ids.
    outputs: of the first pictures, real values: float32, the output's shape.
    """

    answers: list[NDArray[np.uint8] | int] = field(default_factory=list)
    outputs: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, engine: Engine, result: Decoded) -> None:
        """Keep the answer that an engine has just given."""
        if isinstance(result, Segmentation):
            self.answers.append(result.class_map)
        else:
            self.answers.append(result.class_id)
        tensor = engine.network.output
        real = tensor.dtype.kind == "f" or tensor.quantized  # class ids have no distance
        if real and len(self.outputs) < _OUTPUTS:
            self.outputs.append(tensor.dequantize(engine.network.read()))


@dataclass(frozen=True, slots=True)
class VerifiedVariant:
    """Hold a variant with what was measured of it.

    golden: its answer to the golden picture. classes: how many different ones it gave to the
        calibration pictures. seen: what it answered to the scored pictures.
    """

    variant: Variant
    golden: list[int]
    classes: int
    seen: Predictions = field(default_factory=Predictions)


def verify(
    spec: ModelSpec,
    name: str,
    evaluation: Evaluation | None,
    familiar: Iterable[Image],
    tick: Callable[[], None] = lambda: None,
) -> VerifiedVariant:
    """Load a variant, let it answer, and score it.

    familiar: pictures that tell whether it still tells things apart, uint8 (H, W, 3) BGR.
    tick: called after every scored picture.
    Raises ModelError where it does not load, SourceError where the truth does not fit.
    """
    engine = load_engine(replace(spec, golden={}), name)
    classes: set[int] = set()
    seen = Predictions()
    for image in familiar:
        result = engine.predict(image)
        classes |= _classes(result)
        if evaluation is None:
            seen.add(engine, result)
    golden = golden_classes(
        engine.predict(golden_image(PATTERN_BY_TASK[spec.task], spec.input.size_wh))
    )
    variant = replace(
        engine.variant,
        quality=_score(engine, evaluation, seen, tick) if evaluation else {},
        measured={**engine.variant.measured, **_measured(engine)},
    )
    return VerifiedVariant(variant, golden, len(classes), seen)


def compared(proofs: Sequence[VerifiedVariant]) -> tuple[VerifiedVariant, ...]:
    """Note in each proof how far it agrees with the first one, float32.

    agreement: the share of pixels, or of pictures, that get the same class.
    mean_abs_error: of the output, in its real units.
    """
    first = proofs[0]
    return tuple(
        replace(
            proof,
            variant=replace(
                proof.variant,
                measured={**proof.variant.measured, **difference(first.seen, proof.seen)},
            ),
        )
        for proof in proofs
    )


def difference(first: Predictions, other: Predictions) -> dict[str, float]:
    """Return the agreement and the mean absolute error of two series of answers."""
    same = [
        float(np.mean(np.equal(a, b))) for a, b in zip(first.answers, other.answers, strict=True)
    ]
    errors = [
        float(np.abs(a - b).mean()) for a, b in zip(first.outputs, other.outputs, strict=False)
    ]
    found = {"agreement": same, "mean_abs_error": errors}
    return {key: round(float(np.mean(values)), 6) for key, values in found.items() if values}


def check_collapsed(proofs: Iterable[VerifiedVariant]) -> None:
    """Raise ModelError where a variant always answers the same and the first one does not."""
    first, *others = proofs
    for proof in others:
        if proof.classes < 2 <= first.classes:
            raise ModelError(
                f"{proof.variant.name} gives the same answer to every picture and "
                f"{first.variant.name} does not: quantization has destroyed it; "
                "calibrate on other or more pictures, or look with host-tools diagnose which "
                "layers to leave in float with --keep-float"
            )


def check_drop(proofs: Iterable[VerifiedVariant], max_drop: float | None) -> None:
    """Raise ModelError naming the variants that lose more against float32 than they may.

    max_drop: of mIoU or top-1, as a share; None takes the usual one.
    """
    first, *others = proofs
    figure = next((name for name in MAX_DROP if name in first.variant.quality), None)
    if figure is None:
        return
    limit = MAX_DROP[figure] if max_drop is None else max_drop
    before = first.variant.quality[figure]
    worse = [
        f"{proof.variant.name} {proof.variant.quality[figure]:.4f}"
        for proof in others
        if before - proof.variant.quality[figure] > limit + 1e-9
    ]
    if worse:
        word = {"miou": "mIoU", "top1": "top-1"}[figure]
        raise ModelError(
            f"{' and '.join(worse)} lost more than {limit:g} of float32's {word} {before:.4f}, so "
            "nothing was replaced; write it to a folder of its own with --max-drop 1, see there "
            "with host-tools diagnose which layers lose it, and keep those with --keep-float"
        )


def _score(
    engine: Engine, evaluation: Evaluation, seen: Predictions, tick: Callable[[], None]
) -> dict[str, Any]:
    with evaluation.open() as source:
        truth = source.truth_labels or engine.spec.labels.name
        scorer = Scorer(engine.spec.labels, truth)
        for frame in evaluation.scored(source):
            result = engine.predict(frame.image)
            scorer.add(frame, result)
            seen.add(engine, result)
            tick()
    quality = scorer.quality()
    if quality is None:
        return {}
    figures = {
        "top1": quality.top1,
        "miou": quality.miou,
        "pixel_accuracy": quality.pixel_accuracy,
    }
    known = {key: round(value, 6) for key, value in figures.items() if value is not None}
    return {**known, "frames": quality.frames, "truth": truth}


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
    if isinstance(result, Segmentation):
        return {int(value) for value in result.class_map.ravel()[::97]}
    return {result.class_id}

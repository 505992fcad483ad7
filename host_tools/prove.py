"""Measure a converted variant with the very code that runs it on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from edge_app.errors import ModelError
from edge_app.frame import Image, Result, Segmentation
from edge_app.golden import PATTERN_OF_TASK, golden_answer, golden_image
from edge_app.pipeline.engine import Engine, load_engine
from edge_app.pipeline.scoring import Scorer
from edge_app.sources.base import Source
from edge_app.sources.opening import open_source
from edge_app.sources.truth import open_truth
from edge_app.spec import ModelSpec, Variant


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Name the pictures a variant is scored on, and their truth."""

    pictures: str
    truth: str

    def open(self) -> Source:
        """Open the pictures with their truth; raise SourceError where they do not fit."""
        return open_source(self.pictures, truth=open_truth(self.truth))


@dataclass(frozen=True, slots=True)
class Proof:
    """Hold a variant with what was measured of it.

    golden: its answer to the golden picture. classes: how many different ones it gave to the
        calibration pictures.
    """

    variant: Variant
    golden: list[int]
    classes: int


def prove(
    spec: ModelSpec,
    name: str,
    evaluation: Evaluation | None,
    familiar: Iterable[Image],
    tick: Callable[[], None] = lambda: None,
) -> Proof:
    """Load a variant, let it answer, and score it.

    familiar: pictures that tell whether it still tells things apart, uint8 (H, W, 3) BGR.
    tick: called after every scored picture.
    Raises ModelError where it does not load, SourceError where the truth does not fit.
    """
    engine = load_engine(replace(spec, golden={}), name)
    classes = set()
    for image in familiar:
        classes |= _classes(engine.answer(image))
    golden = golden_answer(
        engine.answer(golden_image(PATTERN_OF_TASK[spec.task], spec.input.size_wh))
    )
    variant = replace(
        engine.variant,
        quality=_score(engine, evaluation, tick) if evaluation else {},
        measured=_measured(engine),
    )
    return Proof(variant, golden, len(classes))


def refuse_collapsed(proofs: Iterable[Proof]) -> None:
    """Raise ModelError where a variant always answers the same and the first one does not."""
    first, *others = proofs
    for proof in others:
        if proof.classes < 2 <= first.classes:
            raise ModelError(
                f"{proof.variant.name} gives the same answer to every picture and "
                f"{first.variant.name} does not: quantization has destroyed it; "
                "calibrate on other or more pictures"
            )


def _score(
    engine: Engine, evaluation: Evaluation, tick: Callable[[], None]
) -> dict[str, float | int]:
    with evaluation.open() as source:
        scorer = Scorer(engine.spec.labels, source.truth_labels or engine.spec.labels.name)
        for frame in source:
            scorer.add(frame, engine.answer(frame.image))
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
    return {**known, "frames": quality.frames}


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


def _classes(result: Result) -> set[int]:
    if isinstance(result, Segmentation):
        return {int(value) for value in result.class_map.ravel()[::97]}
    return {result.class_id}

"""Evaluation of a model's variants on one machine; what is counted is kept at every moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from edge_app.errors import UsageError
from edge_app.evaluate.dataset import Dataset, ImageSet
from edge_app.evaluate.partial_counts import add_counts, chunks
from edge_app.evaluate.scoring import score_span
from edge_app.label_fit import fit_labels
from edge_app.model.card import ModelSpec, file_sha256
from edge_app.model.engine import Engine
from edge_app.results.evaluation_result import (
    EVALUATION_NAME,
    DatasetInfo,
    EvaluationResult,
    PartialCounts,
    Span,
    VariantScores,
    read_evaluation,
)
from edge_app.style import count

# Frames between two looks at the clock; small networks answer thousands in a second.
CHUNK = {"segmentation": 8, "classification": 500}
_SAVE_S = 2.0  # a power cut costs at most this much work


def begin(
    spec: ModelSpec,
    names: list[str],
    dataset: Dataset,
    images: ImageSet,
    out: Path,
    *,
    boards: tuple[dict[str, Any], ...] = (),
    versions: Mapping[str, str] | None = None,
    start_over: bool = False,
) -> EvaluationResult:
    """Return an evaluation with nothing counted, or with what an earlier run left in `out`.

    Raises UsageError if `out` contains the evaluation of another model or data set, or if the
    truth does not correspond to the model's classes.
    """
    labels = fit_labels(spec.labels, images.labels).labels
    digest = dataset.digest()
    variants = {}
    for name in names:
        variant = spec.variant(name)
        sha256 = file_sha256(variant.path)
        variants[name] = VariantScores(sha256=sha256, bytes=variant.bytes, parts={})
    fresh = EvaluationResult(
        status="interrupted",
        model=spec.name,
        task="segmentation" if spec.task == "segmentation" else "classification",
        labels=labels.name,
        classes=labels.names,
        datasets={digest: DatasetInfo(dataset.name, images.count)},
        variants=variants,
        boards=boards,
        versions=dict(versions or {}),
    )
    if start_over or not (out / EVALUATION_NAME).is_file():
        return fresh
    earlier = read_evaluation(out)
    same = (earlier.model, earlier.classes, set(earlier.datasets)) == (
        fresh.model, labels.names, {digest},
    )  # fmt: skip
    for name in earlier.variants.keys() & variants.keys():
        same = same and earlier.variants[name].sha256 == variants[name].sha256
    if not same:
        raise UsageError(
            f"{out} contains the evaluation of another model or data set ({earlier.model}); "
            "choose another folder with --out, or start over with --anew"
        )
    return replace(fresh, variants={**variants, **earlier.variants})


def score_variant(
    result: EvaluationResult,
    engine: Engine,
    images: ImageSet,
    span: Span,
    save: Callable[[EvaluationResult], None],
    *,
    should_continue: Callable[[], bool] = lambda: True,
    on_frame: Callable[[], None] = lambda: None,
) -> EvaluationResult:
    """Score what is left of a span for one variant; return the evaluation with it.

    save: gets the evaluation every other second and at the end, also after an error.
    should_continue, on_frame: called after each frame.
    """
    name = engine.variant.name
    runtime = f"{engine.network.runtime.title}, {count(engine.network.threads, 'thread')}"
    saved_s = time.monotonic()
    try:
        for start, stop in chunks(span, counts_of(result, name).spans, CHUNK[result.task]):
            if not should_continue():
                break
            part = score_span(
                engine, images, start, stop, should_continue=should_continue, on_frame=on_frame
            )
            result = with_counts(result, name, part, runtime)
            if time.monotonic() - saved_s >= _SAVE_S:
                save(result)
                saved_s = time.monotonic()
    finally:
        save(result)
    return result


def counts_of(result: EvaluationResult, variant: str) -> PartialCounts:
    """Return what is counted of a variant on the evaluation's only data set."""
    (digest,) = result.datasets
    n = len(result.classes)
    none = PartialCounts(counts=np.zeros((n, n), np.int64), missed=np.zeros(n, np.int64))
    return result.variants[variant].parts.get(digest, none)


def with_counts(
    result: EvaluationResult, variant: str, part: PartialCounts, runtime: str
) -> EvaluationResult:
    """Return the evaluation with more counts of a variant on its only data set."""
    (digest,) = result.datasets
    scores = result.variants[variant]
    scores = replace(
        scores,
        parts={**scores.parts, digest: add_counts(counts_of(result, variant), part)},
        runtimes=tuple(dict.fromkeys((*scores.runtimes, runtime))),
    )
    return replace(result, variants={**result.variants, variant: scores})

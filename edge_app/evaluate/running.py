"""Go through the variants of a model on one machine, keeping what is done at every moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_app.errors import UsageError
from edge_app.evaluate.dataset import Dataset, ImageSet
from edge_app.evaluate.evaluation_result import NAME, EvaluationResult, Scored, read_outcome
from edge_app.evaluate.partial_counts import PartialCounts, chunks
from edge_app.evaluate.scoring import score_span
from edge_app.labels import label_set
from edge_app.model.card import ModelSpec, file_sha256
from edge_app.model.engine import Engine
from edge_app.style import count

# Frames between two looks at the clock; small networks answer thousands in a second.
CHUNK = {"segmentation": 8, "classification": 500}
_KEEP_S = 2.0  # a power cut costs at most this much work


def begin(
    spec: ModelSpec,
    names: list[str],
    dataset: Dataset,
    pictures: ImageSet,
    out: Path,
    about: Mapping[str, Any],
    *,
    anew: bool = False,
) -> EvaluationResult:
    """Return an outcome with nothing counted, or with what an earlier run left in `out`.

    about: more fields of the outcome, `boards` and `versions`.
    Raises UsageError where `out` holds the evaluation of something else.
    """
    labels = label_set(pictures.labels)
    digest = dataset.digest()
    variants = {
        name: Scored(file_sha256(spec.variant(name).path), spec.variant(name).bytes)
        for name in names
    }
    fresh = EvaluationResult(
        model=spec.name,
        task=spec.task,
        labels=labels.name,
        classes=labels.names,
        datasets={digest: {"name": dataset.name, "frames": pictures.count}},
        variants=variants,
        status="interrupted",
        **about,
    )
    if anew or not (out / NAME).is_file():
        return fresh
    kept = read_outcome(out / NAME)
    same = (kept.model, kept.classes, set(kept.datasets)) == (fresh.model, labels.names, {digest})
    for name in kept.variants.keys() & variants.keys():
        same = same and kept.variants[name].sha256 == variants[name].sha256
    if not same:
        raise UsageError(
            f"{out} holds the evaluation of another model or data set ({kept.model}); "
            "name another folder with --out, or begin anew with --anew"
        )
    return replace(fresh, variants={**variants, **kept.variants})


def score_variant(
    outcome: EvaluationResult,
    engine: Engine,
    pictures: ImageSet,
    span: tuple[int, int],
    keep: Callable[[EvaluationResult], None],
    *,
    going: Callable[[], bool] = lambda: True,
    tick: Callable[[], None] = lambda: None,
) -> EvaluationResult:
    """Score what is left of a span for one variant; return the outcome with it.

    keep: gets the outcome every other second and at the end, also of a fault.
    going: asked after each frame.
    """
    name, (digest,) = engine.variant.name, outcome.datasets
    runtime = f"{engine.network.runtime.title}, {count(engine.network.threads, 'thread')}"
    done = done_of(outcome, name)
    kept_s = time.monotonic()
    try:
        for start, stop in chunks(span, done.spans if done else (), CHUNK[outcome.task]):
            if not going():
                break
            part = score_span(engine, pictures, start, stop, going=going, tick=tick)
            done = done.plus(part) if done else part
            outcome = with_part(outcome, name, digest, done, runtime)
            if time.monotonic() - kept_s >= _KEEP_S:
                keep(outcome)
                kept_s = time.monotonic()
    finally:
        keep(outcome)
    return outcome


def done_of(outcome: EvaluationResult, name: str) -> PartialCounts | None:
    """Return what is counted of a variant on the outcome's only data set."""
    (digest,) = outcome.datasets
    return outcome.variants[name].parts.get(digest)


def with_part(
    outcome: EvaluationResult, name: str, digest: str, part: PartialCounts, runtime: str
) -> EvaluationResult:
    """Return the outcome with a variant's counts of a data set replaced."""
    scored = outcome.variants[name]
    runtimes = tuple(dict.fromkeys((*scored.runtimes, runtime)))
    scored = replace(scored, parts={**scored.parts, digest: part}, runtimes=runtimes)
    return replace(outcome, variants={**outcome.variants, name: scored})

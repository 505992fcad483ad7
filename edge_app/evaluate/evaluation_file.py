"""Evaluations: scores from their counts, writing them, and adding two of them."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from edge_app.atomic import write_atomic
from edge_app.errors import SinkError, UsageError
from edge_app.evaluate.partial_counts import add_counts
from edge_app.metrics.scorer import quality_of
from edge_app.quality import Quality
from edge_app.results.evaluation_result import (
    EVALUATION_NAME,
    Confusion,
    EvaluationResult,
    VariantScores,
)
from edge_app.results.json_file import to_json

# Differences that `merge` allows on request.
ALLOWANCES = ("models", "datasets", "overlap")


def counted_variants(result: EvaluationResult) -> list[str]:
    """Return the variants with at least one part."""
    return [name for name, scores in result.variants.items() if scores.parts]


def quality_of_variant(result: EvaluationResult, variant: str) -> Quality:
    """Return the scores of a variant over everything counted."""
    scores = result.variants[variant]
    return quality_of(scores.matrix, scores.frames, result.task, result.classes)


def cpu_kinds(result: EvaluationResult) -> list[str]:
    """Return the kinds of CPU that the frames were counted on, as text; unknown ones are left out.

    8-bit kernels round differently on each, so that some answers differ.
    """
    boards = ((board.get("cpu"), board.get("machine")) for board in result.boards)
    return list(dict.fromkeys(f"{cpu} ({machine})" for cpu, machine in boards if cpu and machine))


def write_evaluation(result: EvaluationResult, folder: Path) -> None:
    """Write evaluation.json, unless nothing is counted. Raises SinkError."""
    variants = {}
    for name in counted_variants(result):
        scores = result.variants[name]
        variants[name] = replace(
            scores,
            quality=quality_of_variant(result, name),
            confusion=Confusion(counts=scores.matrix.counts, missed=scores.matrix.missed),
        )
    if not variants:
        return
    write_atomic(
        folder / EVALUATION_NAME,
        to_json(replace(result, variants=variants)),
        error=SinkError,
        advice="choose another folder",
    )


def merge(
    first: EvaluationResult, second: EvaluationResult, allow: frozenset[str] = frozenset()
) -> EvaluationResult:
    """Return the sum of two evaluations, count by count.

    allow: some of `ALLOWANCES`: files of different bytes, different data sets, the same frames
        twice. Raises UsageError for each of these that is not allowed, and for other classes.
    """
    if (first.task, first.labels, first.classes) != (second.task, second.labels, second.classes):
        raise UsageError(
            f"the results have different classes ({first.labels} and {second.labels}); "
            "only results on the same classes can be added"
        )
    if first.datasets.keys() != second.datasets.keys() and "datasets" not in allow:
        names = [" and ".join(d.name for d in each.datasets.values()) for each in (first, second)]
        raise UsageError(
            f"the results are of different data sets ({names[0]}, {names[1]}: other files or "
            "sizes); if their frames belong together, add --allow datasets"
        )
    both = first.variants.keys() & second.variants.keys()
    if not both or (first.model != second.model and "models" not in allow):
        raise UsageError(
            f"the results have no variant of one model in common ({first.model}, "
            f"{second.model}); give results of the same model, or add --allow models"
        )
    complete = first.status == second.status == "complete"
    return replace(
        first,
        datasets={**first.datasets, **second.datasets},
        variants={
            **first.variants,
            **second.variants,
            **{
                name: _add(name, first.variants[name], second.variants[name], allow)
                for name in both
            },
        },
        boards=(*first.boards, *(b for b in second.boards if b not in first.boards)),
        status="complete" if complete else "interrupted",
    )


def _add(
    name: str, first: VariantScores, second: VariantScores, allow: frozenset[str]
) -> VariantScores:
    if first.sha256 != second.sha256 and "models" not in allow:
        raise UsageError(
            f"the {name} files differ (sha256 {first.sha256[:12]} and {second.sha256[:12]}); "
            "evaluate the same file on both boards, or add --allow models"
        )
    parts = {**first.parts, **second.parts}
    for digest in first.parts.keys() & second.parts.keys():
        pair = first.parts[digest], second.parts[digest]
        try:
            parts[digest] = add_counts(*pair, allow_overlap="overlap" in allow)
        except ValueError as fault:
            raise UsageError(
                f"{name}: {fault} results and would count twice; share them with --frames, or "
                "add --allow overlap"
            ) from None
    runtimes = tuple(dict.fromkeys((*first.runtimes, *second.runtimes)))
    return replace(first, parts=parts, runtimes=runtimes)

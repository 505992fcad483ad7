"""Hold, write, read and add what evaluations found, in one versioned JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.partial_counts import PartialCounts, matrix_record, read_part
from edge_app.json_fields import as_object, as_text, one_of, read_field
from edge_app.metrics.scorer import quality_of
from edge_app.metrics.variant_stats import quality_record
from edge_app.model.card import TASKS
from edge_app.quality import ConfusionMatrix, Quality
from edge_app.sinks.metrics_log import write_json

SCHEMA = 1
NAME = "evaluation.json"
_KIND = "give the evaluation.json of edge-app evaluate"
ALLOWANCES = ("models", "datasets", "overlap")


@dataclass(frozen=True, slots=True)
class Scored:
    """Hold what a variant's file scored, per data set.

    parts: by the data set's digest. runtimes: which ones answered, in words.
    """

    sha256: str
    bytes: int
    runtimes: tuple[str, ...] = ()
    parts: Mapping[str, PartialCounts] = field(default_factory=dict)

    @property
    def matrix(self) -> ConfusionMatrix:
        """The counts of all data sets."""
        first, *others = (part.matrix for part in self.parts.values())
        return sum(others, start=first)

    @property
    def frames(self) -> int:
        """How many frames were scored."""
        return sum(part.frames for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Hold an evaluation: one model, its variants, one data set or several added.

    labels, classes: the truth's label set and the names of its classes, in the order of the
        matrices. datasets: {digest: {"name", "frames"}}. boards: the machines that took part.
    status: complete or interrupted.
    """

    model: str
    task: str
    labels: str
    classes: tuple[str, ...]
    datasets: Mapping[str, Mapping[str, Any]]
    variants: Mapping[str, Scored]
    boards: tuple[Mapping[str, Any], ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    status: str = "complete"

    def quality(self, variant: str) -> Quality:
        """Return the scores of a variant over everything counted."""
        scored = self.variants[variant]
        return quality_of(scored.matrix, scored.frames, self.task, self.classes)

    def write(self, path: Path) -> Path:
        """Write it in one step; raise SinkError where that cannot be."""
        variants = {}
        for name, scored in self.variants.items():
            if not scored.parts:
                continue
            variants[name] = {
                "sha256": scored.sha256,
                "bytes": scored.bytes,
                "runtimes": list(scored.runtimes),
                "quality": quality_record(self.quality(name)),
                "confusion": matrix_record(scored.matrix),
                "parts": {digest: part.record() for digest, part in scored.parts.items()},
            }
        content = {
            "kind": "evaluation",
            "schema": SCHEMA,
            "status": self.status,
            "model": self.model,
            "task": self.task,
            "labels": self.labels,
            "classes": list(self.classes),
            "datasets": self.datasets,
            "variants": variants,
            "boards": list(self.boards),
            "versions": self.versions,
        }
        return write_json(path, content)


def read_outcome(path: Path) -> EvaluationResult:
    """Read what `Outcome.write` wrote; raise SourceError naming the field that is wrong."""
    if path.is_dir():
        path /= NAME
    try:
        content = json.loads(path.read_text("utf-8"))
        return parse_outcome(content)
    except OSError as fault:
        raise SourceError(f"{path} cannot be read ({fault.strerror}); {_KIND}") from None
    except (TypeError, ValueError) as fault:
        raise SourceError(f"{path} is no valid evaluation: {fault}; {_KIND}") from None


def parse_outcome(content: Any) -> EvaluationResult:
    """Make an outcome of its JSON; raise ValueError naming the field that is wrong."""
    read_field(content, "kind", one_of(("evaluation",)))
    schema = read_field(content, "schema", int)
    if schema != SCHEMA:
        raise ValueError(f"schema: it is {schema}, this program reads {SCHEMA}")
    classes = read_field(content, "classes", lambda value: tuple(map(as_text, value)))

    def scored(entry: Any) -> Scored:
        parts = read_field(entry, "parts", as_object)
        if not parts:
            raise ValueError("parts: there is none")
        return Scored(
            read_field(entry, "sha256", as_text),
            read_field(entry, "bytes", int),
            read_field(entry, "runtimes", lambda value: tuple(map(as_text, value)), ()),
            {
                digest: read_field(parts, digest, lambda part: read_part(part, len(classes)))
                for digest in parts
            },
        )

    def all_scored(entries: Any) -> dict[str, Scored]:
        return {name: read_field(entries, name, scored) for name in as_object(entries)}

    return EvaluationResult(
        model=read_field(content, "model", as_text),
        task=read_field(content, "task", one_of(TASKS)),
        labels=read_field(content, "labels", as_text),
        classes=classes,
        datasets=read_field(content, "datasets", as_object),
        variants=read_field(content, "variants", all_scored),
        boards=read_field(content, "boards", tuple, ()),
        versions=read_field(content, "versions", as_object, {}),
        status=read_field(content, "status", one_of(("complete", "interrupted"))),
    )


def merge(
    first: EvaluationResult, second: EvaluationResult, allow: frozenset[str] = frozenset()
) -> EvaluationResult:
    """Add two outcomes, count by count.

    allow: some of `ALLOWANCES`: files of different bytes, different data sets, the same frames
        twice. Raises UsageError for each of these that is not allowed, and for other classes.
    """
    if (first.task, first.labels, first.classes) != (second.task, second.labels, second.classes):
        raise UsageError(
            f"one was scored on the classes of {first.labels}, the other on those of "
            f"{second.labels}; only results on the same classes can be added"
        )
    if first.datasets.keys() != second.datasets.keys() and "datasets" not in allow:
        names = [
            " and ".join(str(d.get("name")) for d in each.datasets.values())
            for each in (first, second)
        ]
        raise UsageError(
            f"they are of different data sets ({names[0]}, {names[1]}: other files or sizes); "
            "if their frames belong together, say --allow datasets"
        )
    both = first.variants.keys() & second.variants.keys()
    if not both or (first.model != second.model and "models" not in allow):
        raise UsageError(
            f"they have no variant of one model in common ({first.model}, {second.model}); "
            "give results of the same model, or say --allow models"
        )
    variants = {**first.variants, **second.variants}
    for name in both:
        variants[name] = _added(name, first.variants[name], second.variants[name], allow)
    return EvaluationResult(
        model=first.model,
        task=first.task,
        labels=first.labels,
        classes=first.classes,
        datasets={**first.datasets, **second.datasets},
        variants=variants,
        boards=(*first.boards, *(b for b in second.boards if b not in first.boards)),
        versions=first.versions,
        # "interrupted" is the greater word.
        status=max(first.status, second.status),
    )


def _added(name: str, first: Scored, second: Scored, allow: frozenset[str]) -> Scored:
    if first.sha256 != second.sha256 and "models" not in allow:
        raise UsageError(
            f"the {name} files differ (sha256 {first.sha256[:12]} and {second.sha256[:12]}); "
            "evaluate the same file on both boards, or say --allow models"
        )
    parts = {**first.parts, **second.parts}
    for digest in first.parts.keys() & second.parts.keys():
        try:
            twice = "overlap" in allow
            parts[digest] = first.parts[digest].plus(second.parts[digest], twice=twice)
        except ValueError as fault:
            raise UsageError(
                f"{name}: {fault} results and would count twice; share them with --frames, or "
                "say --allow overlap"
            ) from None
    runtimes = tuple(dict.fromkeys((*first.runtimes, *second.runtimes)))
    return Scored(first.sha256, first.bytes, runtimes, parts)

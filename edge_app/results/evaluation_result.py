"""Evaluations: the file evaluation.json of `edge-app evaluate` and `merge`, with every count."""

from functools import reduce
from operator import add
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from msgspec import Meta, Struct

from edge_app.quality import ConfusionMatrix, Quality
from edge_app.results.json_file import parse_json, read_file

EVALUATION_SCHEMA = 1
EVALUATION_NAME = "evaluation.json"
Span: TypeAlias = tuple[int, int]
IntArray: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class WorstFrame(Struct, frozen=True, order=True, array_like=True):
    """A frame that was answered badly.

    accuracy: share of its pixels that are right, or 1 - the probability of the wrong class;
        0 is worst.
    """

    accuracy: float
    position: int
    name: str


class Confusion(Struct, frozen=True, kw_only=True, eq=False):
    """Counts per class.

    counts: int64 (n, n), truth in rows and answers in columns. missed: int64 (n,), answers of no
    class, by their truth.
    """

    counts: IntArray
    missed: IntArray

    def __post_init__(self) -> None:
        """Check that both are of the same classes."""
        n = len(self.missed)
        if self.counts.shape != (n, n):
            raise ValueError(f"counts has to be {n} x {n}, as missed has {n} entries")

    @property
    def matrix(self) -> ConfusionMatrix:
        """The counts as a matrix of its own."""
        matrix = ConfusionMatrix(len(self.missed))
        matrix.counts += self.counts
        matrix.missed += self.missed
        return matrix


class PartialCounts(Confusion, frozen=True, kw_only=True, eq=False):
    """Counts of some frames of a data set; `evaluate.partial_counts` adds them up.

    spans: the positions done, (start, stop) each, in order and apart. frames: how many of them
    had a score. damaged: a line for each that could not be read. worst: worst first.
    """

    spans: tuple[Span, ...] = ()
    frames: int = 0
    damaged: tuple[str, ...] = ()
    worst: tuple[WorstFrame, ...] = ()


class VariantScores(Struct, frozen=True, kw_only=True, eq=False):
    """What a variant's file scored.

    runtimes: which ones answered. quality, confusion: of all parts together.
    parts: by the digest of the data set.
    """

    sha256: str
    bytes: int
    runtimes: tuple[str, ...] = ()
    quality: Quality | None = None
    confusion: Confusion | None = None
    parts: Annotated[dict[str, PartialCounts], Meta(min_length=1)]

    @property
    def matrix(self) -> ConfusionMatrix:
        """The counts of all data sets."""
        return reduce(add, (part.matrix for part in self.parts.values()))

    @property
    def frames(self) -> int:
        """How many frames were scored."""
        return sum(part.frames for part in self.parts.values())


class DatasetInfo(Struct, frozen=True):
    """A data set by its name, and the number of its frames."""

    name: str
    frames: int = 0


class EvaluationResult(Struct, frozen=True, kw_only=True, eq=False):
    """One model and its variants, scored on one data set or on several together.

    labels, classes: the truth's label set and the names of its classes, in the order of the
    counts. datasets: by digest. boards: the machines that took part.
    """

    kind: Literal["evaluation"] = "evaluation"
    schema: int = EVALUATION_SCHEMA
    status: Literal["complete", "interrupted"] = "complete"
    model: str
    task: Literal["segmentation", "classification"]
    labels: str
    classes: tuple[str, ...]
    datasets: dict[str, DatasetInfo]
    variants: dict[str, VariantScores]
    boards: tuple[dict[str, Any], ...] = ()
    versions: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Check the counts against the classes."""
        for name, scores in self.variants.items():
            for part in scores.parts.values():
                if len(part.missed) != len(self.classes):
                    raise ValueError(f"counts of {name} are not of {len(self.classes)} classes")


def parse_evaluation(content: bytes) -> EvaluationResult:
    """Return the evaluation in a file's content. Raises ValueError naming the field."""
    return parse_json(
        content,
        EvaluationResult,
        schema=EVALUATION_SCHEMA,
        file_kind="evaluation",
        hook=_to_array,
    )


def read_evaluation(path: Path) -> EvaluationResult:
    """Read a file, or the evaluation.json of a folder. Raises SourceError."""
    if path.is_dir():
        path /= EVALUATION_NAME
    advice = "give the evaluation.json of edge-app evaluate"
    return read_file(path, parse_evaluation, "evaluation", advice)


def _to_array(_kind: type, value: Any) -> IntArray:
    """Return lists of counts as int64; arrays are the only type that msgspec does not know."""
    numbers = np.array(value)
    if numbers.dtype.kind != "i" or numbers.min(initial=0) < 0:
        raise ValueError("expected integers of 0 or more")
    return numbers.astype(np.int64)

"""Hold what was counted of some frames of a data set; parts add up to the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from edge_app.json_fields import as_text, read_field
from edge_app.quality import ConfusionMatrix

WORST = 8  # frames kept to be looked at


@dataclass(frozen=True, slots=True, order=True)
class Worst:
    """Name a frame that was answered badly.

    right: the share of its pixels that are right, or what is left to 1 of the probability a
        wrong class was given; 0 is worst.
    """

    right: float
    position: int
    name: str


@dataclass(frozen=True, slots=True)
class PartialCounts:
    """Hold the counts of some frames.

    spans: the positions done, (start, stop) each, in order and apart.
    frames: how many of them had a score. damaged: a line for each that could not be read.
    worst: at most `WORST`, worst first.
    """

    matrix: ConfusionMatrix
    spans: tuple[tuple[int, int], ...] = ()
    frames: int = 0
    damaged: tuple[str, ...] = ()
    worst: tuple[Worst, ...] = ()

    def plus(self, other: PartialCounts, *, twice: bool = False) -> PartialCounts:
        """Return the sum, the same in every order.

        twice: whether frames may be in both. Raises ValueError where they are and may not.
        """
        both = overlap(self.spans, other.spans)
        if both and not twice:
            raise ValueError(f"frames {both[0]} to {both[1] - 1} are in both")
        return PartialCounts(
            self.matrix + other.matrix,
            joined((*self.spans, *other.spans)),
            self.frames + other.frames,
            tuple(sorted((*self.damaged, *other.damaged))),
            tuple(sorted((*self.worst, *other.worst)))[:WORST],
        )

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "spans": [list(span) for span in self.spans],
            "frames": self.frames,
            "damaged": list(self.damaged),
            "worst": [[one.right, one.position, one.name] for one in self.worst],
            **matrix_record(self.matrix),
        }


def add_parts(parts: Iterable[PartialCounts]) -> PartialCounts:
    """Return the sum of parts that have no frame in common; at least one of them."""
    return reduce(PartialCounts.plus, parts)


def matrix_record(matrix: ConfusionMatrix) -> dict[str, Any]:
    """Return the counts as JSON has them; rows are truth, columns answers."""
    return {"counts": matrix.counts.tolist(), "missed": matrix.missed.tolist()}


def read_part(record: Any, classes: int) -> PartialCounts:
    """Make a part of its record; raise ValueError naming the field that is wrong."""
    matrix = ConfusionMatrix(classes)
    matrix.counts[...] = read_field(record, "counts", _integers((classes, classes)))
    matrix.missed[...] = read_field(record, "missed", _integers((classes,)))
    spans = read_field(record, "spans", lambda value: joined((int(a), int(b)) for a, b in value))
    return PartialCounts(
        matrix,
        spans,
        read_field(record, "frames", int),
        read_field(record, "damaged", lambda value: tuple(map(as_text, value)), ()),
        read_field(
            record,
            "worst",
            lambda value: tuple(Worst(float(a), int(b), as_text(c)) for a, b, c in value),
            (),
        ),
    )


def _integers(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        numbers = np.array(value)
        if numbers.shape != shape or numbers.dtype.kind != "i" or numbers.min(initial=0) < 0:
            raise ValueError(f"these are no {'x'.join(map(str, shape))} counts")
        return numbers

    return check


def joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Put spans in order and join those that touch."""
    done: list[tuple[int, int]] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if done and start <= done[-1][1]:
            done[-1] = done[-1][0], max(stop, done[-1][1])
        else:
            done.append((start, stop))
    return tuple(done)


def overlap(
    first: Iterable[tuple[int, int]], second: Iterable[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return the first positions that are in both, or None."""
    seconds = list(second)
    for a, b in first:
        for c, d in seconds:
            if max(a, c) < min(b, d):
                return max(a, c), min(b, d)
    return None


def chunks(
    span: tuple[int, int], done: Iterable[tuple[int, int]], size: int
) -> list[tuple[int, int]]:
    """Cut what is left of a span into pieces of at most `size` positions."""
    left, at = [], span[0]
    for start, stop in (*done, (span[1], span[1])):
        end = min(start, span[1])
        left += [(begin, min(begin + size, end)) for begin in range(at, end, size)]
        at = max(at, stop)
    return left

"""Counts of some frames of a data set: adding them up, and what is left to count."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from edge_app.results.evaluation_result import PartialCounts, Span

WORST = 8  # frames kept to be looked at


def add_counts(
    first: PartialCounts, second: PartialCounts, *, allow_overlap: bool = False
) -> PartialCounts:
    """Return the sum of two parts, the same in every order.

    Raises ValueError if a frame is in both, unless allow_overlap.
    """
    both = overlap(first.spans, second.spans)
    if both and not allow_overlap:
        raise ValueError(f"frames {both[0]} to {both[1] - 1} are in both")
    return PartialCounts(
        counts=first.counts + second.counts,
        missed=first.missed + second.missed,
        spans=join_spans((*first.spans, *second.spans)),
        frames=first.frames + second.frames,
        damaged=tuple(sorted((*first.damaged, *second.damaged))),
        worst=tuple(sorted((*first.worst, *second.worst)))[:WORST],
    )


def sum_counts(parts: Iterable[PartialCounts]) -> PartialCounts:
    """Return the sum of at least one part. Raises ValueError if a frame is in two of them."""
    return reduce(add_counts, parts)


def join_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch joined."""
    joined: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return tuple(joined)


def overlap(first: Iterable[Span], second: Iterable[Span]) -> Span | None:
    """Return the first positions that are in both, or None."""
    seconds = list(second)
    for a, b in first:
        for c, d in seconds:
            if max(a, c) < min(b, d):
                return max(a, c), min(b, d)
    return None


def chunks(span: Span, done: Iterable[Span], size: int) -> list[Span]:
    """Return what is left of a span in pieces of at most `size` positions.

    done: spans in order and apart.
    """
    left, at = [], span[0]
    for start, stop in (*done, (span[1], span[1])):
        end = min(start, span[1])
        left += [(begin, min(begin + size, end)) for begin in range(at, end, size)]
        at = max(at, stop)
    return left

"""Counts of parts add up exactly, and no frame counts twice."""

import numpy as np
import pytest

from edge_app.evaluate.partial_counts import WORST, chunks, join_spans, sum_counts
from edge_app.results.evaluation_result import (
    PartialCounts,
    WorstFrame,
)
from edge_app.results.json_file import to_json


def part(seed: int) -> PartialCounts:
    """Return random counts of ten frames; another seed has other frames."""
    draw = np.random.default_rng(seed)
    worst = (WorstFrame(float(draw.random()), seed * 10 + i, f"{i}") for i in range(6))
    return PartialCounts(
        counts=draw.integers(0, 1 << 40, (3, 3)),
        missed=draw.integers(0, 9, 3),
        spans=((seed * 10, seed * 10 + 10),),
        frames=9,
        damaged=(f"{seed} is damaged",),
        worst=tuple(sorted(worst)),
    )


def same(first: PartialCounts, second: PartialCounts) -> bool:
    """Return whether two parts have equal counts."""
    return to_json(first) == to_json(second)


def test_parts_add_up_in_any_order_and_grouping() -> None:
    """A tree of sums is the sum from left to right, and the sum of a shuffled list."""
    parts = [part(seed) for seed in range(7)]
    whole = sum_counts(parts)
    tree = sum_counts([sum_counts(parts[4:]), sum_counts(parts[2:4]), sum_counts(parts[:2])])
    assert same(whole, tree)
    assert whole.spans == ((0, 70),)
    assert len(whole.worst) == WORST
    assert whole.worst == tuple(sorted(one for each in parts for one in each.worst))[:WORST]


def test_a_frame_cannot_count_twice() -> None:
    """Adding what has a frame in common is refused by name of the frame."""
    with pytest.raises(ValueError, match="frames 10 to 19 are in both"):
        sum_counts([part(0), part(1), part(1)])


def test_chunks_leave_out_what_is_done() -> None:
    """No piece overlaps what is done, none is too long, and together they are the rest."""
    left = chunks((2, 30), ((0, 4), (10, 12), (25, 99)), 5)
    assert left == [(4, 9), (9, 10), (12, 17), (17, 22), (22, 25)]
    assert join_spans([*left, (2, 4), (10, 12), (25, 30)]) == ((2, 30),)
    assert chunks((0, 5), ((0, 5),), 2) == []

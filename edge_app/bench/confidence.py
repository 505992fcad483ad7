"""Confidence intervals of medians and of their ratios."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.results.bench_result import Range

# More values than this add nothing to a range that is printed with three figures.
_MOST = 2000


def bootstrap_ci(groups: Sequence[Sequence[float]], resamples: int = 1000) -> Range | None:
    """Return the bootstrap's central 95 % of the median, or None without durations.

    groups: the durations of each trial. Trials are drawn first and then durations within each,
    since durations of one trial share its clock and its memory layout: drawing durations
    directly gives ranges that do not contain the median of a second run.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13 (percentiles).
    """
    kept = [_thinned(np.asarray(group, np.float64)) for group in groups if len(group)]
    if not kept:
        return None
    random = np.random.default_rng(0)  # the same figures give the same range
    medians = np.empty(resamples)
    for number in range(resamples):
        drawn = [kept[place] for place in random.integers(0, len(kept), len(kept))]
        values = [group[random.integers(0, len(group), len(group))] for group in drawn]
        medians[number] = np.median(np.concatenate(values))
    low, high = np.quantile(medians, (0.025, 0.975))
    return float(low), float(high)


def ratio_range(above: Range, below: Range) -> Range:
    """Return the widest range of a quotient of two values that lie in their own ranges."""
    return above[0] / below[1], above[1] / below[0]


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    step = -(-len(values) // _MOST)
    return np.sort(values)[::step] if step > 1 else values

"""Intervals of medians widen with drift between trials."""

import statistics

import numpy as np

from edge_app.bench.confidence import bootstrap_ci, ratio_range


def test_an_interval_contains_the_median_and_widens_with_drift() -> None:
    """The interval of trials that differ spans them; that of equal trials is narrow."""
    random = np.random.default_rng(1)
    steady = [list(random.normal(10, 0.1, 200)) for _ in range(3)]
    drifting = [list(random.normal(10 + place, 0.1, 200)) for place in range(3)]
    low, high = bootstrap_ci(steady) or (0, 0)
    assert low <= statistics.median(ms for group in steady for ms in group) <= high
    assert high - low < 0.1
    wide = bootstrap_ci(drifting) or (0, 0)
    assert wide[1] - wide[0] > 1
    assert bootstrap_ci([[], []]) is None
    assert ratio_range((2, 3), (1, 2)) == (1, 3)

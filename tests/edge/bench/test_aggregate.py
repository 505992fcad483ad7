"""Figures of a case follow from its trials."""

import pytest

from edge_app.bench.aggregate import aggregate
from tests.support.made_results import trial


def test_trials_become_the_figures_of_a_case() -> None:
    """Rates, ratios, CPU and the bound follow from what the trials measured."""
    case = aggregate([trial(), trial(peak_rss_mb=120.0)], cores=2)
    assert case.invoke_only is not None
    assert (case.invoke_only.n, case.invoke_only.p50_ms) == (6, 10.0)
    assert case.invoke_only_fps == pytest.approx(100)
    assert case.end_to_end_fps == pytest.approx(80)
    assert case.ratio == pytest.approx(0.8)
    assert case.cpu_outside_ms == pytest.approx(4.0)
    assert case.of_bound == pytest.approx(0.9)
    assert (case.peak_rss_mb, case.rounds) == (120.0, 2)
    assert case.stages["end_to_end"].n == 10

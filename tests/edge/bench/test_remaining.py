"""The progress of a benchmark says how much is left of how much."""

from __future__ import annotations

import threading
from pathlib import Path

from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import cases_of
from edge_app.bench.remaining import Remaining
from tests.support.made_results import board, trial, trial_request


def test_the_time_left_follows_what_the_steps_took(assets: Path) -> None:
    """By the budget at first, by the steps so far afterwards, and nothing at the end."""
    now_s = 100.0
    cases = cases_of(["float32", "int8"], ["litert"], [None])
    found = Benchmark(trial_request(assets), cases, board(), threading.Event())
    remaining = Remaining(found, 30, clock=lambda: now_s)
    steps = found.steps()
    assert [name for name, _ in steps] == [*["round 1/2"] * 2, *["round 2/2"] * 2, *["quality"] * 2]
    assert remaining.text(*steps[0]) == "1 of 6, at least 0:08 of 0:08 left"
    found.trials[cases[0]] = [trial("float32")]
    now_s += 20
    text = remaining.text(*steps[1])
    assert text.startswith("2 of 6, about 1:0")  # three trials of 20 s, and the scoring
    now_s += 10
    assert remaining.text(*steps[1]).startswith("2 of 6, about 0:5")
    found.failed[cases[1]] = "it is damaged"
    now_s += 15
    assert remaining.text(*steps[4]).startswith("5 of 6, about 0:0")
    now_s += 60
    assert remaining.text(*steps[4]) == "5 of 6, about 0:00 of 1:45 left"


def test_what_is_unknown_is_not_counted(assets: Path) -> None:
    """The scoring of a source of unknown length."""
    cases = cases_of(["int8"], ["litert"], [None])
    found = Benchmark(trial_request(assets), cases, board(), threading.Event())
    found.trials[cases[0]] = [trial("int8")]
    assert "at least" in Remaining(found, None).text(*found.steps()[0])

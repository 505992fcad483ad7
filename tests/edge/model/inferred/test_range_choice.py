"""A trial's scores decide the range of values, or leave it as usual and name the others."""

import math

import pytest

from edge_app.model.inferred.range_choice import choose_range, fits_no_truth
from edge_app.model.inferred.trial_run import RangeTrial
from edge_app.model.inferred.value_ranges import CAFFE, IMAGENET, MINUS_ONE, PIXELS, UNIT

RANGES = (MINUS_ONE, UNIT, PIXELS, IMAGENET, CAFFE)


def chosen(scores: list[float], *, by_truth: bool, most: float = 2.0) -> str:
    """Return the range, how sure it is, and which others are named."""
    names = [one.name for one in RANGES]
    trial = RangeTrial("x", dict(zip(names, scores, strict=False)), by_truth, None, most)
    best, guess = choose_range(RANGES, trial)
    others = [one.name for one in RANGES if one.options in guess.other]
    return f"{best.name}, {guess.sureness}, {others}"


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([0.75, 0.65, 0.3, 0.48, 0.2], "-1 to 1, likely, []"),
        ([0.91, 0.9, 0.2, 0.5, 0.6], "-1 to 1, assumed, ['0 to 1']"),
        ([0.3, 0.6, 0.2, 0.5, 0.3], "0 to 1, likely, []"),
        ([0.3, 0.2, 0.8, 0.5, 0.3], "0 to 255, likely, []"),
        ([0.01, 0.1, 0.2, 0.0, 0.1], "-1 to 1, doubtful, []"),
        ([0.7], "-1 to 1, assumed, []"),
    ],
)
def test_truth_decides_where_there_is_some(scores: list[float], said: str) -> None:
    """By a clear margin; where no range fits, that is said."""
    assert chosen(scores, by_truth=True) == said


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([1.5, 1.0, 0.3, 0.9, 0.3], "-1 to 1, likely, []"),
        ([0.5, 0.9, 0.3, 0.4, 0.3], "0 to 1, likely, []"),
        ([0.9, 0.85, 0.3, 1.0, 0.3], f"-1 to 1, assumed, {[UNIT.name, IMAGENET.name]}"),
        ([0.5, 0.4, 1.9, 0.9, 1.9], f"-1 to 1, assumed, {[UNIT.name, IMAGENET.name]}"),
        ([0.01, 0.0, 1.9, 0.01, 0.3], "0 to 255, assumed, ['-1 to 1']"),
        ([0.01, 0.0, 0.5, 0.01, 0.3], "-1 to 1, doubtful, ['0 to 1', '0 to 255']"),
        ([], "-1 to 1, assumed, ['0 to 1']"),
        ([0.9], "-1 to 1, assumed, ['0 to 1']"),
    ],
)  # fmt: skip
def test_certainty_alone_decides_with_care(scores: list[float], said: str) -> None:
    """Wide ranges make networks certain, so they count only where the others fail."""
    assert chosen(scores, by_truth=False) == said


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([0.01, 0.0, 0.9, 0.01, 0.3], f"0 to 255, doubtful, ['{MINUS_ONE.name}']"),
        ([0.5, 0.9, 0.3, 0.4, 0.3], "0 to 1, doubtful, []"),
    ],
)
def test_a_network_that_fits_no_truth_is_judged_without_it(scores: list[float], said: str) -> None:
    """Ten classes that are no digits have a range all the same; it stays doubtful."""
    names = [one.name for one in RANGES]
    digits = RangeTrial("digits", dict.fromkeys(names, 0.1), True, None)
    street = RangeTrial("a street", dict(zip(names, scores, strict=True)), False, None, 2.0)
    assert fits_no_truth(digits)
    best, guess = choose_range(RANGES, digits, street)
    others = [one.name for one in RANGES if one.options in guess.other]
    assert f"{best.name}, {guess.sureness}, {others}" == said
    assert guess.origin.startswith("right on 10.0 % of digits at most; ")


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([0.28, 0.12, 0.07, 0.1, 0.0], "-1 to 1, assumed, ['0 to 1']"),
        ([0.05, 0.18, 0.04, 0.02, 0.2], "0 to 1, assumed, ['-1 to 1']"),
        ([0.05, 0.03, 0.5, 0.17, 0.6], f"-1 to 1, assumed, {[UNIT.name, IMAGENET.name]}"),
    ],
)
def test_of_two_classes_certainty_says_little(scores: list[float], said: str) -> None:
    """A mask of people is often surest with the wrong range, so the other usual one is named."""
    assert chosen(scores, by_truth=False, most=math.log(2)) == said

"""The range of values that a trial speaks for, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from edge_app.model.guess import ASSUMED, DOUBTFUL, LIKELY, Guess
from edge_app.model.inferred.trial_run import RangeTrial
from edge_app.model.inferred.value_ranges import UNIT, ValueRange, scaling_text
from edge_app.style import count, percent

# A range has to be so much better than the usual one.
_BETTER_TRUTH, _BETTER_CERTAINTY = 0.05, 1.3
# Below that, the range or the classes are none of those that were tried.
_LEAST_TRUTH = 0.25
# Answers to parts of a street that differ less, in nats, are one answer to everything.
_LEAST_CERTAINTY = 0.02
# Wide ranges make any network certain. They count only where the others fail, and with this share
# of the certainty that there can be: a ResNet of CIFAR-10 has 0.46 of parts of a street.
_CLEAR = 0.3
# Of two classes, a wrong range is often the surest one: portraits trained with 0 to 1 had twice the
# certainty with -1 to 1. So the other usual one is named whatever a trial says.
_MOST_OF_TWO = math.log(2) + 1e-6


def fits_no_truth(trial: RangeTrial) -> bool:
    """Return whether no range gives the truth: the range or the classes are not those tried."""
    return trial.by_truth and max(trial.scores.values(), default=0.0) < _LEAST_TRUTH


def choose_range(
    ranges: Sequence[ValueRange], trial: RangeTrial, unlabelled: RangeTrial | None = None
) -> tuple[ValueRange, Guess]:
    """Return the usual range, the first, or the one that a trial shows to be better.

    unlabelled: a trial without truth, for a network that fits none: ten classes are not always
        digits.
    """
    if unlabelled is not None and unlabelled.scores:
        best, guess = choose_range(ranges, unlabelled)
        score = percent(max(trial.scores.values(), default=0.0))
        origin = f"right on {score} of {trial.images} at most; {guess.origin}"
        return best, replace(guess, origin=origin, sureness=DOUBTFUL)
    usual, scores = ranges[0], trial.scores
    tried = [one for one in ranges if one.name in scores]
    if usual not in tried or (len(tried) < 2 and not trial.by_truth):
        return usual, _guess(
            usual, "as usual; a trial takes too long or fails", ASSUMED, ranges[1:2]
        )
    return (_by_truth if trial.by_truth else _by_certainty)(tried, trial)


def _by_truth(tried: list[ValueRange], trial: RangeTrial) -> tuple[ValueRange, Guess]:
    usual, scores = tried[0], trial.scores
    best = max(tried, key=lambda one: scores[one.name])
    score = scores[best.name]
    if score < _LEAST_TRUTH:
        origin = f"as usual, but no usual range fits: right on {percent(score)} of {trial.images}"
        return usual, _guess(usual, origin, DOUBTFUL)
    if score < scores[usual.name] + _BETTER_TRUTH:
        best, score = usual, scores[usual.name]
    near = [one for one in tried if one is not best and scores[one.name] > score - _BETTER_TRUTH]
    origin = f"right on {percent(score)} of {trial.images}, {_tried(tried)}"
    return best, _guess(best, origin, ASSUMED if near or len(tried) < 2 else LIKELY, near)


def _by_certainty(tried: list[ValueRange], trial: RangeTrial) -> tuple[ValueRange, Guess]:
    usual, scores = tried[0], trial.scores
    narrow = [one for one in tried if not one.is_wide]
    # ImageNet's deviation is half of a range: that alone makes answers surer, so it is named only.
    best = max((one for one in narrow if one in {usual, UNIT}), key=lambda one: scores[one.name])
    score = scores[best.name]
    wide = [one for one in tried if one.is_wide and scores[one.name] >= _CLEAR * trial.most]
    if score < _LEAST_CERTAINTY and wide:
        best = max(wide, key=lambda one: scores[one.name])
        others = [usual, *(one for one in wide if one is not best)]
        origin = f"only then its answers to {trial.images} differ, {_tried(tried)}"
        return best, _guess(best, origin, ASSUMED, others)
    if score < _LEAST_CERTAINTY:
        origin = f"as usual; its answers to {trial.images} hardly differ, {_tried(tried)}"
        return usual, _guess(usual, origin, DOUBTFUL, [one for one in tried if one is not usual])
    if score < scores[usual.name] * _BETTER_CERTAINTY:
        best, score = usual, scores[usual.name]
    near = [
        one for one in narrow if one is not best and scores[one.name] * _BETTER_CERTAINTY > score
    ]
    origin = f"surest and most varied answers to {trial.images}, {_tried(tried)}"
    if best is usual and near:
        origin = f"as usual, and its answers to {trial.images} are as sure as with others"
    rivals = [one for one in narrow if one in {usual, UNIT} and one not in {best, *near}]
    if trial.most <= _MOST_OF_TWO and rivals:
        near = [*rivals, *near]
        origin = f"surest answers to {trial.images}, which of two classes says little"
    return best, _guess(best, origin, ASSUMED if near else LIKELY, near)


def _tried(tried: Sequence[ValueRange]) -> str:
    return f"{count(len(tried), 'range')} tried"


def _guess(
    chosen: ValueRange, origin: str, sureness: str, others: Sequence[ValueRange] = ()
) -> Guess:
    value = scaling_text(chosen.mean, chosen.std)
    other = " or ".join(f"{one.name}: {one.options}" for one in others[:2])
    return Guess("input", value, origin, sureness, "--mean --std", other)

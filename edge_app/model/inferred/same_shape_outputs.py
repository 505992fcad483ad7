"""Outputs of one shape, of which names do not say which has the answer: a trial compares them.

A head that helps training has the shape of the answer, and exporters number what they find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge_app.model.card import TensorInfo
from edge_app.model.guess import LIKELY
from edge_app.model.inferred.infer_output import OutputChoice
from edge_app.model.inferred.trial_run import RangeTrial
from edge_app.model.output_names import is_auxiliary, listed_outputs
from edge_app.style import percent

# The truth has to speak so much more for one of them.
_BETTER = 0.05


def same_shape_outputs(outputs: Sequence[TensorInfo], position: int) -> list[int]:
    """Return the positions of the outputs that may have the answer as well as one of them."""
    of_one = (outputs[position].shape, outputs[position].dtype)
    return [
        at
        for at, one in enumerate(outputs)
        if (one.shape, one.dtype) == of_one and not is_auxiliary(one.name)
    ]


def best_of_same_shape(
    outputs: Sequence[TensorInfo],
    choice: OutputChoice,
    tried: Callable[[OutputChoice], RangeTrial | None],
) -> OutputChoice:
    """Return the output among those of the same shape that knows most of what a trial shows.

    choice: the first of them. tried: a trial of one. It stays the first where there is no truth, or
    none of the others is clearly better.
    """
    positions = same_shape_outputs(outputs, choice.position)
    if len(positions) < 2:
        return choice
    scores: dict[int, float] = {}
    images = ""
    for at in positions:
        trial = tried(replace(choice, position=at, tensor=outputs[at]))
        if trial is None or not trial.by_truth or not trial.scores:
            return choice
        scores[at], images = max(trial.scores.values()), trial.images
    best = max(positions, key=lambda at: (scores[at], -at))
    others = max(score for at, score in scores.items() if at != best)
    if scores[best] < others + _BETTER:
        return choice
    tensor = outputs[best]
    why = f"right on {percent(scores[best])} of {images}, its like on {percent(others)} at most"
    guesses = tuple(
        replace(
            one,
            value=f"{tensor.name} ({tensor.size_text})",
            origin=why,
            sureness=LIKELY,
            other=listed_outputs(outputs, but=best),
        )
        if one.topic == "output"
        else one
        for one in choice.guesses
    )
    return replace(choice, position=best, tensor=tensor, guesses=guesses)

"""Which output has the answer, and how it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from edge_app.errors import ModelError
from edge_app.model.card import TensorInfo
from edge_app.model.flatbuffer_table import DAMAGE
from edge_app.model.guess import ASSUMED, CERTAIN, DOUBTFUL, LIKELY, Guess
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.graph_facts import GraphFacts
from edge_app.model.inferred.output_readings import (
    KNOWN_COUNTS,
    MAP,
    SCORES,
    OutputReading,
    is_open_choice,
    output_rank,
    output_readings,
)
from edge_app.model.output_names import is_auxiliary, listed_outputs

_BY_OPERATOR = {
    "SOFTMAX": ("probabilities", "SOFTMAX"),
    "LOG_SOFTMAX": ("logits", "LOG_SOFTMAX"),
    "ARG_MAX": ("ids", "ARG_MAX"),
}
_COARSE = 16  # pixels of the input for one of a map; class maps have up to 8


@dataclass(frozen=True, slots=True)
class OutputChoice:
    """The output that is read, and its reading.

    position: of the output, from 0. activation: None is left to a trial run. classes: how many
        class ids there are, if an operator shows it, else the form's.
    """

    position: int
    tensor: TensorInfo
    form: OutputReading
    activation: str | None
    classes: int | None
    guesses: tuple[Guess, ...]


def choose_output(
    outputs: Sequence[TensorInfo],
    input_hw: tuple[int, int],
    facts: GraphFacts | None,
    overrides: CardOverrides,
    chosen: int | None = None,
) -> OutputChoice:
    """Return the output to read, by what the user says, the shapes and the last operators.

    chosen: position of the one that the user names. Raises ModelError if no output has a form that
    this program can show.
    """
    guesses: list[Guess] = []
    position = chosen
    if position is None:
        position = _position(outputs, input_hw, overrides, guesses)
    tensor = outputs[position]
    last = _last_operators(facts, position)
    form = _form(tensor, input_hw, overrides, guesses, last)
    activation = overrides.activation
    if activation is None:
        activation, by = _activation_by_operator(form, tensor, last)
        if activation is not None:
            guesses.append(Guess("activation", activation, by, CERTAIN, "--activation"))
    classes = None if form.classes == 1 else form.classes
    if activation == "ids":
        classes = _classes_of_ids(facts, position)
    elif form.classes == 1 and activation is not None:
        classes = 2
    return OutputChoice(position, tensor, form, activation, classes, tuple(guesses))


def _position(
    outputs: Sequence[TensorInfo],
    input_hw: tuple[int, int],
    overrides: CardOverrides,
    guesses: list[Guess],
) -> int:
    """Return which output to read; a guess if there are several."""
    forms = [_allowed(output_readings(one.shape, input_hw), overrides) for one in outputs]
    found = [position for position, one in enumerate(forms) if one]
    if not found:
        sizes = ", ".join(one.size_text for one in outputs)
        kind = "neither a classifier's nor a segmenter's"
        if overrides.task or overrides.output_layout:
            kind = "none that --task and --layout name"
        raise ModelError(
            f"its output {sizes} is {kind}; this app cannot show it; "
            "give it a model with 1xC scores or a 1xHxWxC map of classes"
        )

    ranks = {
        position: output_rank(forms[position][0], is_helper=is_auxiliary(outputs[position].name))
        for position in found
    }
    best = min(found, key=ranks.__getitem__)  # the first of equal ones
    if len(outputs) > 1:
        form = forms[best][0]
        listed = listed_outputs(outputs, but=best)
        largest = all(
            one[0].map_hw < form.map_hw or position == best
            for position, one in enumerate(forms)
            if one
        )
        is_tied = list(ranks.values()).count(ranks[best]) > 1
        why = "the finest map" if form.task == MAP and largest else "the first of its kind"
        guesses.append(
            Guess(
                "output", f"{outputs[best].name} ({outputs[best].size_text})",
                f"{why} of {len(outputs)}", ASSUMED if is_tied else LIKELY, "--output", listed,
            )
        )  # fmt: skip
    return best


def _form(
    tensor: TensorInfo,
    input_hw: tuple[int, int],
    overrides: CardOverrides,
    guesses: list[Guess],
    last: list[str],
) -> OutputReading:
    """Return how a tensor is read: by its shape, unless the user says it."""
    every = output_readings(tensor.shape, input_hw)
    forms = _allowed(every, overrides)
    if not forms:
        known = " or ".join(one.text for one in every) or "nothing that this program shows"
        raise ModelError(
            f"its output {tensor.name} is {tensor.size_text}: {known}; "
            "choose another with --output, or correct --task and --layout"
        )
    best = forms[0]
    others = [one for one in forms[1:] if is_open_choice(best, one)]
    other = others[0] if others else None
    task_open = other is not None and other.task != best.task
    sure = ASSUMED if other is not None else CERTAIN
    size = f"by its output {tensor.size_text}"
    if overrides.task is None:
        of_other = f"{other.task}: {other.text}" if other is not None and task_open else ""
        sure_of_task = sure if task_open else CERTAIN
        if best.task == MAP and not best.fits:
            size += f", though the input is {input_hw[1]}x{input_hw[0]}"
            sure_of_task = DOUBTFUL
        elif _may_be_boxes(best, input_hw, last):
            of_other = "boxes of a detector, several for each place, which this program cannot show"
            sure_of_task = ASSUMED
        guesses.append(Guess("task", best.task, size, sure_of_task, "--task", of_other))
    if best.task == MAP and overrides.output_layout is None:
        shown = f"{best.layout}: {best.text}"
        layout_other = f"{other.layout}: {other.text}" if other is not None else ""
        if best.layout != "nhwc" or layout_other:
            origin = "by the proportions of the input" if best.fits else size
            guesses.append(Guess("output layout", shown, origin, sure, "--layout", layout_other))
    return best


def _may_be_boxes(form: OutputReading, input_hw: tuple[int, int], last: list[str]) -> bool:
    """Return whether a map may be the last layer of a detector like YOLOv2.

    It has a box, its score and those of the classes (5 numbers and more), three or five times for
    each place, and is as coarse as no usual map of classes.
    """
    if form.task != MAP or form.classes in KNOWN_COUNTS or last[-1:] != ["CONV_2D"]:
        return False
    coarse = form.map_hw[0] * _COARSE <= input_hw[0]
    return coarse and any(form.classes % n == 0 and form.classes // n > 5 for n in (3, 5))


def _allowed(forms: list[OutputReading], overrides: CardOverrides) -> list[OutputReading]:
    """Return the readings that do not contradict the user."""
    return [
        one
        for one in forms
        if overrides.task in {None, one.task}
        and (one.task == SCORES or overrides.output_layout in {None, one.layout})
    ]


def _activation_by_operator(
    form: OutputReading, tensor: TensorInfo, last: list[str]
) -> tuple[str | None, str]:
    """Return what the values are, as the operators that make them show, and from what."""
    if (
        form.classes == 1
        and form.task == MAP
        and tensor.dtype.kind in "iu"
        and not tensor.quantized
    ):
        return "ids", f"by its type {tensor.dtype}"
    for name in last:
        if name in _BY_OPERATOR:
            activation, operator = _BY_OPERATOR[name]
            return activation, f"by its last operator {operator}"
        if name == "LOGISTIC":
            # A map's largest probability is its class, whether or not they sum to one.
            alone = form.classes == 1 or form.task == SCORES
            return "sigmoid" if alone else "probabilities", f"by its last operator {name}"
    return None, ""


def _last_operators(facts: GraphFacts | None, position: int) -> list[str]:
    if facts is None or position >= len(facts.outputs):
        return []
    with suppress(*DAMAGE):
        return facts.last_operators(facts.outputs[position])
    return []


def _classes_of_ids(facts: GraphFacts | None, position: int) -> int | None:
    """Return among how many classes an ARG_MAX chooses; None if that cannot be seen."""
    if facts is None or position >= len(facts.outputs):
        return None
    with suppress(*DAMAGE):
        return facts.width_before(facts.outputs[position], "ARG_MAX")
    return None

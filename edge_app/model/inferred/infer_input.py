"""How an image becomes the input: layout, channels, value range."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from edge_app.errors import UsageError
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.flatbuffer_table import DAMAGE
from edge_app.model.guess import ASSUMED, CERTAIN, LIKELY, Guess
from edge_app.model.image_axes import ImageAxes, image_axes, with_batch
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.graph_facts import GraphFacts, OperatorFacts, is_passing
from edge_app.model.inferred.packed_metadata import TensorNotes
from edge_app.model.inferred.value_ranges import (
    PIXELS,
    USUAL_BY_DEPTH,
    Scaling,
    ValueRange,
    nearest_range,
    numbers_text,
    scaling_text,
    usual_scaling,
)

# A quantized range is that of a usual one if it ends this close to it, as a share of its span:
# 0.8 % is one of 127 steps; calibration on images without white ends earlier.
_SAME, _CLOSE = 0.04, 0.25
_ROUNDING, _MOST_CLIPPED = 2, 0.25  # steps of 255, share of the pixels' values
_ARITHMETIC = ("MUL", "ADD", "SUB", "DIV")


@dataclass(frozen=True, slots=True)
class InputChoice:
    """How an image becomes the input. is_open: whether a trial may choose another range."""

    spec: InputSpec
    guesses: tuple[Guess, ...]
    is_open: bool


def choose_input(
    tensor: TensorInfo, facts: GraphFacts | None, notes: TensorNotes, overrides: CardOverrides
) -> InputChoice:
    """Return the input by what the user says, the file's metadata, its operators and tensors.

    Raises UsageError if what the user says contradicts itself.
    """
    guesses: list[Guess] = []
    axes = _axes(tensor.shape, overrides, guesses)
    depth = axes.channels
    channels = _channels(depth, notes, overrides, guesses)
    mean, std, is_open = overrides.mean, overrides.std, False
    if mean is None or std is None:
        scaling, guess, is_open = _scaling(tensor, depth, facts, notes)
        is_open = is_open and mean is None and std is None
        mean, std = mean or scaling[0], std or scaling[1]
        guesses.append(_with_value(guess, mean, std))
    try:
        fit = overrides.fit or "stretch"
        spec = InputSpec(axes.size_wh, channels, mean, std, fit, axes.layout)
    except ValueError as fault:
        raise UsageError(f"{fault}; correct --mean, --std or --channels") from None
    return InputChoice(spec, tuple(guesses), is_open)


def usual_channels(depth: int) -> str:
    """Return the channel order of images with 1 or 3 channels: gray or rgb."""
    return "gray" if depth == 1 else "rgb"


def _axes(shape: Sequence[int], overrides: CardOverrides, guesses: list[Guess]) -> ImageAxes:
    """Return where rows, columns and channels are; raise UsageError if the user is wrong."""
    size = f"its shape {'x'.join(map(str, shape))}"
    every = image_axes(with_batch(shape))
    found = [one for one in every if overrides.input_layout in {None, one.layout}]
    if not found:
        raise UsageError(
            f"--layout {overrides.layout} does not fit the input, by {size}; change it"
        )
    best = found[0]
    if overrides.input_layout is None and (best.layout != "nhwc" or len(found) > 1):
        sure, other = CERTAIN, ""
        if len(found) > 1:  # three rows of pixels, or three columns: a tiny image either way
            width, height = found[1].size_wh
            other = f"{found[1].layout}: {width}x{height} pixels of {found[1].channels} channels"
            sure = ASSUMED
        guesses.append(Guess("input layout", best.layout, f"by {size}", sure, "--layout", other))
    return best


def _channels(
    depth: int, notes: TensorNotes, overrides: CardOverrides, guesses: list[Guess]
) -> str:
    if overrides.channels is not None:
        return overrides.channels
    usual = usual_channels(depth)
    if depth == 3:
        stated = notes.channels == usual
        origin = "stated in its metadata" if stated else "as usual"
        sure, other = (CERTAIN, "") if stated else (ASSUMED, "")
        guesses.append(Guess("channels", usual, origin, sure, "--channels", other))
    return usual


def _with_value(guess: Guess, mean: tuple[float, ...], std: tuple[float, ...]) -> Guess:
    value = scaling_text(mean, std)
    return Guess("input", value, guess.origin, guess.sureness, guess.option, guess.other)


def _scaling(
    tensor: TensorInfo, depth: int, facts: GraphFacts | None, notes: TensorNotes
) -> tuple[Scaling, Guess, bool]:
    """Return mean and std, where they come from, and whether a trial may say otherwise."""
    option = "--mean --std"
    if (
        notes.mean
        and notes.std
        and all(notes.std)
        and {len(notes.mean), len(notes.std)} <= {1, depth}
    ):
        stated = _shortened(notes.mean), _shortened(notes.std)
        if tensor.dtype.kind in "iu" and tensor.dtype.itemsize == 1 and tensor.scale:
            return (*_of_stated(tensor, stated), False)
        return stated, Guess("", "", "stated in its metadata", CERTAIN, option), False
    if tensor.dtype.kind in "iu":
        return (*_of_integers(tensor, depth), False)
    with suppress(*DAMAGE):
        if facts is not None and facts.inputs and (found := _of_graph(facts, depth)):
            return (*found, False)
    usual = usual_scaling(depth)
    return usual, Guess("", "", "as usual", ASSUMED, option), True


def _shortened(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return one value for equal ones, without the noise of half their digits."""
    rounded = tuple(float(f"{value:.6g}") for value in values)
    return rounded[:1] if len(set(rounded)) == 1 else rounded


def _of_stated(tensor: TensorInfo, stated: Scaling) -> tuple[Scaling, Guess]:
    """Return the scaling of a quantized input whose metadata states one.

    Where that is no other than the tensor's own, but for its rounding, pixels are passed unchanged,
    as TensorFlow Lite's Task Library does. A range that the tensor cannot take was written for
    another file, as the 0 to 255 of a network whose steps are those of -1 to 1.
    """
    option = "--mean --std"
    offset = 128 if tensor.dtype.kind == "i" else 0
    unchanged = (float(tensor.zero_point + offset),), (1 / tensor.scale,)
    pixels = np.arange(256.0)[:, None]
    steps = (pixels - stated[0]) / np.asarray(stated[1]) / tensor.scale + tensor.zero_point + offset
    if np.abs(steps - pixels).max() <= _ROUNDING:
        return unchanged, Guess("", "", "stated in its metadata", CERTAIN, option)
    if np.mean((steps < -_ROUNDING) | (steps > 255 + _ROUNDING)) <= _MOST_CLIPPED:
        return stated, Guess("", "", "stated in its metadata", CERTAIN, option)
    low, high = ((end - tensor.zero_point - offset) * tensor.scale for end in (0, 255))
    origin = (
        f"by its quantization, {low:.3g} to {high:.3g}; what its metadata states is beyond that"
    )
    return unchanged, Guess("", "", origin, LIKELY, option, f"as stated: {_as_options(stated)}")


def _of_integers(tensor: TensorInfo, depth: int) -> tuple[Scaling, Guess]:
    """Return the scaling of an integer tensor: pixels unchanged, unless its range is another."""
    option = "--mean --std"
    if tensor.dtype.itemsize > 1:
        return _of_wide_integers(tensor, depth, option)
    offset = 128 if tensor.dtype.kind == "i" else 0
    unchanged = (float(tensor.zero_point + offset),), (1 / tensor.scale if tensor.scale else 1.0,)
    if not tensor.scale:
        return unchanged, Guess("", "", f"by its type {tensor.dtype}", LIKELY, option)
    low = (-offset - tensor.zero_point) * tensor.scale
    high = (255 - offset - tensor.zero_point) * tensor.scale
    where = f"by its quantization, {low:.3g} to {high:.3g}"
    usual = nearest_range(low, high, depth, _CLOSE)
    if usual is None or nearest_range(low, high, depth, _SAME) is usual:
        if usual is not None and len(usual.mean) > 1:
            return (usual.mean, usual.std), Guess(
                "", "", where, LIKELY, option, f"pixels unchanged: {_as_options(unchanged)}"
            )
        return unchanged, Guess("", "", where, CERTAIN if usual else LIKELY, option)
    other = f"pixels unchanged: {_as_options(unchanged)}"
    return (usual.mean, usual.std), Guess(
        "", "", f"{where}, near {usual.name}", LIKELY, option, other
    )


def _of_wide_integers(tensor: TensorInfo, depth: int, option: str) -> tuple[Scaling, Guess]:
    """Return the scaling of 16 or 32 bits: pixels as they are, or the range of a 16x8 network."""
    limits = np.iinfo(tensor.dtype)
    low, high = (float(end - tensor.zero_point) * tensor.scale for end in (limits.min, limits.max))
    usual = nearest_range(low, high, depth, _SAME) if tensor.scale else PIXELS
    chosen = usual or USUAL_BY_DEPTH[depth][0]
    where = f"by its quantization, {low:.3g} to {high:.3g}" if tensor.scale else ""
    origin = where or f"by its type {tensor.dtype}"
    return (chosen.mean, chosen.std), Guess("", "", origin, LIKELY if usual else ASSUMED, option)


def _as_options(scaling: Scaling) -> str:
    return f"--mean {numbers_text(scaling[0])} --std {numbers_text(scaling[1])}"


def _of_graph(facts: GraphFacts, depth: int) -> tuple[Scaling, Guess] | None:
    """Return the scaling that the first operators of a float input show; None if none does.

    Either they quantize it, and the range of that is the input's, or they scale it themselves.
    """
    option = "--mean --std"
    number = facts.inputs[0]
    chain: list[tuple[OperatorFacts, int]] = []
    for _ in range(8):
        readers = facts.readers(number)
        if len(readers) != 1 or not readers[0].outputs:
            break
        one = readers[0]
        made = facts.tensor(one.outputs[0])
        if one.name == "QUANTIZE" and not chain and made.scale and made.dtype in {"int8", "uint8"}:
            return _of_quantized(made.dtype, made.scale, made.zero_point, depth, option)
        if one.name in _ARITHMETIC and facts.constant(_other(one, number)) is not None:
            chain.append((one, number))
        elif not is_passing(one.name):
            break
        number = one.outputs[0]
    fitting = [one for one in USUAL_BY_DEPTH[depth] if chain and _is_standard(one, facts, chain)]
    if len(fitting) != 1:
        return None
    names = ", ".join(one.name for one, _ in chain)
    where = f"by its first operators ({names}), which scale {fitting[0].name}"
    return (fitting[0].mean, fitting[0].std), Guess("", "", where, LIKELY, option)


def _of_quantized(
    dtype: str, scale: float, zero_point: int, depth: int, option: str
) -> tuple[Scaling, Guess] | None:
    low_step = -128 if dtype == "int8" else 0
    low, high = (low_step - zero_point) * scale, (low_step + 255 - zero_point) * scale
    usual = nearest_range(low, high, depth, _CLOSE)
    if usual is None:
        return None
    where = f"by the quantization of its first operator, {low:.3g} to {high:.3g}"
    sure = CERTAIN if nearest_range(low, high, depth, _SAME) else LIKELY
    return (usual.mean, usual.std), Guess("", "", where, sure, option)


def _other(one: OperatorFacts, number: int) -> int:
    """Return the other tensor that an operator of two reads, -1 if there is none."""
    others = [tensor for tensor in one.inputs if tensor != number]
    return others[0] if len(others) == 1 else -1


def _is_standard(
    given: ValueRange, facts: GraphFacts, chain: list[tuple[OperatorFacts, int]]
) -> bool:
    """Return whether operators bring a range of values to about -1..1 or 0..1, as layers want."""
    if given is not PIXELS and given.name not in {"0 to 1", "-1 to 1"}:
        return False
    low, high = given.limits
    ends = [low, high]
    for one, number in chain:
        values = facts.constant(_other(one, number))
        if values is None or not values.size or not abs(values).max():
            return False
        factor = float(values.mean())
        backwards = one.inputs[0] != number
        for place, end in enumerate(ends):
            if one.name == "MUL":
                ends[place] = end * factor
            elif one.name == "ADD":
                ends[place] = end + factor
            elif one.name == "SUB":
                ends[place] = factor - end if backwards else end - factor
            elif backwards:
                return False
            else:
                ends[place] = end / factor
    span = abs(ends[1] - ends[0])
    return max(map(abs, ends)) <= 2.7 and 0.9 <= span <= 5.5

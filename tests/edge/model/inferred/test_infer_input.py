"""Layout, channels and value range follow from tensor, metadata and first operators."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.model.card import TensorInfo
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.graph_facts import GraphFacts, read_graph_facts
from edge_app.model.inferred.infer_input import InputChoice, choose_input
from edge_app.model.inferred.packed_metadata import TensorNotes
from tests.support.tflite_files import TfliteFile

NOTHING = CardOverrides()
SHAPE = (1, 8, 6, 3)


def choice(
    shape: Sequence[int] = SHAPE,
    dtype: str = "float32",
    scale: float = 0.0,
    zero_point: int = 0,
    facts: GraphFacts | None = None,
    notes: TensorNotes | None = None,
    overrides: CardOverrides = NOTHING,
) -> InputChoice:
    """Return what is inferred of an input."""
    tensor = TensorInfo("x", tuple(shape), np.dtype(dtype), scale, zero_point)
    return choose_input(tensor, facts, notes or TensorNotes(), overrides)


def scaled(chosen: InputChoice) -> str:
    """Return the line about the range of values."""
    (guess,) = [guess for guess in chosen.guesses if guess.topic == "input"]
    return f"{guess.value} {guess.origin} {guess.sureness} {guess.other}"


@pytest.mark.parametrize(
    ("shape", "layout", "size_wh", "channels"),
    [
        ((1, 8, 6, 3), "nhwc", (6, 8), "rgb"),
        ((1, 8, 6, 1), "nhwc", (6, 8), "gray"),
        ((1, 8, 6), "nhwc", (6, 8), "gray"),
        ((1, 3, 8, 6), "nchw", (6, 8), "rgb"),
        ((1, 1, 8, 6), "nchw", (6, 8), "gray"),
        ((8, 6, 3), "nhwc", (6, 8), "rgb"),
        ((3, 8, 6), "nchw", (6, 8), "rgb"),
    ],
)
def test_layout_and_channels_follow_from_the_shape(
    shape: tuple[int, ...], layout: str, size_wh: tuple[int, int], channels: str
) -> None:
    """The axis of one or three is that of the channels."""
    spec = choice(shape).spec
    assert (spec.layout, spec.size_wh, spec.channels) == (layout, size_wh, channels)


def test_two_possible_layouts_are_both_named() -> None:
    """And the user decides."""
    (guess,) = [one for one in choice((1, 3, 64, 3)).guesses if one.topic == "input layout"]
    assert (guess.value, guess.option) == ("nhwc", "--layout")
    assert guess.other == "nchw: 3x64 pixels of 3 channels"
    chosen = choice((1, 3, 64, 3), overrides=CardOverrides(layout="nchw"))
    assert chosen.spec.size_wh == (3, 64)
    assert not [one for one in chosen.guesses if one.topic == "input layout"]


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "said"),
    [
        (
            "uint8", 1 / 127.5, 127,
            "(pixel - 127) / 127.5 by its quantization, -0.996 to 1 certain ",
        ),
        ("int8", 1 / 255, -128, "(pixel - 0) / 255 by its quantization, 0 to 1 certain "),
        ("int32", 0.0, 0, "(pixel - 0) / 1 by its type int32 likely "),
        (
            "int16", 1 / 32768, 0,
            "(pixel - 127.5) / 127.5 by its quantization, -1 to 1 likely ",
        ),
        ("uint8", 0.0, 0, "(pixel - 0) / 1 by its type uint8 likely "),
        ("int8", 0.0, 0, "(pixel - 128) / 1 by its type int8 likely "),
        (
            "int8", 0.0187, -14,
            "(pixel - [123.675,116.28,103.53]) / [58.395,57.12,57.375] by its quantization, "
            "-2.13 to 2.64 likely pixels unchanged: --mean 114 --std 53.4759",
        ),
        (
            "int8", 0.0034, -128,
            "(pixel - 0) / 255 by its quantization, 0 to 0.867, near 0 to 1 likely "
            "pixels unchanged: --mean 0 --std 294.118",
        ),
    ],
)  # fmt: skip
def test_the_range_of_an_integer_input_is_that_of_its_quantization(
    dtype: str, scale: float, zero_point: int, said: str
) -> None:
    """Pixels unchanged, unless the range is rather a usual one that calibration cut."""
    chosen = choice(dtype=dtype, scale=scale, zero_point=zero_point)
    assert scaled(chosen) == said
    assert not chosen.is_open


def test_metadata_states_channels_and_scaling() -> None:
    """Three equal values are one."""
    notes = TensorNotes(channels="rgb", mean=(127.5, 127.5, 127.5), std=(127.5,))
    chosen = choice(notes=notes)
    assert scaled(chosen) == "(pixel - 127.5) / 127.5 stated in its metadata certain "
    assert [one.sureness for one in chosen.guesses] == ["certain", "certain"]
    odd = TensorNotes(mean=(1.0, 2.0), std=(0.0,))
    assert choice(notes=odd).is_open


def first_operators(folder: Path, steps: Sequence[tuple[str, float]]) -> GraphFacts:
    """Return the facts of a network that scales its input before a convolution."""
    file = TfliteFile()
    given = x = file.tensor(SHAPE)
    for name, value in steps:
        other = file.constant(np.full(1, value, np.float32))
        x = file.operator(name, [x, other], file.tensor(SHAPE), f"{name.title()}Options")
    output = file.conv(x, np.ones((2, 1, 1, 3)), (1, 8, 6, 2))
    facts = read_graph_facts(file.write(folder / "a.tflite", [given], [output]))
    assert facts is not None
    return facts


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ([("MUL", 1 / 127.5), ("SUB", 1.0)], "(pixel - 0) / 1"),
        ([("DIV", 255.0)], "(pixel - 0) / 1"),
        ([("SUB", 116.0), ("MUL", 1 / 57)], "(pixel - 0) / 1"),
        ([("MUL", 2.0), ("ADD", -1.0)], "(pixel - 0) / 255"),
        ([("SUB", 0.45), ("DIV", 0.225)], "(pixel - 0) / 255"),
    ],
)
def test_a_network_that_scales_its_input_shows_the_range(
    tmp_path: Path, steps: list[tuple[str, float]], value: str
) -> None:
    """The range with which its first layer gets values around 0."""
    chosen = choice(facts=first_operators(tmp_path, steps))
    assert scaled(chosen).startswith(f"{value} by its first operators")
    assert not chosen.is_open


@pytest.mark.parametrize("steps", [[], [("MUL", 1e-6)], [("SUB", 0.1)]])
def test_other_operators_show_nothing(tmp_path: Path, steps: list[tuple[str, float]]) -> None:
    """Then the range is open, for a trial."""
    chosen = choice(facts=first_operators(tmp_path, steps))
    if chosen.is_open:
        assert scaled(chosen) == "(pixel - 127.5) / 127.5 as usual assumed "


def test_a_quantized_network_with_float_input_shows_the_range(tmp_path: Path) -> None:
    """Its first operator quantizes the input to a range."""
    file = TfliteFile()
    given = file.tensor(SHAPE)
    output = file.operator("QUANTIZE", [given], file.tensor(SHAPE, "int8", "q", 1 / 255, -128))
    facts = read_graph_facts(file.write(tmp_path / "a.tflite", [given], [output]))
    assert scaled(choice(facts=facts)) == (
        "(pixel - 0) / 255 by the quantization of its first operator, 0 to 1 certain "
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (CardOverrides(mean=(1.0, 2.0)), "mean: 2 values for 3 channels; correct --mean"),
        (CardOverrides(std=(0.0,)), "std: it is zero; correct --mean, --std"),
        (CardOverrides(std=(float("nan"),)), r"std: \[nan\] is not finite"),
        (
            CardOverrides(layout="nchw"),
            "--layout nchw does not fit the input, by its shape",
        ),
    ],
)
def test_contradictions_are_refused(overrides: CardOverrides, message: str) -> None:
    """The message names the options."""
    with pytest.raises(UsageError, match=message):
        choice(overrides=overrides)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "stated", "said"),
    [
        ("uint8", 1 / 128, 128, (127.5, 127.5), "(pixel - 128) / 128 stated in its metadata"),
        ("int8", 1 / 128, 0, (127.5, 127.5), "(pixel - 128) / 128 stated in its metadata"),
        ("uint8", 1 / 255, 0, (127.5, 127.5), "(pixel - 0) / 255 by its quantization, 0 to 1;"),
        ("uint8", 0.008, 128, (0.0, 1.0), "(pixel - 128) / 125 by its quantization, -1.02 to 1.02"),
        ("uint8", 0.0187, 114, (127.5, 127.5), "(pixel - 127.5) / 127.5 stated in its metadata"),
    ],
)
def test_metadata_of_a_quantized_input_has_to_fit_it(
    dtype: str, scale: float, zero_point: int, stated: tuple[float, float], said: str
) -> None:
    """Pixels are passed unchanged where it says no more, or a range that the tensor cannot take."""
    mean, std = stated
    notes = TensorNotes(mean=(mean,), std=(std,))
    chosen = choice(dtype=dtype, scale=scale, zero_point=zero_point, notes=notes)
    assert scaled(chosen).startswith(said)
    assert ("certain" in scaled(chosen)) == ("stated in" in said)
    assert ("as stated: --mean" in scaled(chosen)) == ("stated in" not in said)

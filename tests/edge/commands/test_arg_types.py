"""A value that an option cannot take is refused with what it takes."""

from __future__ import annotations

import argparse

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands.arg_types import number, numbers, percent, positive, size, whole
from edge_app.program import Program
from host_tools.cli import PROGRAM as HOST_PROGRAM
from tests.support.program_options import actions_of


@pytest.mark.parametrize("program", [PROGRAM, HOST_PROGRAM], ids=["edge-app", "host-tools"])
@pytest.mark.parametrize("text", ["x", "1.5.2", "nan", "-", "x%", "1x", "%"])
def test_no_type_leaves_the_error_to_argparse(program: Program, text: str) -> None:
    """Which says "invalid positive value" after a ValueError, and not what is wanted."""
    messages = []
    with_types = [
        (command.name, action)
        for command in program.commands
        for action in actions_of(program, command.name)
        if action.type is not None
    ]
    for command, action in with_types:
        assert callable(action.type), (command, action.dest)
        try:
            action.type(text)
        except argparse.ArgumentTypeError as refusal:
            messages.append(str(refusal))
    assert len(messages) > 5
    assert [text for text in messages if "give " not in text and "must be " not in text] == []


def test_an_error_names_the_value_and_what_is_wanted() -> None:
    """Whole numbers, numbers and shares; what is no number is none of them."""
    for kind, text, wanted in (
        (positive, "x", "invalid number 'x': give a whole number of 1 or more"),
        (whole, "1.5", "invalid number '1.5': give a whole number"),
        (whole, "9" * 5000, f"invalid number '{'9' * 40}...': give a whole number"),
        (positive, "9" * 20, "must be at most 2147483647"),
        (whole, "-" + "9" * 20, "must be at least -2147483647"),
        (size, "9" * 5000 + "x1", f"invalid size '{'9' * 40}': give WIDTHxHEIGHT, e.g. 513x257"),
        (number, "inf", "invalid number 'inf': give a number"),
        (
            numbers,
            "1,nan",
            "invalid number 'nan': give one, or one per channel, e.g. 123.7,116.8,103.9",
        ),
        (percent, "some", "invalid number 'some': give a share, e.g. 5% or 0.05"),
    ):
        with pytest.raises(argparse.ArgumentTypeError) as fault:
            kind(text)
        assert str(fault.value) == wanted
    assert (positive("3"), whole("-3"), number("2.5"), percent("5%")) == (3, -3, 2.5, 0.05)

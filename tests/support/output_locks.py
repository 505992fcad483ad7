"""Whether a command holds its output while it works."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import pytest

from edge_app.errors import EdgeError, SinkError
from edge_app.output_lock import OutputLock
from edge_app.program import Program

HELD = "the output is held"
_OUTPUTS = {"--out", "--json", "--csv", "--record", "--metrics", "--save"}


def look_during(target: str, out: Path, monkeypatch: pytest.MonkeyPatch, *, folder: bool) -> None:
    """Try to lock an output where a command calls a function, which ends the command."""

    def look(*_: object, **__: object) -> None:
        with pytest.raises(SinkError, match=rf"{out.name} is being written by process \d+ \("):
            OutputLock(out, folder=folder)
        raise EdgeError(HELD)

    monkeypatch.setattr(target, look)


def with_outputs(program: Program) -> set[str]:
    """Return the commands of a program that have an option for a place of output."""
    return {
        command.name
        for command in program.commands
        if _OUTPUTS & _options(program.parser(command.name), command.name)
    }


def _options(parser: argparse.ArgumentParser, *chosen: str) -> set[str]:
    taking_values = (action for action in parser._actions if action.nargs != 0)
    found = {name for action in taking_values for name in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in chosen or action.choices:
                found |= _options(action.choices[name])
    return found


def option_names(program: Program, metavars: set[str]) -> set[str]:
    """Return the options of all commands whose values are called so."""
    found: set[str] = set()
    for command in program.commands:
        parsers = [_subparser(program.parser(command.name), command.name)]
        while parsers:
            for action in parsers.pop()._actions:
                if isinstance(action, argparse._SubParsersAction):
                    parsers += action.choices.values()
                elif action.metavar in metavars:
                    found |= set(action.option_strings)
    return found


def _subparser(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    actions = parser._actions
    subparsers = next(one for one in actions if isinstance(one, argparse._SubParsersAction))
    return cast("argparse.ArgumentParser", subparsers.choices[name])

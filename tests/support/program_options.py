"""Arguments and options of a program's commands, as argparse holds them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import cast

from edge_app.program import Program


def command_parser(program: Program, command: str) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    actions = program.parser(command)._actions
    subparsers = next(one for one in actions if isinstance(one, argparse._SubParsersAction))
    return cast("argparse.ArgumentParser", subparsers.choices[command])


def actions_of(program: Program, command: str) -> Iterator[argparse.Action]:
    """Yield all of a command and of the commands below it, but --help."""
    parsers = [command_parser(program, command)]
    while parsers:
        for action in parsers.pop()._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            elif action.dest != "help":
                yield action

"""Whether a command holds its output while it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.errors import EdgeError, SinkError
from edge_app.output_lock import OutputLock
from edge_app.program import Program
from tests.support.program_options import actions_of

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
        for action in actions_of(program, command.name)
        if action.nargs != 0 and _OUTPUTS & set(action.option_strings)
    }

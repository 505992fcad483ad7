"""Both programs parse commands, report errors and exit in the same way."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

import pytest

from edge_app.errors import EdgeError, UsageError
from edge_app.program import Command, Program


class Example(ModuleType):
    """The module of a command that raises what it is given."""

    EXAMPLES = "examples:\n  tool work"
    error: BaseException | None = None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add one option."""
        parser.add_argument("--count", type=int, default=1)

    def run(self, options: argparse.Namespace) -> int:
        """Raise the error, or return the count."""
        if self.error is not None:
            raise self.error
        return int(options.count)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Example:
    """Return the module of `tool work`."""
    module = Example("example_command")
    monkeypatch.setitem(sys.modules, "example_command", module)
    return module


TOOL = Program(
    "tool",
    "A tool.",
    (Command("work", "do some work", "example_command"), Command("other", "do more", "not_there")),
    interrupted="stopped",
)


def test_only_the_chosen_command_is_imported(example: Example) -> None:
    """The module of the other one does not even exist."""
    assert TOOL.run(["work", "--count", "7"]) == 7
    assert "do more" in TOOL.parser().format_help()


def test_help_ends_with_the_examples(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line of the description is the command's help."""
    with pytest.raises(SystemExit):
        TOOL.run(["work", "--help"])
    text = capsys.readouterr().out
    assert "Do some work." in text
    assert text.endswith("examples:\n  tool work\n")


def test_a_usage_error_is_one_line(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the option and the way to the help; the exit code is 2."""
    with pytest.raises(SystemExit) as end:
        TOOL.run(["work", "--count", "many"])
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("tool work: argument --count: invalid int value: 'many'")
    assert message.endswith("; see tool work --help\n")
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EdgeError("no file; name one"), 1, "tool: no file; name one\n"),
        (UsageError("no --out; give one"), 2, "tool: no --out; give one\n"),
        (KeyboardInterrupt(), 130, "tool: stopped\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    example: Example,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    text: str,
) -> None:
    """There is no traceback."""
    example.error = error
    assert TOOL.run(["work"]) == code
    assert capsys.readouterr().err == text

"""Both programs parse commands, report errors and exit in the same way."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
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


@pytest.mark.parametrize("given", [["help"], ["help", "work"]])
def test_help_is_a_word_too(
    example: Example, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    """As in other programs; behind it the name of a command."""
    with pytest.raises(SystemExit) as end:
        TOOL.run(given)
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {' '.join(['tool', *given[1:]])} ")


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
    ("arguments", "message"),
    [
        (
            ["work", "--cuont", "7"],
            "tool work: unknown option --cuont; did you mean --count? see tool",
        ),
        (
            ["work", "--cuont=7"],
            "tool work: unknown option --cuont; did you mean --count? see tool",
        ),
        (["work", "--zzz"], "tool work: unknown option --zzz; see tool work --help"),
        (["work", "more"], "tool work: unexpected argument 'more'; see tool work --help"),
        (["work", "-q"], "tool work: unexpected argument '-q'; see tool work --help"),
        (["--zzz", "work"], "tool: unknown option --zzz; see tool --help"),
        (["wrok"], "invalid choice: 'wrok'; did you mean work? see tool --help"),
        (["zzz"], "invalid choice: 'zzz'; choose from work, other; see tool --help"),
    ],
)
def test_the_nearest_name_is_suggested(
    example: Example, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """For options, commands and choices, in one line that names the command's help."""
    with pytest.raises(SystemExit) as end:
        TOOL.run(arguments)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_part_of_an_options_name_is_enough(example: Example) -> None:
    """As argparse takes it; what follows -- is no option."""
    assert TOOL.run(["work", "--cou", "7"]) == 7


def test_a_program_alone_shows_its_help(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    """And exits with 0."""
    with pytest.raises(SystemExit) as end:
        TOOL.run([])
    assert end.value.code == 0
    assert "do some work" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EdgeError("no file; name one"), 1, "tool: no file; name one\n"),
        (UsageError("no --out; give one"), 2, "tool: no --out; give one\n"),
        (KeyboardInterrupt(), 130, "tool: stopped\n"),
        (ValueError("not a\nnumber"), 1, "tool: not a number; EDGE_DEBUG=1 shows where\n"),
        (
            MemoryError("Unable to allocate 6 GiB"),
            1,
            "tool: the memory is used up; close other programs, or give a smaller file "
            "(EDGE_DEBUG=1 shows where)\n",
        ),
        (
            ImportError("A page.\n\nOriginal error was: x.so: failed to map segment\n"),
            1,
            "tool: a package cannot be loaded (Original error was: x.so: failed to map segment); "
            "free memory, or see edge-app doctor (EDGE_DEBUG=1 shows where)\n",
        ),
        (UnicodeError("no text"), 1, "tool: no text; EDGE_DEBUG=1 shows where\n"),
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


def test_an_interrupted_import_is_an_interruption(example: Example) -> None:
    """A native module that Ctrl-C stops while it loads raises an ImportError."""
    example.error = ImportError("initialization failed")
    example.error.__cause__ = KeyboardInterrupt()
    assert TOOL.run(["work"]) == 130
    example.error.__cause__ = None
    assert TOOL.run(["work"]) == 1


def test_a_removed_current_folder_is_named(
    example: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever asks for it says only that there is no such file."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    example.error = FileNotFoundError(2, "No such file or directory")
    assert TOOL.run(["work"]) == 1
    expected = "tool: the current folder was removed; change to another one with cd\n"
    assert capsys.readouterr().err == expected


def test_a_command_that_cannot_be_imported_is_one_line(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where the memory is too small for its modules."""
    assert TOOL.run(["other"]) == 1
    assert capsys.readouterr().err == (
        "tool: a package cannot be loaded (No module named 'not_there'); free memory, or see "
        "edge-app doctor (EDGE_DEBUG=1 shows where)\n"
    )

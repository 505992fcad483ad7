"""Every command of both programs tries its outputs before it works."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM as EDGE
from edge_app.program import Program
from host_tools.cli import PROGRAM as HOST

# The options that name files or folders to be written, with a suffix that the command accepts.
_OUTPUTS = {
    "--out": "",
    "--json": ".json",
    "--csv": ".csv",
    "--record": ".mp4",
    "--metrics": "",
    "--save": ".png",
    "--cache": "",
}


def _parsers(
    parser: argparse.ArgumentParser, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Yield the parser of each command below one, with the words that lead to it."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not below:
        yield words, parser
    for action in below:
        for name, inner in action.choices.items():
            yield from _parsers(inner, (*words, name))


def _commands(program: Program) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    for command in program.commands:
        for words, parser in _parsers(program.parser(command.name), ()):
            if words[0] == command.name:
                yield words, parser


# What a command does that writes only sometimes.
_ACTIONS = {"models": ["init", "nosuch.tflite"]}


def _required(action: argparse.Action) -> list[str]:
    """Return words for an argument that must be given; they name nothing that exists."""
    if not action.required or action.nargs == 0:
        return []
    word = str(next(iter(action.choices))) if action.choices else "nosuch"
    if action.dest == "scheduler":
        word = "local:1"
    count = 2 if action.nargs == "+" else 1
    return [*action.option_strings[:1], *[word] * count]


def _cases() -> Iterator[tuple[Program, list[str], str]]:
    for program in (EDGE, HOST):
        for words, parser in _commands(program):
            for action in parser._actions:
                name = next(iter(action.option_strings), "")
                if name in _OUTPUTS and action.nargs != 0:
                    others = [
                        word
                        for other in parser._actions
                        if other is not action
                        for word in _required(other)
                    ]
                    yield program, [*words, *_ACTIONS.get(words[0], []), *others], name


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("program", "words", "option"),
    [pytest.param(*case, id=f"{case[0].name} {case[1][0]} {case[2]}") for case in _cases()],
)
def test_an_impossible_output_is_refused_first(
    program: Program,
    words: list[str],
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before sources are opened, which do not exist here, and in one line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    suffix = ".keras" if words[0] == "train" and option == "--out" else _OUTPUTS[option]
    path = f"file/below{suffix}"
    assert program.run([*words, option, path]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"{program.name}: {path}"), message
    assert "cannot be written: something above it is a file; choose another folder" in message
    assert message.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_there_are_outputs_to_try() -> None:
    """The walk finds the commands that write."""
    found = {(program.name, words[0]) for program, words, _ in _cases()}
    assert {name for program, name in found if program == "edge-app"} >= {
        "run", "bench", "evaluate", "merge", "demo",
    }  # fmt: skip
    assert {name for program, name in found if program == "host-tools"} >= {
        "convert", "diagnose", "evaluate", "fetch", "report", "sample", "scenes", "train",
    }  # fmt: skip


@pytest.mark.parametrize("option", sorted(_OUTPUTS))
def test_an_empty_name_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A variable of the shell that is not set must not mean the current folder, or nothing."""
    for program, words, name in _cases():
        if name == option:
            with pytest.raises(SystemExit) as end:
                program.run([*words, option, ""])
            assert end.value.code == 2
            assert f"argument {option}: is empty; give a value" in capsys.readouterr().err

"""`edge-app models check` knows the same models as `edge-app run --model`."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.text import Text

from edge_app.board import Verdict
from edge_app.cli import main
from edge_app.console import TextConsole
from edge_app.model.card import read_card
from edge_app.session.demo_output import print_beginning, print_results
from tests.support.metadata_files import write_classifier
from tests.support.whole_runs import edge


def test_a_model_is_checked_by_its_name(
    assets: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `run` takes it; the table names its folder."""
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["models", "check", "mnist"]) == 0
    said = capsys.readouterr().out
    assert said.count("golden image correct") == 4
    assert str(assets / "models/mnist") in said
    chain = said.split("Proof chain: from the source to this machine")[1]
    assert chain.count("golden image at conversion = here on ") >= 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stret", "no model 'stret': it is neither a folder nor a .tflite file nor shipped; "
                  "did you mean street?"),
        ("text.txt", "no model 'text.txt': it is neither a folder nor a .tflite file"),
        ("none.tflite", "none.tflite does not exist; check the path"),
        ("one.tflite", "one.tflite is damaged or not a .tflite file; get or convert it again"),
        ("empty", "empty has no model.json; name a model folder"),
    ],
)  # fmt: skip
def test_what_is_no_model_is_refused_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    message: str,
) -> None:
    """The message names what was given and what could be given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("text")
    (tmp_path / "one.tflite").write_text("a file")
    (tmp_path / "empty").mkdir()
    assert main(["models", "check", name]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_file_without_a_card_is_described_checked_and_given_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check shows what was inferred and names the command that writes the folder."""
    monkeypatch.setenv("COLUMNS", "200")
    path = write_classifier(tmp_path / "net.tflite")
    assert main(["models", "check", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Inferred from the file, which has no model card" in said
    assert "ok: runs as inferred, with no card to check it" in said
    assert f"edge-app models init {path} --out DIR" in said
    folder = tmp_path / "own"
    assert main(["models", "init", str(path), "--out", str(folder), "--mean", "3"]) == 0
    said = capsys.readouterr().out
    assert "(pixel - 3) / 127.5" in said
    assert f"written: {folder}; run it: edge-app run --model {folder}" in said
    assert main(["models", "check", str(folder)]) == 0
    assert "ok: sha256 as in the card" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("init", "net.tflite"), "models init needs a .tflite file and a folder"),
        (("init", "--out", "x"), "models init needs a .tflite file and a folder"),
        (("check", "mnist", "--out", "x"), "models check writes no folder; leave out --out"),
        (("list", "--out", "x"), "models list writes no folder; leave out --out"),
    ],
)
def test_what_an_action_does_not_take_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    """In one line."""
    assert main(["models", *arguments]) == 2
    assert message in capsys.readouterr().err


TITLE = "[/b]x <b> a [x] c \x1b[31m\u202e [bold]"
SHOWN = r"[/b]x <b> a [x] c \x1b[31m\u202e [bold]"
BRIEF = ("--min-secs", "0.1", "--num-runs", "3", "--rounds", "1", "--variants", "int8")


@pytest.mark.parametrize(
    "command",
    [
        ("models", "check", "{model}"),
        ("run", "--model", "{model}", "--headless", "--max-frames", "2", "--metrics", "m[bold]"),
        ("bench", "--model", "{model}", *BRIEF, "--json", "b[bold].json"),
    ],
)
def test_a_title_is_shown_as_it_is(command: tuple[str, ...], assets: Path, tmp_path: Path) -> None:
    """Brackets in titles and names of folders are no markup, and nothing reaches the terminal."""
    model = tmp_path / "model [b]"
    shutil.copytree(assets / "models/mnist", model)
    card = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**card, "title": TITLE}))
    words = [word.format(model=model) for word in command]
    done = edge(*words, cwd=tmp_path, COLUMNS=300)
    assert done.returncode in {0, 3}, done.stderr  # 3: the machine was busy
    assert SHOWN in done.stdout
    assert not {"\x1b", "\u202e"}.intersection(done.stdout + done.stderr)
    for word in words:
        if "[bold]" in word:
            assert word in done.stdout


def test_the_demo_shows_a_title_as_it_is(assets: Path) -> None:
    """In its first line and above its table."""
    text = io.StringIO()
    console = TextConsole(file=text, width=300, force_terminal=True, no_color=True)
    spec = replace(read_card(assets / "models/mnist"), title=TITLE)
    print_beginning(console, spec, "a [b].mp4")
    print_results(console, spec, [], Verdict())
    shown = Text.from_ansi(text.getvalue()).plain
    assert shown.count(SHOWN) == 2
    assert "on a [b].mp4" in shown
    assert "\x1b[31m" not in text.getvalue()


def test_a_model_in_place_of_check_is_refused_with_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A shipped name or a path; another word is refused with what there is."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    for word, advice in (
        ("street", "did you mean edge-app models check street? see edge-app models --help\n"),
        ("mine", "did you mean edge-app models check mine? see edge-app models --help\n"),
        ("n" * 5000, "choose from list, check, init; see edge-app models --help\n"),
        ("nothing", "choose from list, check, init; see edge-app models --help\n"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["models", word])
        assert end.value.code == 2
        error = capsys.readouterr().err
        assert error.endswith(advice)
        assert error.count("\n") == 1

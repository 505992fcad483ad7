"""`edge-app models check` knows the same models as `edge-app run --model`."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.cli import main


def test_a_model_is_checked_by_its_name(
    assets: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `run` takes it; the table names its folder."""
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["models", "check", "mnist"]) == 0
    said = capsys.readouterr().out
    assert said.count("golden image correct") == 4
    assert str(assets / "models/mnist") in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stret", "no model 'stret': it is neither a folder nor a .tflite file nor shipped; "
                  "did you mean street?"),
        ("text.txt", "no model 'text.txt': it is neither a folder nor a .tflite file"),
        ("none.tflite", "none.tflite does not exist; check the path"),
        ("one.tflite", "one.tflite is a single file, and the checks need its model card; name"),
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

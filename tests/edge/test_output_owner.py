"""Results are not mixed into the folder of another command."""

from pathlib import Path

import pytest

from edge_app.cli import main
from edge_app.errors import SinkError
from edge_app.output_owner import EVALUATION, LOG, check_owner


@pytest.mark.parametrize(
    ("file", "own", "problem"),
    [
        ("evaluation.json", LOG, "holds an evaluation (evaluation.json)"),
        ("model.json", LOG, "holds a model (model.json)"),
        ("index.html", EVALUATION, "holds a report (index.html)"),
        ("frames.jsonl", EVALUATION, "holds the log of a run (frames.jsonl)"),
        ("int8/summary.json", EVALUATION, "holds the log of a run (int8/summary.json)"),
        ("int8/summary.json", LOG, ""),
        ("evaluation.json", EVALUATION, ""),
        ("summary.json", LOG, ""),
        ("notes.txt", LOG, ""),
    ],
)
def test_a_folder_of_another_command_is_refused(
    tmp_path: Path, file: str, own: str, problem: str
) -> None:
    """It is named with the file that shows it."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    if not problem:
        check_owner(tmp_path, own, "--out")
        return
    with pytest.raises(SinkError) as fault:
        check_owner(tmp_path, own, "--out")
    assert str(fault.value) == f"{tmp_path} {problem}; choose another folder with --out"


def test_commands_refuse_before_they_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written beside the other command's files."""
    (tmp_path / "evaluation.json").touch()
    assert main(["run", "--headless", "--max-frames", "1", "--metrics", str(tmp_path)]) == 1
    assert "holds an evaluation" in capsys.readouterr().err
    (tmp_path / "evaluation.json").rename(tmp_path / "summary.json")
    for line in (["evaluate", "--dataset", "camvid:x"], ["merge", "a", "b"]):
        assert main([*line, "--out", str(tmp_path)]) == 1
        assert "holds the log of a run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]

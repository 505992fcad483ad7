"""`edge-app bench` says if the board was not fit for measuring."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_app.cli import main
from tests.support.boards import board_state


@pytest.mark.parametrize(("more", "code"), [([], 3), (["--allow-throttled"], 0)])
def test_a_throttled_board_is_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
) -> None:
    """The exit code, the last lines and the file have the verdict; the figures stay."""
    throttled = board_state(tmp_path / "pi", throttled="20002")
    monkeypatch.setattr("edge_app.board.watch.board", lambda: throttled)
    result = tmp_path / "result.json"
    quick = ["--variants", "int8", "--min-secs", "0.05", "--num-runs", "2", "--rounds", "1"]
    command = ["bench", "--model", "mnist", *quick, "--quality-frames", "2", "--json", str(result)]
    assert main([*command, *more]) == code
    assert "not valid: the board was throttled (clock capped" in capsys.readouterr().out
    record = json.loads(result.read_text())
    assert record["verdict"]["valid"] is False
    assert record["board"]["before"]["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert record["variants"][0]["invoke_only"]["n"] >= 2

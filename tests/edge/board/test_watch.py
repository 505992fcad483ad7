"""A board is watched from before a measurement to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.board import BoardWatch
from tests.support.boards import board_state


def test_what_happened_meanwhile_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttling that was over at the end is seen in the states between."""
    cool = board_state(tmp_path / "cool", throttled="0")
    hot = board_state(tmp_path / "hot", throttled="20002")
    monkeypatch.setattr("edge_app.board.watch.board", lambda: cool)
    monkeypatch.setattr("edge_app.board.watch.read_cpu_usage", lambda: None)
    watch = BoardWatch()
    found = watch.end()
    assert (found.before, found.after, found.others_cores) == (cool, cool, None)
    assert found.verdict.valid
    assert found.started_unix_s > 1e9
    assert not watch.end([hot]).verdict.valid

"""The load of other programs is the busy time that is not this program's."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.board import board
from edge_app.board.cpu_usage import CpuUsage, read_cpu_usage
from tests.support.boards import write_tree


def test_other_programs_use_what_is_not_our_own(tmp_path: Path) -> None:
    """Busy and stolen time less this program's own, in cores."""
    assert read_cpu_usage(tmp_path) is None
    usage = read_cpu_usage(write_tree(tmp_path, {"proc/stat": "cpu  100 0 50 800 50 0 0 10 0 0\n"}))
    assert usage is not None
    assert (usage.busy_s, usage.stolen_s, usage.idle_s) == (1.5, 0.1, 8.5)
    before, after = CpuUsage(0, 0, 0, 0), CpuUsage(3, 1, 2, 4)
    assert after.others_since(before) == pytest.approx(2 / 8 * board()["cores"])
    assert before.others_since(before) is None

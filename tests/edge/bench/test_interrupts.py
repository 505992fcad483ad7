"""Ctrl-C at any moment of a benchmark ends it without a traceback, and blames nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.whole_runs import ENV, HANG_S, ROOT

BENCH = (
    "bench", "--model", "mnist", "--variants", "int8,float32", "--rounds", "2", "--min-secs", "60",
)  # fmt: skip
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")


def has_child(pid: int) -> bool:
    """Return whether a process has one."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text("ascii", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == pid:
            return True
    return False


def interrupted(
    tmp_path: Path, wait_s: float, times: int = 1, number: int = signal.SIGINT
) -> tuple[int, str]:
    """Start a benchmark; signal its group, as Ctrl-C does, some time after its child started."""
    with subprocess.Popen(
        [sys.executable, "-m", "edge_app.cli", *BENCH, "--json", str(tmp_path / "a.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=ENV,
        start_new_session=True,
    ) as bench:
        while bench.poll() is None and not has_child(bench.pid):
            time.sleep(0.002)
        time.sleep(wait_s)
        for _ in range(times):
            os.killpg(bench.pid, number)
            time.sleep(0.005)
        output, _ = bench.communicate(timeout=HANG_S)
    return bench.returncode, output


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(24))
def test_ctrl_c_while_a_child_starts(moment: int, tmp_path: Path) -> None:
    """In the child's first second: before its first line, in its imports, while it loads."""
    code, output = interrupted(tmp_path, moment * 0.04)
    assert "Traceback" not in output
    assert "ended early" not in output
    assert "not measured" not in output
    assert code == 130, output


def test_ctrl_c_before_any_measurement_leaves_no_result(tmp_path: Path) -> None:
    """It is acknowledged, and no file without figures is written."""
    code, output = interrupted(tmp_path, 0.0)
    assert code == 130, output
    assert "stopped after 0 of 2 rounds; nothing was measured" in output
    assert "of 6, at least" in output
    assert "--details" not in output  # there is nothing to explain
    assert "not valid" not in output
    assert not (tmp_path / "a.json").exists()


def test_sigterm_of_the_whole_group_blames_nobody(tmp_path: Path) -> None:
    """As `timeout` sends it: the measuring process ends of it as well, and that is no fault."""
    code, output = interrupted(tmp_path, 1.0, number=signal.SIGTERM)
    assert code == 143, output
    assert "stopped after 0 of 2 rounds" in output
    assert "ended early" not in output
    assert "measured:" not in output


@pytest.mark.parametrize("wait_s", [0.0, 1.0])
def test_ctrl_c_many_times_ends_at_once(wait_s: float, tmp_path: Path) -> None:
    """The fourth one ends the child as well, and what is measured is kept."""
    code, output = interrupted(tmp_path, wait_s, times=5)
    assert "Traceback" not in output
    assert code == 130, output

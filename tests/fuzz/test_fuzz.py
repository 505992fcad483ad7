"""A hundred attacks on each kind of input; `make fuzz N=1000` makes more of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS, ROOT

_TENSORFLOW = {"keras"}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(name, marks=pytest.mark.tensorflow if name in _TENSORFLOW else ())
        for name in KINDS
    ],
)
def test_changed_input_ends_in_one_line_or_runs(kind: str, tmp_path: Path) -> None:
    """No attack ends in a traceback, a crash, a hang, with much memory or with control codes."""
    pytest.importorskip("ai_edge_litert")
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.fuzz.campaign", kind, "--count", "100"]
    ended = subprocess.run(
        [*command, "--json", str(figures)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1100,
        check=False,
    )
    assert figures.exists(), ended.stderr
    [found] = json.loads(figures.read_text("utf-8")).values()
    assert found["faults"] == []
    assert found["tried"] == found["clean"] + found["run"] == 100
    assert found["clean"] > 20  # what is changed is looked at
    assert found["run"] > 5  # and the originals are whole

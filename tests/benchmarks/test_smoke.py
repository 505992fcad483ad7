"""Every benchmark script runs, with a few frames."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_runs_to_its_end(script: str) -> None:
    """It exits with 0 and prints figures; how good they are is not tested."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{script}", "--smoke"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert any(character.isdigit() for character in done.stdout)

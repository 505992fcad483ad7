"""No command runs a file of the current folder, whatever it is called.

Folders of downloads hold files of any name. Each command is started in one with a module of every
name that Python or the app could look for; each of them notes that it ran.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.traps import (
    MODULE,
    SCRIPT,
    folder_of_traps,
    loaded_by_python_itself,
    run_there,
)
from tests.support.whole_runs import ROOT

DIGITS = ROOT / "assets/samples/digits-images-idx3-ubyte.gz"
COMMANDS = {
    "run": ("run", str(DIGITS), "--model", "new.tflite", "--headless", "--max-frames", "2"),
    "cameras": ("cameras", "--json"),
    "doctor": ("doctor", "--json"),
    "bench": (
        "bench", "--model", "new.tflite", "--allow-throttled", "--min-secs", "0.01",
        "--num-runs", "1", "--rounds", "1", "--json", "bench.json",
    ),
    "models check": ("models", "check", "mnist"),
}  # fmt: skip


@pytest.mark.parametrize("start", [SCRIPT, MODULE], ids=["script", "python -m"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_runs_no_file_of_the_current_folder(
    tmp_path: Path, assets: Path, command: tuple[str, ...], start: tuple[str, ...]
) -> None:
    """Neither itself nor by its child processes."""
    folder = folder_of_traps(
        tmp_path, loaded_by_python_itself() if start == MODULE else frozenset()
    )
    (folder / "new.tflite").write_bytes((assets / "models/mnist/int8.tflite").read_bytes())
    done = run_there(folder, start, *command)
    assert not (folder / "ran").exists(), (folder / "ran").read_text()
    assert done.returncode in ({0, 1} if command[0] == "doctor" else {0}), done.stderr
    assert "Traceback" not in done.stderr

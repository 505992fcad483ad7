"""Whatever path a command is given, its answer is one line: no traceback, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.cli import main
from tests.support.bad_paths import BAD_INPUTS, BAD_OUTPUTS, bad_paths, refusals

DIGITS = Path(__file__).parents[2] / "assets/samples/digits-images-idx3-ubyte.gz"
FLOAT32 = Path(__file__).parents[2] / "assets/models/mnist/float32.tflite"
# A * stands for the bad path.
COMMANDS = {
    "run": "run * --model mnist --headless --max-frames 1",
    "run --model": "run {digits} --model * --headless --max-frames 1",
    "run --truth": "run {digits} --model mnist --truth * --headless --max-frames 1",
    "run --labels": "run {digits} --model {float32} --labels * --headless --max-frames 1",
    "run --palette": (
        "run {digits} --model {float32} --labels digits --palette * --headless --max-frames 1"
    ),
    "models init": "models init * --out new",
    "bench --source": "bench --model mnist --source *",
    "bench --model": "bench --model *",
    "bench --truth": "bench --model mnist --truth *",
    "compare": "compare * *",
    "evaluate": "evaluate --model mnist --dataset * --frames 0:1",
    "merge": "merge * --out sum",
    "models check": "models check *",
}
OUTPUTS = {
    "bench --csv": "bench --csv */a.csv",
    "demo --out": "demo --out *",
    "evaluate --out": "evaluate --model mnist --dataset idx:{digits},{digits} --out *",
    "models init --out": "models init {float32} --out *",
    "merge --out": "merge a b --out *",
    "run --metrics": "run {digits} --model mnist --headless --max-frames 1 --metrics *",
    "run --record": "run {digits} --model mnist --headless --max-frames 1 --record */a.mp4",
}


@pytest.fixture
def workplace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder with one of each."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with bad_paths() as folder:
        yield folder


@pytest.mark.timeout(120)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_bad_path_is_one_line(
    workplace: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """The exit code is 1 or 2; no message shows a password, or says that it was not foreseen."""
    for kind, said in refusals(
        main, command, BAD_INPUTS, capsys, digits=DIGITS, float32=FLOAT32
    ).items():
        if command.startswith(("run *", "bench --model mnist --source")):  # takes an address
            assert "secret" not in said, (kind, said)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("command", OUTPUTS.values(), ids=OUTPUTS)
def test_a_bad_output_is_one_line(
    workplace: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """It is refused before the work, which would begin with reading."""
    refusals(main, command, BAD_OUTPUTS, capsys, digits=DIGITS, float32=FLOAT32)

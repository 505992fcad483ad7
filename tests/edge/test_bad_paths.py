"""Whatever path a command is given, its answer is one line: no traceback, and no waiting."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from edge_app.cli import main

DIGITS = Path(__file__).parents[2] / "assets/samples/digits-images-idx3-ubyte.gz"
# A * stands for the bad path.
COMMANDS = {
    "run": "run * --model mnist --headless --max-frames 1",
    "run --model": "run {digits} --model * --headless --max-frames 1",
    "run --truth": "run {digits} --model mnist --truth * --headless --max-frames 1",
    "bench --source": "bench --model mnist --source *",
    "bench --model": "bench --model *",
    "bench --truth": "bench --model mnist --truth *",
    "compare": "compare * *",
    "evaluate": "evaluate --model mnist --dataset * --frames 0:1",
    "merge": "merge * --out sum",
    "models check": "models check *",
}
BAD = {
    "missing": "none",
    "empty name": "",
    "empty file": "empty",
    "text": "text.txt",
    "below a file": "text.txt/x",
    "empty folder": "folder",
    "pipe": "pipe",
    "socket": "socket",
    "pipe as card": "piped",
    "kernel": "/proc/kmsg",
    "long": "x" * 300,
    "deep": "a/" * 2100,
    "no UTF-8": os.fsdecode(b"caf\xe9"),
    "no host": "rtsp://user:secret@[::1/",
    "markup": "[/]",
}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with one of each."""
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    Path("empty").touch()
    Path("text.txt").write_text("hello\n")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("piped").mkdir()
    os.mkfifo("piped/model.json")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    return tmp_path


@pytest.mark.timeout(120)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_bad_path_is_one_line(
    workplace: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """The exit code is 1 or 2; no message shows a password, or says that it was not foreseen."""
    for kind, bad in BAD.items():
        words = [{"*": bad, "{digits}": str(DIGITS)}.get(word, word) for word in command.split()]
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr().err
        assert (code, said.count("\n")) in {(1, 1), (2, 1)}, (kind, code, said)
        assert "EDGE_DEBUG" not in said, (kind, said)
        if command.startswith(("run *", "bench --model mnist --source")):  # takes an address
            assert "secret" not in said, (kind, said)

"""Test the command line of host-tools as a user meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.errors import UsageError
from edge_app.model.card import read_card
from host_tools import cli
from host_tools.commands import basic as commands

COMMANDS = ("train", "convert", "sample", "fetch", "report")


def _loaded_by(code: str) -> set[str]:
    listing = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, check=True)
    return set(done.stdout.decode().split())


def test_help_loads_nothing_heavy() -> None:
    """The parser is built without numpy, OpenCV, rich or TensorFlow."""
    loaded = _loaded_by("from host_tools.cli import build_parser\nbuild_parser()")
    assert not loaded & {"numpy", "cv2", "rich", "tensorflow", "keras", "ai_edge_litert"}


def test_commands_load_tensorflow_only_when_it_is_needed() -> None:
    """A wrong path is told before TensorFlow has taken its seconds."""
    assert not _loaded_by("import host_tools.commands.basic") & {"tensorflow", "keras"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help ends with a line to copy."""
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert f"\n  host-tools {command} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("train mnist --data nowhere", 1, "nowhere has neither train-images"),
        ("train mnist --out digits.h5", 2, "must end in .keras"),
        ("train mnist --epochs 0", 2, "at least 1"),
        ("sample digits --data nowhere --out x", 1, "nowhere has neither"),
        ("convert a.keras --out x --calibration nowhere --eval one", 2, "IMAGES,LABELS"),
        ("convert a.keras --out x --labels cityscapes", 2, "name some with --calibration"),
        ("convert a.keras --out x --calibration nowhere", 1, "there is no file a.keras"),
    ],
)
def test_a_fault_is_one_line(
    line: str,
    code: int,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 1 for a fault and 2 for usage, and no traceback."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(line.split()) == code
    error = capsys.readouterr().err
    assert error.startswith("host-tools: ")
    assert why in error
    assert error.count("\n") == 1


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_DEBUG=1 lets the error through."""
    monkeypatch.setenv("EDGE_DEBUG", "1")
    with pytest.raises(UsageError):
        cli.main(["train", "mnist", "--epochs", "0"])


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupt ends in a line and the shell's usual code."""

    def stop(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "sample_command", stop)
    assert cli.main(["sample", "digits", "--out", "x"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_sample_writes_two_files(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The files are named and counted."""
    line = ["sample", "digits", "--data", str(mnist), "--count", "20", "--out", str(tmp_path)]
    assert cli.main(line) == 0
    assert len(list(tmp_path.iterdir())) == 2
    assert capsys.readouterr().out.count("20 digits") == 2


def test_train_then_convert(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two commands in a row give a model folder and a table of the four variants."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")
    keras, out = tmp_path / "m.keras", tmp_path / "m"
    assert cli.main(["train", "mnist", "--data", str(mnist), "--out", str(keras)]) == 0
    assert "of the held-out digits" in capsys.readouterr().out
    line = ["convert", str(keras), "--out", str(out)]
    assert cli.main([*line, "--calibration", str(mnist), "--eval", str(mnist)]) == 0
    shown = capsys.readouterr().out
    for variant in read_card(out).variants.values():
        assert f"{variant.bytes:,}" in shown
    assert "calibrated on 100 pictures of train-images-idx3-ubyte.gz" in shown

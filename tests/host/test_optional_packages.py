"""A command that needs a package which is not installed says so before its work."""

import sys
from pathlib import Path

import pytest

from edge_app.paths import assets_dir
from host_tools.cli import main

DIGITS = str(assets_dir() / "samples" / "digits-images-idx3-ubyte.gz")
MNIST = assets_dir() / "models" / "mnist"
DIAGNOSE = ["diagnose", "mnist", "--images", DIGITS]
CONVERT = ["convert", "{model}", "--out", "{out}", "--calibration", DIGITS]
COMMANDS = {
    "diagnose --out": ("matplotlib", [*DIAGNOSE, "--out", "{out}"]),
    "diagnose --repair": ("ai_edge_quantizer", [*DIAGNOSE, "--repair"]),
    "report": ("matplotlib", ["report", "--out", "{out}"]),
    "train mnist, chart": ("matplotlib", ["train", "mnist", "--out", "{out}/a.keras"]),
    "train mnist": ("tensorflow", ["train", "mnist", "--out", "{out}/a.keras"]),
    "convert": ("tensorflow", [*CONVERT]),
    "convert .tflite": ("ai_edge_quantizer", [*CONVERT]),
}
# What each would do first: to reach it is to begin the work.
WORK = (
    "edge_app.sources.factory.open_source",
    "host_tools.convert.convert.choose_images",
    "host_tools.diagnose.model_pair.spread_images",
    "host_tools.datasets.find_mnist",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_package_is_one_line_before_the_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line ends with the command that installs it; nothing is read and nothing written."""
    package, arguments = COMMANDS[name]
    if package != "matplotlib" and name.startswith(("diagnose", "train")):
        pytest.importorskip("matplotlib", reason="needs the host extra: pip install -e '.[host]'")
    model = MNIST / "float32.tflite"
    if name == "convert":
        model = tmp_path / "model.keras"
        model.write_bytes(b"not read")
    monkeypatch.setitem(sys.modules, package, None)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the work has begun")

    for place in WORK:
        monkeypatch.setattr(place, fail)
    out = tmp_path / "out"
    given = [text.format(out=out, model=model) for text in arguments]
    assert main(given) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "not installed; run: " in line
    assert not out.exists()

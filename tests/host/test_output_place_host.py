"""Commands of host-tools hold their outputs while they work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from host_tools.cli import PROGRAM, main
from tests.support.output_locks import HELD, look_during, with_outputs

# By command: the words of one, and what it calls while it works.
WRITING = {
    "convert": ("{model} --variants float32 --out {out}", "host_tools.convert.convert.open_model"),
    "diagnose": ("mnist --images x --out {out}", "host_tools.diagnose.model_pair.spread_images"),
    "evaluate": (
        "--scheduler local:1 --model mnist --dataset idx:{digits} --out {out}",
        "host_tools.cluster.connection.connected",
    ),
    "fetch": ("mnist --out {out}", "host_tools.fetch.fetch.fetch"),
    "report": ("--out {out}", "host_tools.report.build_report.build_report"),
    "sample": ("digits --out {out}", "host_tools.datasets.find_mnist"),
    "scenes": ("clip --out {out}", "host_tools.synthetic_streets.clip.write_clip"),
    "train": ("mnist --out {out}.keras", "host_tools.train.checkpoint.check_target"),
}
# What they lock, if it is not the folder itself.
LOCKED = {"convert": "out", "evaluate": "out/mnist", "train": "out.keras"}
NEEDED = {"evaluate": "distributed", "report": "matplotlib", "train": "matplotlib"}


@pytest.mark.skipif(sys.platform == "win32", reason="the locks are those of POSIX")
@pytest.mark.parametrize("command", WRITING)
def test_a_command_holds_its_output(
    command: str,
    assets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A second one on the same output is refused, and in the end no lock is left."""
    if command in NEEDED:
        pytest.importorskip(NEEDED[command])
    words, target = WRITING[command]
    samples = [
        assets / "samples" / f"digits-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")
    ]
    places = {
        "out": tmp_path / "out",
        "model": assets / "models" / "mnist" / "float32.tflite",
        "digits": ",".join(map(str, samples)),
    }
    folder = command not in {"convert", "train"}
    look_during(target, tmp_path / LOCKED.get(command, "out"), monkeypatch, folder=folder)
    assert main([command, *words.format(**places).split()]) == 1
    assert HELD in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_command_with_an_output_is_among_them() -> None:
    """A new command has to be tried here."""
    assert with_outputs(PROGRAM) == set(WRITING)

"""Whatever path a command of host-tools is given, its answer is one line, and soon."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.cli import PROGRAM, main
from tests.support.bad_paths import BAD_INPUTS, BAD_OUTPUTS, bad_paths, exit_code, refusals
from tests.support.program_options import actions_of

# A * stands for the bad path.
COMMANDS = {
    "convert": "convert * --out out --calibration {digits}",
    "convert --calibration": "convert {float32} --out out --calibration *",
    "convert --eval": "convert {float32} --out out --calibration {digits} --eval *",
    "convert --eval of two": "convert {float32} --out out --calibration {digits} --eval *,*",
    "convert --palette": (
        "convert {float32} --out out --calibration {digits} --labels digits --palette *"
    ),
    "diagnose": "diagnose * --images {digits}",
    "diagnose --float32": "diagnose --float32 * --int8 {int8} --images {digits}",
    "diagnose --int8": "diagnose --float32 {float32} --int8 * --images {digits}",
    "diagnose --images": "diagnose mnist --images *",
    "evaluate --model": "evaluate --scheduler local:1 --model * --dataset {pair}",
    "evaluate --dataset idx": "evaluate --scheduler local:1 --model mnist --dataset idx:*,*",
    "evaluate --dataset camvid": "evaluate --scheduler local:1 --model street --dataset camvid:*",
    "evaluate --dataset tar": "evaluate --scheduler local:1 --model street --dataset driveseg:*",
    "evaluate --tls-ca-file": (
        "evaluate --scheduler tls://127.0.0.1:1 --model mnist --dataset {pair} "
        "--tls-ca-file * --tls-cert {digits}"
    ),
    "evaluate --tls-cert": (
        "evaluate --scheduler tls://127.0.0.1:1 --model mnist --dataset {pair} "
        "--tls-ca-file {digits} --tls-cert * --tls-key *"
    ),
    "report": "report * --out out",
    "report --gallery": "report --gallery * --images {digits} --out out",
    "report --images": "report --gallery mnist --images * --out out",
    "sample --data": "sample digits --data * --out out",
    "train mnist --data": "train mnist --data * --out a.keras",
    "train street --data camvid": "train street --data camvid:* --teacher {digits} --out a.keras",
    "train street --data video": "train street --data video:* --teacher {digits} --out a.keras",
}
# TensorFlow says what is wrong with a graph that can be read.
READ_EARLY = {
    "train street --teacher": "train street --data scenes:1 --teacher * --out a.keras",
    "train street --start": "train street --data scenes:1 --teacher {digits} --start *",
}
NOT_ASCII = "caf\xe9\udce9\u2026"
NO_GRAPH = {"empty file", "text"}
OUTPUTS = {
    "convert --out": "convert {float32} --variants float32 --out *",
    "diagnose --out": "diagnose mnist --images {digits} --out *",
    "evaluate --out": "evaluate --scheduler local:1 --model mnist --dataset {pair} --out *",
    "fetch --out": "fetch mnist --out *",
    "report --out": "report --out *",
    "sample --out": "sample digits --data {digits} --out *",
    "scenes --out": "scenes clip --out *",
    "train mnist --out": "train mnist --out */a.keras",
    "train street --out": "train street --data scenes:1 --teacher {digits} --out */a.keras",
    "train street --cache": "train street --data scenes:1 --teacher {digits} --cache *",
}
# What the values of options with paths are called.
PATHS = {"DIR", "FILE", "PATH", "PB", "MODEL_DIR", "KIND:PATH", "NAME.keras", "M"}
PATHS |= {"[LABELS:]IMAGES,TRUTH"}
NEEDED = {"evaluate --tls": "distributed", "report": "matplotlib", "train": "matplotlib"}


@pytest.fixture
def places(assets: Path) -> Iterator[dict[str, object]]:
    """Work in a folder with one of each; return the good paths."""
    digits, labels = (
        assets / "samples" / f"digits-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")
    )
    model = assets / "models" / "mnist"
    with bad_paths():
        yield {
            "digits": digits,
            "pair": f"idx:{digits},{labels}",
            "float32": model / "float32.tflite",
            "int8": model / "int8.tflite",
        }


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", [*COMMANDS, *READ_EARLY, *OUTPUTS])
def test_a_bad_path_is_one_line(
    name: str, places: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before TensorFlow, a cluster or a chart has taken its seconds; nothing is left."""
    for start, package in NEEDED.items():
        if name.startswith(start):
            pytest.importorskip(package)
    before = set(Path().iterdir())
    bad = BAD_OUTPUTS if name in OUTPUTS else BAD_INPUTS
    if name in READ_EARLY:
        bad = {kind: path for kind, path in bad.items() if kind not in NO_GRAPH}
    refusals(main, {**COMMANDS, **READ_EARLY, **OUTPUTS}[name], bad, capsys, **places)
    assert set(Path().iterdir()) == before


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["pipe", "folder", "record"])
def test_what_an_earlier_fetch_left_is_a_file(
    kind: str, places: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe in the place of a file, or of the checksums, would be waited for without end."""
    Path("got").mkdir()
    path = Path("got") / ("fetched.json" if kind == "record" else "train-images-idx3-ubyte.gz")
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    refusals(main, "fetch mnist --out *", {kind: "got"}, capsys)


@pytest.mark.timeout(60)
def test_a_checkpoint_is_a_file(
    places: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe in its place would be waited for without end."""
    pytest.importorskip("matplotlib")
    os.mkfifo("a.checkpoint.npz")
    refusals(main, "train mnist --resume --out *", {"pipe": "a.keras"}, capsys)


def test_names_in_an_ascii_locale(
    places: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal of a service has no other letters; a name is shown as far as it goes."""
    for command in COMMANDS.values():
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr("sys.stderr", stream)
        words = [word.format(**places).replace("*", NOT_ASCII) for word in command.split()]
        code = exit_code(main, words)
        stream.flush()
        stream.seek(0)
        said = stream.buffer.read()
        assert (code, said.count(b"\n")) in {(1, 1), (2, 1)}, (command, said)
        assert said.isascii()
        assert b"EDGE_DEBUG" not in said


def test_every_option_with_a_path_is_walked() -> None:
    """A new one has to be tried here."""
    lines = (*COMMANDS.values(), *READ_EARLY.values(), *OUTPUTS.values())
    walked = {name for line in lines for name in re.findall(r"(--[a-z0-9-]+) [^ ]*\*", line)}
    with_paths = {
        name
        for command in PROGRAM.commands
        for action in actions_of(PROGRAM, command.name)
        if action.metavar in PATHS
        for name in action.option_strings
    }
    assert with_paths - walked == set()

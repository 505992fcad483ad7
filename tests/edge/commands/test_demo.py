"""The demo runs every variant on the shipped samples, which keep their quality."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import av
import cv2
import pytest

from edge_app.cli import main
from edge_app.model.card import VARIANTS
from edge_app.session.demo_output import called_as
from tests.support.whole_runs import ENV, HANG_S, ROOT, edge, summary_of

# Least mIoU of the shipped street model on the shipped clip, over the classes present.
STREET_MIOU = 0.60


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_demo_writes_a_video_and_a_log_per_variant(tmp_path: Path) -> None:
    """Every variant has its overlay video and summary, and the table is printed."""
    done = edge("demo", "--model", "mnist", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "what quantization costs" in done.stdout
    first = " ".join(done.stdout.split("Ctrl-C")[0].split())
    assert "float32, float16, dynamic_range and int8, one after the other" in first
    for variant in VARIANTS:
        assert summary_of(tmp_path / variant)["frames"] == 500
        assert _frames(tmp_path / f"mnist-{variant}.mp4") == 500


def test_a_stopped_demo_leaves_no_partial_files(tmp_path: Path) -> None:
    """Nor a mix of two demos: older files are removed as a set, and foreign ones stay."""
    for variant in VARIANTS:
        (tmp_path / variant).mkdir()
        (tmp_path / variant / "summary.json").write_text("{}")
        (tmp_path / f"street-{variant}.mp4").write_bytes(b"older")
    (tmp_path / "int8" / "notes.txt").write_text("mine")
    command = [sys.executable, "-m", "edge_app.cli", "demo", "--headless", "--out", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=ENV
    ) as demo:
        log = tmp_path / "float32" / "frames.jsonl"
        while demo.poll() is None and not log.is_file():
            time.sleep(0.002)
        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=HANG_S)
    assert demo.returncode == 130, output
    assert "stopped after 0 of 4 variants: the files of float32 were removed" in output
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [
        tmp_path / "int8" / "notes.txt"
    ]


@pytest.mark.parametrize("width", [80, 60])
def test_its_output_is_compact(tmp_path: Path, width: int) -> None:
    """One line on the window, one per variant, a whole table, sentences, files, and what next."""
    done = edge("demo", "--model", "mnist", "--out", tmp_path, COLUMNS=width)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum("no window" in line for line in lines) == 1
    assert "…" not in done.stdout
    for variant in VARIANTS:
        row = re.compile(rf"{variant} +\S+ kB .* \d+\.\d %$")
        assert sum(bool(row.match(line)) for line in lines) == 1
        assert sum(line.startswith(f"{variant}: 500 frames in") for line in lines) == 1
        sentence = re.compile(rf"{variant} (is|shows) .*float32.*\.$")
        assert any(sentence.match(line) for line in lines) == (variant != "float32")
        assert f"  {tmp_path}/mnist-{variant}.mp4" in lines
    after = lines[lines.index("next:") + 1 :]
    assert after[0].split()[:3] == ["edge-app", "run", "--loop"]


def test_the_next_command_is_the_program_that_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name if the shell finds that one, else by its path."""
    program = tmp_path / "bin" / "edge-app"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bin/edge-app", "demo"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert called_as("edge-app") == "bin/edge-app"
    monkeypatch.setenv("PATH", str(program.parent))
    assert called_as("edge-app") == "edge-app"
    monkeypatch.setattr(sys, "argv", ["/x/edge_app/__main__.py"])
    assert called_as("edge-app") == "edge-app"


def test_the_demo_is_of_the_street_by_default(tmp_path: Path) -> None:
    """All variants run on every frame, keep their quality, and two are compared."""
    done = edge("demo", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "what quantization costs" in done.stdout
    mious = {}
    for variant in VARIANTS:
        summary = summary_of(tmp_path / variant)
        assert (summary["model"], summary["frames"], summary["dropped"]) == ("street", 300, 0)
        quality = summary["quality"]
        assert quality["frames"] == 300
        assert f"{quality['miou']:.3f}".removeprefix("0") in done.stdout
        mious[variant] = quality["miou"]
        assert _frames(tmp_path / f"street-{variant}.mp4") == 300
    assert mious["int8"] >= STREET_MIOU
    for variant in VARIANTS:
        assert mious[variant] == pytest.approx(mious["float32"], abs=0.03)
    for name in ("split", "difference"):
        image = cv2.imread(str(tmp_path / f"{name}.png"))
        assert image is not None
        # It has the colours of several classes, so it is not of one colour.
        assert image.reshape(-1, 3).std(axis=0).min() > 20
        assert str(tmp_path / f"{name}.png") in done.stdout


@pytest.mark.parametrize(
    "place", ["edge_app.model.card.read_card", "edge_app.model.catalog.sample"]
)
def test_a_stop_before_the_first_run_is_acknowledged(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while modules load or the card is read: nothing was printed so far."""
    import_module("edge_app.session.tasks")  # else it would keep what is patched here

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupt)
    assert main(["demo", "--model", "mnist", "--headless", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "edge-app demo: stopped; nothing was written\n"

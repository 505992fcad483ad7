"""The command line as people and scripts use it: whole runs in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edge_app.cli import PROGRAM, main

ENV = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}


def edge(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run edge-app to its end, without a display."""
    return subprocess.run(
        [sys.executable, "-m", "edge_app.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**ENV, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=cwd,
        timeout=240,
        check=False,
    )


def test_the_doctor_comes_before_the_packages() -> None:
    """In a clone where nothing could be installed it still says what it finds, in plain lines."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "edge_app", "doctor"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=ENV,
        timeout=240,
        check=False,
    )
    assert done.stdout.startswith("ok    Python: "), done.stderr
    assert "disk" in done.stdout
    assert done.stderr == ""
    assert done.returncode in {0, 1}


def begin(*arguments: object) -> subprocess.Popen[str]:
    """Start edge-app and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "edge_app.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENV, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def summary_of(folder: Path) -> Any:
    """Read a run's summary."""
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_the_digits_run_to_their_end(tmp_path: Path) -> None:
    """The shipped model reads the shipped digits, records them and writes the summary."""
    done = edge(
        "run", "--model", "mnist", "--headless", "--as-fast-as-possible", "--max-frames", 120,
        "--record", tmp_path / "out.mp4", "--metrics", tmp_path / "m",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path / "m")
    assert summary["status"] == "complete"
    assert summary["frames"] == 120
    assert summary["quality"]["top1"] > 0.93
    assert summary["recording"]["frames"] == 120
    assert Path(summary["recording"]["path"]).name == "out.mp4"
    lines = (tmp_path / "m" / "frames.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["index"] for line in lines] == list(range(120))
    assert {json.loads(line)["variant"] for line in lines} == {"int8"}


def test_a_digit_run_scores_the_same_in_line_and_in_threads(tmp_path: Path) -> None:
    """Recording changes how frames travel, never what is answered."""
    edge("run", "--model", "mnist", "--headless", "--max-frames", 200, "--metrics", tmp_path / "a")
    edge(
        "run", "--model", "mnist", "--headless", "--as-fast-as-possible", "--max-frames", 200,
        "--metrics", tmp_path / "b", "--record", tmp_path / "b.mp4",
    )  # fmt: skip
    assert summary_of(tmp_path / "a")["quality"] == summary_of(tmp_path / "b")["quality"]


def test_a_recording_ends_at_its_size_and_the_run_goes_on(tmp_path: Path) -> None:
    """The files hold what fitted, the summary and a note say why, and every frame is logged."""
    done = edge(
        "run", "--model", "mnist", "--headless", "--as-fast-as-possible", "--max-frames", 300,
        "--metrics", tmp_path,
        "--record", tmp_path / "out.mp4", "--record-max-mb", 1, "--segment-s", 8,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path)
    assert summary["status"] == "complete"
    assert summary["frames"] == 300
    recording = summary["recording"]
    assert [Path(file).name for file in recording["files"]] == [
        path.name for path in sorted(tmp_path.glob("out-*.mp4"))
    ]
    assert recording["stopped"] == "it reached 1 MB"
    assert recording["frames"] < 300
    assert done.stdout.count("it reached 1 MB") == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_closes_everything(tmp_path: Path, number: int, code: int) -> None:
    """The recording plays, the log is whole, the summary says interrupted."""
    import av

    child = begin(
        "run",
        "--model",
        "mnist",
        "--headless",
        "--loop",
        "--metrics",
        tmp_path,
        "--record",
        tmp_path / "out.mp4",
    )
    log = tmp_path / "frames.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.exists() and log.stat().st_size > 2000):
        time.sleep(0.05)
    child.send_signal(number)
    _, said = child.communicate(timeout=60)
    assert child.returncode == code, said
    summary = summary_of(tmp_path)
    assert summary["status"] == "interrupted"
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert len(lines) == summary["frames"] > 0
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == summary["recording"]["frames"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nowhere.mp4", "--headless"], 1, "nowhere.mp4"),
        (["run", "--model", "nothing"], 1, "no model 'nothing'"),
        (["run", "--model", "mnits"], 1, "did you mean mnist?"),
        (["run", "--model", "mnist", "--variant", "int4"], 2, "it has: float32"),
        (["run", "--truth-labels", "camvid", "synthetic"], 2, "needs --truth"),
        (["run", "--model", "mnist", "--runtime", "tensorflow", "--headless"], None, ""),
        (["run", "--max-frames", "0"], 2, "must be 1 or more"),
        (["run", "--segment-s", "60", "--headless"], 2, "need --record"),
        (["bench", "--variants", "int4"], 2, "it has: float32"),
        (["models", "check", "nowhere"], 1, "model.json"),
        ([], 2, "COMMAND"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: list[str], code: int | None, words: str, tmp_path: Path
) -> None:
    """No traceback; the exit code tells usage (2) from other faults (1)."""
    done = edge(*arguments, cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert words in done.stderr
    if code is not None:
        assert done.returncode == code


def test_the_source_is_never_recorded_over(tmp_path: Path) -> None:
    """A typing mistake must not cost the only copy of a drive."""
    import shutil

    digits = tmp_path / "digits.gz"
    shutil.copy(Path(__file__).parents[2] / "assets/samples/digits-images-idx3-ubyte.gz", digits)
    before = digits.read_bytes()
    done = edge("run", digits, "--model", "mnist", "--headless", "--record", digits)
    assert done.returncode == 2
    assert "overwrite the source" in done.stderr
    assert digits.read_bytes() == before


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path: Path) -> None:
    """`edge-app run ... | head -0` still leaves the log and the summary."""
    child = begin(
        "run", "--model", "mnist", "--headless", "--max-frames", 200, "--metrics", tmp_path
    )
    assert child.stdout is not None
    child.stdout.close()
    child.wait(timeout=60)
    assert summary_of(tmp_path)["frames"] == 200


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """EDGE_DEBUG=1 is for those who mend the program."""
    monkeypatch.setenv("EDGE_DEBUG", "1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="no model 'nothing'"):
        main(["run", "--model", "nothing"])


def test_models_are_listed_and_checked() -> None:
    """The table names all four variants; the check runs their golden pictures."""
    listed = edge("models")
    assert listed.returncode == 0, listed.stderr
    for variant in ("float32", "float16", "dynamic_range", "int8"):
        assert variant in listed.stdout
    checked = edge("models", "check")
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("golden") >= 4


def test_a_changed_model_file_fails_its_check(tmp_path: Path, assets: Path) -> None:
    """One flipped byte is told as such, with exit code 1."""
    import shutil

    folder = tmp_path / "mnist"
    shutil.copytree(assets / "models" / "mnist", folder)
    data = bytearray((folder / "int8.tflite").read_bytes())
    data[-100] ^= 0xFF
    (folder / "int8.tflite").write_bytes(bytes(data))
    checked = edge("models", "check", folder)
    assert checked.returncode == 1
    assert "sha256" in checked.stdout


def test_bench_measures_every_variant(tmp_path: Path) -> None:
    """The JSON holds init, first, warm-up, steady, the stages and the ratio."""
    result = tmp_path / "b.json"
    done = edge(
        "bench", "--model", "mnist", "--min-secs", 0.2, "--num-runs", 9, "--json", result,
        "--allow-throttled",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(result.read_text("utf-8"))
    assert record["status"] == "complete"
    assert [one["variant"] for one in record["variants"]] == [
        "float32", "float16", "dynamic_range", "int8",
    ]  # fmt: skip
    for one in record["variants"]:
        assert one["init_ms"] > 0
        assert one["first_ms"] > 0
        assert one["warmup"]["n"] == 3 * 5  # in each of three turns
        assert one["invoke_only"]["n"] >= 9
        assert one["stages"]["invoke"]["n"] >= 9
        assert one["ratio"] == pytest.approx(one["end_to_end_fps"] / one["invoke_only_fps"])
        assert one["bytes"] > 10_000


def test_help_of_every_command_shows_examples() -> None:
    """Each command's help ends with lines that can be copied."""
    for command in PROGRAM.commands:
        text = next(
            action.choices[command.name].format_help()
            for action in PROGRAM.parser(command.name)._actions
            if isinstance(action.choices, dict)
        )
        assert f"edge-app {command.name}" in text.partition("example")[2]
    assert "COMMAND" in PROGRAM.parser().format_help()

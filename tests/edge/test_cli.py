"""The command line as people and scripts use it, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM, main
from tests.support.program_options import actions_of, command_parser
from tests.support.waiting import until
from tests.support.whole_runs import ENV, HANG_S, ROOT, begin, edge, summary_of


def test_the_doctor_runs_without_any_package() -> None:
    """In a clone where nothing is installed, it prints its findings in plain lines."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "edge_app", "doctor"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENV,
        timeout=HANG_S,
        check=False,
    )
    assert done.stdout.startswith("ok    Python: "), done.stderr
    assert "disk" in done.stdout
    assert done.stderr == ""
    assert done.returncode in {0, 1}


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


def test_a_digit_run_scores_the_same_inline_and_in_threads(tmp_path: Path) -> None:
    """Recording changes the way of the frames, but not the results."""
    edge("run", "--model", "mnist", "--headless", "--max-frames", 200, "--metrics", tmp_path / "a")
    edge(
        "run", "--model", "mnist", "--headless", "--as-fast-as-possible", "--max-frames", 200,
        "--metrics", tmp_path / "b", "--record", tmp_path / "b.mp4",
    )  # fmt: skip
    assert summary_of(tmp_path / "a")["quality"] == summary_of(tmp_path / "b")["quality"]


def test_a_recording_ends_at_its_size_and_the_run_continues(tmp_path: Path) -> None:
    """The summary and a note say why, and every frame is logged."""
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


def begin_recording(folder: Path) -> subprocess.Popen[str]:
    """Start an endless run with all outputs in a folder; return when it has a few frames."""
    child = begin(
        "run", "--model", "mnist", "--headless", "--loop", "--metrics", folder,
        "--record", folder / "out.mp4",
    )  # fmt: skip
    log = folder / "frames.jsonl"
    until("a few frames", lambda: log.exists() and log.stat().st_size > 2000)
    return child


def check_complete(folder: Path) -> None:
    """Check that the recording plays, the log is complete and the summary fits both."""
    import av

    summary = summary_of(folder)
    assert summary["status"] == "interrupted"
    lines = (folder / "frames.jsonl").read_text("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == summary["frames"] > 0
    with av.open(str(folder / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == summary["recording"]["frames"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_closes_everything(tmp_path: Path, number: int, code: int) -> None:
    """The recording plays, the log is complete, the summary says interrupted."""
    child = begin_recording(tmp_path)
    child.send_signal(number)
    _, said = child.communicate(timeout=HANG_S)
    assert child.returncode == code, said
    check_complete(tmp_path)


@pytest.mark.parametrize("pause_ms", [0, 1, 3, 10, 30])
def test_two_signals_close_everything(tmp_path: Path, pause_ms: int) -> None:
    """An impatient finger presses Ctrl-C twice; what was recorded is worth the moment."""
    child = begin_recording(tmp_path)
    for _ in range(3):
        child.send_signal(signal.SIGINT)
        time.sleep(pause_ms / 1000)
    _, said = child.communicate(timeout=HANG_S)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    check_complete(tmp_path)


@pytest.mark.parametrize("pause_ms", [0, 40, 120])
def test_a_signal_when_all_is_written_changes_nothing(tmp_path: Path, pause_ms: int) -> None:
    """The process takes a moment to end after its summary; a late Ctrl-C leaves the exit code."""
    child = begin_recording(tmp_path)
    child.send_signal(signal.SIGTERM)
    while child.poll() is None and not (tmp_path / "summary.json").exists():
        time.sleep(0.001)
    time.sleep(pause_ms / 1000)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=HANG_S)
    assert child.returncode == 143, said
    assert "Traceback" not in said
    check_complete(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
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
        (["models", "check", "nowhere"], 1, "no model 'nowhere'"),
        (["run", "--theads", "2"], 2, "did you mean --threads? see edge-app run --help"),
        (["run", "--threads", "99999"], 2, "must be at most"),
        (["rnu"], 2, "did you mean run? see edge-app --help"),
        ([], 0, ""),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], code: int | None, message: str, tmp_path: Path
) -> None:
    """No traceback, and the exit code is 2 for usage and 1 for other errors."""
    done = edge(*arguments, cwd=tmp_path)
    assert done.stderr.count("\n") == (code != 0 and bool(done.stderr))
    assert message in done.stderr
    if code is not None:
        assert done.returncode == code


def test_the_source_is_never_recorded_over(tmp_path: Path) -> None:
    """A typing mistake must not overwrite the only copy of a drive."""
    import shutil

    digits = tmp_path / "digits.gz"
    shutil.copy(ROOT / "assets/samples/digits-images-idx3-ubyte.gz", digits)
    before = digits.read_bytes()
    done = edge("run", digits, "--model", "mnist", "--headless", "--record", digits)
    assert done.returncode == 2
    assert "overwrite the source" in done.stderr
    assert digits.read_bytes() == before


def test_a_closed_pipe_does_not_end_the_run(tmp_path: Path) -> None:
    """`edge-app run ... | head -0` still writes the log and the summary."""
    child = begin(
        "run", "--model", "mnist", "--headless", "--max-frames", 200, "--metrics", tmp_path
    )
    assert child.stdout is not None
    child.stdout.close()
    child.wait(timeout=HANG_S)
    assert summary_of(tmp_path)["frames"] == 200


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """EDGE_DEBUG=1 is for developers."""
    monkeypatch.setenv("EDGE_DEBUG", "1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="no model 'nothing'"):
        main(["run", "--model", "nothing"])


def test_models_are_listed_and_checked() -> None:
    """The table has all four variants; the check runs their golden images."""
    listed = edge("models")
    assert listed.returncode == 0, listed.stderr
    for variant in ("float32", "float16", "dynamic_range", "int8"):
        assert variant in listed.stdout
    checked = edge("models", "check")
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("golden") >= 4


def test_a_changed_model_file_fails_its_check(tmp_path: Path, assets: Path) -> None:
    """One flipped byte is found by its sha256, with exit code 1."""
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
    """The JSON has init, first, warm-up, steady, the stages and the ratio."""
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
        assert one["warmup"]["n"] == 3 * 5  # in each of three rounds
        assert one["invoke_only"]["n"] >= 9
        assert one["stages"]["invoke"]["n"] >= 9
        assert one["ratio"] == pytest.approx(one["end_to_end_fps"] / one["invoke_only_fps"])
        assert one["bytes"] > 10_000


@pytest.mark.parametrize("name", [command.name for command in PROGRAM.commands])
def test_help_has_examples_and_the_default_of_every_option(name: str) -> None:
    """Each command's help ends with lines that can be copied, and explains every option."""
    parser = command_parser(PROGRAM, name)
    assert parser.epilog is not None
    assert f"edge-app {name}" in parser.epilog.partition("example")[2]
    unexplained = [
        action.option_strings[0]
        for action in actions_of(PROGRAM, name)
        if action.option_strings and not action.required and "default" not in str(action.help)
    ]
    # Of a camera, and of a file without a card, the group says what the default is.
    grouped = {"--fps", "--exposure", "--awb"}
    assert set(unexplained) - grouped == set()

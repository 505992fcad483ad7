"""The log of a run is JSON to its last line, and its summary is written whole or not at all."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import SinkError
from edge_app.frame import Reading, Readings
from edge_app.sinks import metrics_log as metrics
from edge_app.sinks.metrics_log import MetricsLog, write_summary
from edge_app.timing import Timings
from tests.support.steps import digit, status, step

ROOT = Path(__file__).parents[3]


def strict(text: str) -> Any:
    """Read JSON as other languages do: NaN and Infinity are errors."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def logged(folder: Path, *steps: Any) -> list[Any]:
    """Log some frames and read the lines back."""
    with MetricsLog(folder) as log:
        for one in steps:
            log.write(one, status())
    return [strict(text) for text in (folder / "frames.jsonl").read_text("ascii").splitlines()]


def test_each_frame_has_a_line(tmp_path: Path) -> None:
    """Position, name, time, variant and the milliseconds of each stage, to three places."""
    timings = Timings(1.23456, 0.25, 20.0004, 0.125, 2.0, 30.0)
    [line] = logged(tmp_path / "new", step(7, time_s=0.28, timings=timings, variant="float16"))
    assert line == {
        "index": 7,
        "name": "frame 7",
        "variant": "float16",
        "time_s": 0.28,
        "capture_ms": 1.235,
        "prepare_ms": 0.25,
        "invoke_ms": 20.0,
        "decode_ms": 0.125,
        "overlay_ms": 2.0,
        "end_to_end_ms": 30.0,
    }


@pytest.mark.parametrize(
    ("answer", "truth", "right"), [(7, 7, True), (7, 1, False), (0, 0, True), (7, None, None)]
)
def test_a_digit_is_right_or_wrong(
    answer: int, truth: int | None, right: bool | None, tmp_path: Path
) -> None:
    """Without a truth it is neither."""
    [line] = logged(tmp_path, digit(answer, truth))
    assert (line["class_id"], line["truth"], line["right"]) == (answer, truth, right)


def test_a_truth_map_is_not_logged(tmp_path: Path) -> None:
    """A class map does not belong in a line."""
    [line] = logged(tmp_path, step(truth=np.zeros((4, 4), np.uint8)))
    assert "truth" not in line


@pytest.mark.parametrize(
    "name",
    ['a "quoted" name', "back\\slash", "Straße 日本.png", "line\nbreak", "a:nan,b:inf", "nan", ""],
)
def test_any_name_can_be_logged(name: str, tmp_path: Path) -> None:
    """File names may contain anything."""
    [line] = logged(tmp_path, step(name=name or " "))
    assert line["name"] == (name or " ")


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(odd: float, tmp_path: Path) -> None:
    """NaN and infinity become null, in lines and in the summary."""
    timings = Timings(odd, 1.0, 2.0, 3.0, 4.0, odd)
    [line] = logged(tmp_path, step(name="nan inf", time_s=odd, timings=timings))
    assert line["capture_ms"] is line["end_to_end_ms"] is line["time_s"] is None
    assert line["invoke_ms"] == 2
    assert line["name"] == "nan inf"
    path = write_summary(tmp_path, {"quality": {"miou": odd, "all": [odd, 1.0]}})
    assert strict(path.read_text("utf-8")) == {"quality": {"miou": None, "all": [None, 1.0]}}


def test_lines_are_on_the_disk_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is never closed has every line but those of the last moment."""
    now_s = [100.0]
    monkeypatch.setattr("edge_app.sinks.metrics_log.time.monotonic", lambda: now_s[0])
    log = MetricsLog(tmp_path)
    for index in range(10):
        now_s[0] += 0.1
        log.write(step(index), status())
    assert len((tmp_path / "frames.jsonl").read_text().splitlines()) >= 7
    log.close()


KILLED = """
import sys
from edge_app.sinks.metrics_log import MetricsLog
from tests.support.steps import status, step
log = MetricsLog(sys.argv[1])
for index in range(1_000_000):
    log.write(step(index), status())
    if index % 1000 == 0:
        print(index, flush=True)
"""


def test_a_kill_leaves_whole_lines(tmp_path: Path) -> None:
    """SIGKILL costs a moment of lines; all but the last are whole, and in order."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for text in child.stdout:
            if int(text) >= 50_000:
                child.send_signal(signal.SIGKILL)
                break
    lines = (tmp_path / "frames.jsonl").read_text("ascii").splitlines()[:-1]
    assert len(lines) > 1000
    assert [strict(line)["index"] for line in lines] == list(range(len(lines)))


def test_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    """Neither its lines nor its summary stay beside those of this run."""
    logged(tmp_path, *(step(index) for index in range(50)))
    write_summary(tmp_path, {"frames": 50})
    assert [line["index"] for line in logged(tmp_path, step(3))] == [3]
    assert not (tmp_path / "summary.json").exists()
    write_summary(tmp_path, {"frames": 1})
    assert strict((tmp_path / "summary.json").read_text()) == {"frames": 1}


def test_a_summary_may_have_numpy_numbers_and_paths(tmp_path: Path) -> None:
    """NumPy's numbers, paths and tuples are written as JSON's own."""
    summary: dict[Any, Any] = {
        "frames": np.int64(3),
        "fps": {"shown": np.float32(0.5), "source": np.float64("nan")},
        "recording": {"path": Path("out.mp4")},
        "right": np.bool_(True),
        "sizes": (1, 2),
        7: "ü",
    }
    path = write_summary(tmp_path / "new", summary)
    assert path == tmp_path / "new" / "summary.json"
    assert strict(path.read_text("utf-8")) == {
        "frames": 3,
        "fps": {"shown": 0.5, "source": None},
        "recording": {"path": "out.mp4"},
        "right": True,
        "sizes": [1, 2],
        "7": "ü",
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["summary.json"]


def test_a_summary_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader never sees half of one."""
    write_summary(tmp_path, {"frames": 50})

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge_app.atomic.os.fsync", refuse)
    with pytest.raises(SinkError, match="the disk is full; free some space"):
        write_summary(tmp_path, {"frames": 51})
    assert strict((tmp_path / "summary.json").read_text()) == {"frames": 50}
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.json"]


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    """The message says what to do instead."""
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="choose another folder"):
        MetricsLog(tmp_path / "file")
    with pytest.raises(SinkError, match="choose another folder"):
        write_summary(tmp_path / "file", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_log_with_a_message(tmp_path: Path) -> None:
    """The first flush raises; closing afterwards is quiet."""
    (tmp_path / "frames.jsonl").symlink_to("/dev/full")
    log = MetricsLog(tmp_path)
    with pytest.raises(SinkError, match="the disk is full; free some space"):
        log.write(step(), status())
    log.close()
    with pytest.raises(SinkError, match="was closed"):
        log.write(step(), status())


def test_digits_that_were_read_are_listed() -> None:
    """Each with its box; the frame has a class only if there is one digit."""
    one = Reading((10, 20, 30, 40), 7, 0.91234, np.eye(10, dtype=np.float32)[7])
    alone = json.loads(metrics.line(step(result=Readings((one,)), truth=7)))
    assert (alone["class_id"], alone["right"]) == (7, True)
    assert alone["digits"] == [{"digit": 7, "confidence": 0.9123, "box": [10, 20, 30, 40]}]
    both = json.loads(metrics.line(step(result=Readings((one, one)), truth=7)))
    assert (both["class_id"], both["right"], len(both["digits"])) == (None, False, 2)
    assert json.loads(metrics.line(step(result=Readings())))["digits"] == []


def test_a_limited_log_continues_in_new_files_and_deletes_the_oldest(tmp_path: Path) -> None:
    """A service writes for months: the folder stays below its limit and ends with the newest."""
    with MetricsLog(tmp_path, max_mb=1) as log:
        for index in range(6000):
            log.write(step(index), status())
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [
        *(f"frames-{number}.jsonl" for number in (1, 2, 3, 4)),
        "frames.jsonl",
    ]
    assert sum(path.stat().st_size for path in files) <= 1_000_000
    newest_last = [*reversed(files[:4]), files[4]]
    kept = [
        strict(text)["index"]
        for path in newest_last
        for text in path.read_text("ascii").splitlines()
    ]
    assert kept == list(range(kept[0], 6000))


def test_a_limited_log_keeps_that_of_the_run_before(tmp_path: Path) -> None:
    """After a restart the log and the summary of the run before are still there."""
    for run in range(7):
        with MetricsLog(tmp_path, max_mb=1) as log:
            log.write(step(run), status())
        write_summary(tmp_path, {"run": run})
    for number in (1, 2, 3, 4):
        assert strict((tmp_path / f"frames-{number}.jsonl").read_text())["index"] == 6 - number
        assert strict((tmp_path / f"summary-{number}.json").read_text()) == {"run": 6 - number}
    assert len(list(tmp_path.iterdir())) == 10

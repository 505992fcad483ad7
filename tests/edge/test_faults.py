"""Whole runs under faults from outside: the files that they leave, and their messages."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest

from tests.support.fake_stream import NetworkCamera
from tests.support.whole_runs import ENV, HANG_S, begin, edge, summary_of

WAIT_S = HANG_S
CGROUPS = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


def wait_for(happened: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    """Wait until something is true while a run goes on."""
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert child.poll() is None, child.communicate()[1]
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def lines_of(folder: Path) -> list[int]:
    """Return the frames of complete lines; only the last line may be cut."""
    path = folder / "frames.jsonl"
    text = path.read_text("ascii") if path.exists() else ""
    return [json.loads(line)["index"] for line in text.split("\n")[:-1]]


def complete_fragments(path: Path) -> int:
    """Count the complete fragments of an MP4 file."""
    left = path.read_bytes()
    count = 0
    while len(left) >= 8:
        size, kind = int.from_bytes(left[:4], "big"), left[4:8]
        count += kind == b"mdat" and size <= len(left)
        left = left[size:]
    return count


def images_in(path: Path) -> int:
    """Count the images that can be decoded: all of complete fragments."""
    count = 0
    # There is no stream before the first fragment (IndexError); the last may be cut.
    with suppress(av.FFmpegError, IndexError), av.open(str(path)) as container:
        for _ in container.decode(video=0):
            count += 1
    assert count >= complete_fragments(path)
    return count


def test_a_kill_at_any_moment_leaves_files_that_can_be_read(tmp_path: Path) -> None:
    """SIGKILL, six times: complete lines, a recording that plays, and a next run that starts."""
    at_random = random.Random(7)
    longest = 0
    for number in range(6):
        out = tmp_path / str(number)
        child = begin(
            "run", "--model", "mnist", "--headless", "--loop",
            "--record", out / "out.mp4", "--metrics", out,
        )  # fmt: skip
        if number:
            wait_for(lambda out=out: len(lines_of(out)) > 0, child)  # type: ignore[misc]
        time.sleep(at_random.random())
        child.send_signal(signal.SIGKILL)
        child.communicate()
        lines = lines_of(out)
        assert lines == list(range(len(lines)))
        if (out / "out.mp4").exists():
            longest = max(longest, images_in(out / "out.mp4"))
    assert longest > 0
    done = edge("run", "--model", "mnist", "--headless", "--max-frames", 3, "--metrics", out)
    assert done.returncode == 0, done.stderr
    assert summary_of(out)["frames"] == 3


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
def test_a_model_file_may_vanish_while_it_runs(how: str, assets: Path, tmp_path: Path) -> None:
    """The network continues with what it has loaded; the next start reports the problem."""
    model = tmp_path / "street"
    shutil.copytree(assets / "models" / "street", model)
    command = ("run", assets / "samples/street.mp4", "--model", model, "--variant", "int8")
    child = begin(*command, "--headless", "--loop", "--metrics", tmp_path / "m")
    wait_for(lambda: len(lines_of(tmp_path / "m")) > 3, child)
    file = model / "int8.tflite"
    if how == "deleted":
        file.unlink()
    else:
        new = file.with_suffix(".new")
        new.write_bytes(b"another file altogether" * 100)
        new.replace(file)
    seen = len(lines_of(tmp_path / "m"))
    wait_for(lambda: len(lines_of(tmp_path / "m")) > seen + 10, child)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=WAIT_S)
    assert child.returncode == 130
    assert summary_of(tmp_path / "m")["status"] == "interrupted"
    again = edge(*command, "--headless", "--max-frames", 1)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert "int8.tflite" in again.stderr


def test_a_camera_that_stalls_damages_no_file(tmp_path: Path) -> None:
    """A stream stops and returns: one run, one log, one recording that plays."""
    with NetworkCamera() as camera:
        child = begin(
            "run", f"http://127.0.0.1:{camera.port}/live", "--model", "mnist", "--headless",
            "--record", tmp_path / "out.mp4", "--metrics", tmp_path,
        )  # fmt: skip
        wait_for(lambda: len(lines_of(tmp_path)) > 20, child)
        camera.mode = "stalls"
        asked = len(camera.auth)
        wait_for(lambda: len(camera.auth) > asked, child)  # it tries to reconnect
        seen = len(lines_of(tmp_path))
        camera.mode = "plays"
        wait_for(lambda: len(lines_of(tmp_path)) > seen + 20, child)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=WAIT_S)
    assert child.returncode == 130
    assert "was lost" in output
    indices = lines_of(tmp_path)
    assert indices == sorted(set(indices))
    assert images_in(tmp_path / "out.mp4") > 20


def test_a_run_needs_no_state_folder(tmp_path: Path) -> None:
    """If nothing can be remembered of cameras and models, the run is the same."""
    (tmp_path / "file").touch()
    child = subprocess.run(
        [sys.executable, "-m", "edge_app.cli", "run", "--model", "mnist", "--headless",
         "--max-frames", "5", "--metrics", str(tmp_path / "m")],
        env={**ENV, "XDG_STATE_HOME": str(tmp_path / "file"),
             "XDG_CACHE_HOME": str(tmp_path / "file"), "HOME": str(tmp_path / "file")},
        capture_output=True, text=True, check=False, timeout=WAIT_S,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    assert summary_of(tmp_path / "m")["frames"] == 5


CLOCK = """
import itertools, sys, time
from edge_app.cli import main
jumps = itertools.count()
time.time = lambda: 1.7e9 + (-1) ** next(jumps) * 1e8
sys.exit(main())
"""


def test_a_clock_that_jumps_changes_no_figure(tmp_path: Path) -> None:
    """A board without a battery sets its clock while it runs: rates and durations stay correct."""
    done = subprocess.run(
        [sys.executable, "-c", CLOCK, "run", "--model", "mnist", "--headless", "--max-frames", "50",
         "--record", str(tmp_path / "out.mp4"), "--metrics", str(tmp_path)],
        env=ENV, capture_output=True, text=True, check=False, timeout=WAIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path)
    assert 0 < summary["fps"]["shown"] < 1e6
    assert 0 < summary["stages"]["end_to_end"]["max_ms"] < 60_000
    assert 0 < summary["recording"]["seconds"] < 60
    assert images_in(tmp_path / "out.mp4") == summary["recording"]["frames"]


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """Make a control group for memory, or skip if that is not allowed."""
    root = next((root for root in CGROUPS if (root / "cgroup.procs").exists()), None)
    if root is None:
        pytest.skip("there are no control groups here")
    group = root / f"edge-quant-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("no control group can be made here")
    yield group
    deadline = time.monotonic() + 5
    while (group / "cgroup.procs").read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    group.rmdir()


def test_a_run_without_memory_loses_a_moment_only(
    cgroup: Path, assets: Path, tmp_path: Path
) -> None:
    """The kernel kills it, as on a small board: log and recording are good up to there."""
    names = ("memory.limit_in_bytes", "memory.max")
    limit = next((cgroup / name for name in names if (cgroup / name).exists()), None)
    if limit is None:
        pytest.skip("control groups do not limit memory here")
    child = begin(
        "run", assets / "samples/street.mp4", "--headless", "--loop", "--variant", "int8",
        "--record", tmp_path / "out.mp4", "--metrics", tmp_path,
    )  # fmt: skip
    (cgroup / "cgroup.procs").write_text(str(child.pid))
    wait_for(lambda: len(lines_of(tmp_path)) > 60, child)
    hog = subprocess.Popen(
        [sys.executable, "-c", "input()\nheld = [bytearray(1 << 22) for _ in range(200)]\ninput()"],
        stdin=subprocess.PIPE,
    )
    (cgroup / "cgroup.procs").write_text(str(hog.pid))
    Path(f"/proc/{child.pid}/oom_score_adj").write_text("1000")  # the kernel kills it first
    limit.write_text(str(400 << 20))
    assert hog.stdin is not None
    hog.stdin.write(b"\n")
    hog.stdin.flush()
    deadline = time.monotonic() + 20
    while child.poll() is None and hog.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    hog.kill()
    hog.wait()
    if child.poll() is None:
        child.kill()
        child.communicate()
        pytest.skip("the kernel does not enforce the limit here")
    child.communicate(timeout=WAIT_S)
    assert child.returncode == -signal.SIGKILL
    lines = lines_of(tmp_path)
    assert len(lines) > 60
    assert lines == list(range(len(lines)))
    assert images_in(tmp_path / "out.mp4") > 0

"""An output has one writer at a time, and a writer that was killed holds nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_app.errors import SinkError
from edge_app.output_lock import OutputLock, check_unlocked, locked
from edge_app.output_place import check_outputs
from tests.support.whole_runs import ENV, HANG_S, ROOT, begin, edge

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the locks are those of POSIX")

HOLD = """
import sys, time
from pathlib import Path
from edge_app.output_lock import locked
sys.argv = ["/usr/bin/edge-app", "run", "rtsp://user:secret@host/"]
with locked(files=[Path("out.mp4")], folders=[Path("log")]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the locks of out.mp4 and log in another process."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**ENV, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child


def test_the_second_writer_is_refused(tmp_path: Path) -> None:
    """The message names the process and its command, without addresses and passwords."""
    with other_process(tmp_path) as holder:
        by = rf"is being written by process {holder.pid} \(edge-app run\); wait for its end, or"
        with pytest.raises(SinkError, match=by):
            OutputLock(tmp_path / "out.mp4")
        with pytest.raises(SinkError, match=by):
            check_unlocked(tmp_path / "log", folder=True)
        with pytest.raises(SinkError, match=by):
            check_outputs(files=[tmp_path / "out.mp4"])
        with pytest.raises(SinkError, match=by), locked(folders=[tmp_path / "log"]):
            pass
        OutputLock(tmp_path / "other.mp4").close()
        holder.communicate("")
    with locked([tmp_path / "out.mp4"], [tmp_path / "log"]):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    """Its file is left, and the next one takes it over."""
    with other_process(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / ".out.mp4.lock").exists()
    check_outputs(files=[tmp_path / "out.mp4"], folders=[tmp_path / "log"])
    OutputLock(tmp_path / "out.mp4").close()
    assert not (tmp_path / ".out.mp4.lock").exists()


def test_a_lock_is_safe_to_close_twice(tmp_path: Path) -> None:
    """Closing again does not remove the lock of the next writer."""
    first = OutputLock(tmp_path / "a.json")
    first.close()
    with OutputLock(tmp_path / "a.json"):
        first.close()
        with pytest.raises(SinkError, match="is being written"):
            OutputLock(tmp_path / "a.json")


def test_a_process_may_write_what_it_has_locked(tmp_path: Path) -> None:
    """A command locks its output, and a part of it checks the place again."""
    with OutputLock(tmp_path / "a.json"):
        check_outputs(files=[tmp_path / "a.json"])


def test_folders_are_made_and_removed_if_nothing_is_written(tmp_path: Path) -> None:
    """A command that fails before its first byte leaves no empty folder."""
    with locked(files=[tmp_path / "new" / "deep" / "a.json"]):
        assert (tmp_path / "new" / "deep").is_dir()
    assert list(tmp_path.iterdir()) == []
    with locked(files=[tmp_path / "new" / "deep" / "a.json"]):
        (tmp_path / "new" / "a").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]


def test_two_runs_do_not_share_their_outputs(tmp_path: Path) -> None:
    """The second is refused before its model is loaded, and the first is not disturbed."""
    outputs = ("--record", tmp_path / "a.mp4", "--metrics", tmp_path / "m")
    first = begin("run", "--model", "mnist", "--headless", "--loop", *outputs)
    while not (tmp_path / "a.mp4").exists():
        assert first.poll() is None
    for option in (outputs[:2], outputs[2:]):
        second = edge("run", "--model", "mnist", "--headless", "--max-frames", 5, *option)
        assert second.returncode == 1
        by = f"is being written by process {first.pid} (edge_app run); wait"
        assert f"{option[1]} {by}" in second.stderr
        assert second.stderr.count("\n") == 1
        assert second.stdout == ""
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=HANG_S)
    assert first.returncode == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "m"]
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "frames.jsonl",
        "summary.json",
    ]
    again = edge("run", "--model", "mnist", "--headless", "--max-frames", 5, *outputs)
    assert again.returncode == 0, again.stderr

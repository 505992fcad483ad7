"""An output has one writer at a time, and a writer that was killed holds nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest

from edge_app.errors import SinkError
from edge_app.output_lock import OutputLock, check_unlocked, locked
from edge_app.output_place import check_outputs
from tests.support.waiting import until
from tests.support.whole_runs import ENV, HANG_S, ROOT, begin, edge

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the locks are those of POSIX")

HOLD = """
import sys, time
from pathlib import Path
from edge_app.output_lock import locked
sys.argv = ["/usr/bin/edge-app", "run", "rtsp://user:secret@host/"]
with locked(files=[Path("out.mp4")], folders=[Path("log")]):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(
    folder: Path, code: str = HOLD, *words: object
) -> Iterator[subprocess.Popen[str]]:
    """Another process, once it is ready: one that holds the locks of out.mp4 and log."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**ENV, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
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


def test_a_link_is_the_file_it_leads_to(tmp_path: Path) -> None:
    """Else a second run would destroy the recording of the first."""
    (tmp_path / "link.mp4").symlink_to("out.mp4")
    (tmp_path / "linked").symlink_to("log")
    with other_process(tmp_path) as holder:
        with pytest.raises(SinkError, match=f"link.mp4 is being written by process {holder.pid}"):
            OutputLock(tmp_path / "link.mp4")
        with pytest.raises(SinkError, match=f"link.mp4 is being written by process {holder.pid}"):
            check_unlocked(tmp_path / "link.mp4")
        with pytest.raises(SinkError, match="linked is being written"):
            check_unlocked(tmp_path / "linked", folder=True)
        holder.communicate("")


def test_the_files_of_a_series_are_locked_with_it(tmp_path: Path) -> None:
    """A name that only looks like one of a series is free."""
    hold = HOLD.replace(
        'locked(files=[Path("out.mp4")], folders=[Path("log")])',
        'OutputLock(Path("seg.mp4"), series=True), OutputLock(Path("one.mp4"))',
    ).replace("import locked", "import OutputLock")
    with other_process(tmp_path, hold) as holder:
        for name in ("seg.mp4", "seg-0002.mp4", "seg-12345.mp4"):
            with pytest.raises(SinkError, match=f"{name} is being written by process {holder.pid}"):
                check_unlocked(tmp_path / name)
            with pytest.raises(SinkError, match=f"{name} is being written by process {holder.pid}"):
                OutputLock(tmp_path / name)
        for name in ("one-0002.mp4", "seg-02.mp4", "other-0002.mp4"):
            OutputLock(tmp_path / name).close()
        holder.communicate("")
    check_unlocked(tmp_path / "seg-0002.mp4")


def test_a_full_disk_does_not_keep_from_locking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes an empty file, and no byte: the lock names nobody, and is removed."""
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "write", Mock(side_effect=full))
    with OutputLock(tmp_path / "a.json"):
        assert (tmp_path / ".a.json.lock").read_text() == ""
        with pytest.raises(SinkError, match="is being written by another process"):
            OutputLock(tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_locks_keeps_no_lock_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network disks have none."""
    no_locks = OSError(errno.ENOLCK, "No locks available")
    monkeypatch.setattr("fcntl.flock", Mock(side_effect=no_locks))
    with OutputLock(tmp_path / "a.json"):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["bench", "evaluate"])
def test_a_signal_in_the_first_second_leaves_no_lock(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    """It comes before the work that catches signals has begun."""
    places = {
        "bench": (["--model", "mnist", "--json", tmp_path / "b.json"], tmp_path / ".b.json.lock"),
        "evaluate": (
            ["--model", "mnist", "--dataset", "idx:a,b", "--out", tmp_path / "ev"],
            tmp_path / "ev" / ".edge-app.lock",
        ),
    }
    words, lock = places[command]
    code = (
        "import sys\n"
        "from edge_app import cli\n"
        "def wait(*_, **__):\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
        "for module in ('bench', 'evaluate'):\n"
        "    __import__(f'edge_app.commands.{module}')\n"
        "    setattr(sys.modules[f'edge_app.commands.{module}'], 'read_model', wait)\n"
        "sys.exit(cli.PROGRAM.run())"
    )
    with other_process(tmp_path, code, command, *words) as child:
        assert lock.exists()
        child.send_signal(number)
        assert child.wait(HANG_S) == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_share_their_outputs(tmp_path: Path) -> None:
    """The second is refused before its model is loaded, and the first is not disturbed."""
    outputs = ("--record", tmp_path / "a.mp4", "--metrics", tmp_path / "m")
    first = begin("run", "--model", "mnist", "--headless", "--loop", *outputs)
    until("its recording", lambda: first.poll() is not None or (tmp_path / "a.mp4").exists())
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


@pytest.mark.parametrize("kind", ["link", "dangling link", "second name", "pipe"])
def test_a_trap_in_the_lock_s_place_is_refused(tmp_path: Path, kind: str) -> None:
    """A folder of somebody else may hold one; what it leads to stays as it is."""
    victim, lock = tmp_path / "victim", tmp_path / "log" / ".edge-app.lock"
    lock.parent.mkdir()
    if kind != "dangling link":
        victim.write_text("kept", "utf-8")
    if kind == "second name":
        os.link(victim, lock)
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to(victim)
    with (
        pytest.raises(SinkError, match=r"\.edge-app\.lock is .* not a lock.*; remove it"),
        locked(folders=[lock.parent]),
    ):
        pass
    check_unlocked(lock.parent, folder=True)
    assert victim.exists() == (kind != "dangling link")
    if victim.exists():
        assert victim.read_text("utf-8") == "kept"


def test_a_saved_still_is_locked(tmp_path: Path) -> None:
    """A second run on the same --save is refused while the first one lasts."""
    save = tmp_path / "still.png"
    with begin("run", "--headless", "--loop", "--model", "mnist", "--save", save) as child:
        until("the lock", (tmp_path / ".still.png.lock").exists)
        done = edge("run", "--headless", "--max-frames", "1", "--save", save)
        assert done.returncode == 1
        assert "still.png is being written by process" in done.stderr
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=HANG_S)

"""The first signal stops a run after the current frame, the second one at once."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from edge_app.session.signals import Signals
from tests.support.clock import Clock
from tests.support.waiting import until
from tests.support.whole_runs import ENV, HANG_S, ROOT, summary_of

EDGE_APP = (sys.executable, "-m", "edge_app.cli")
RUN = (*EDGE_APP, "run", "--model", "mnist", "--headless", "--loop", "--metrics", "m")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_stop_and_a_second_one_interrupts(number: signal.Signals) -> None:
    """The handlers from before are restored after that."""
    before = signal.getsignal(number)
    stop, clock = threading.Event(), Clock()
    signals = Signals(stop, clock)
    with signals.caught():
        assert signals.number is None
        signal.raise_signal(number)
        assert stop.is_set()
        assert signals.number == number
        clock.now_s += 0.6
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # it is ending now
    assert signal.getsignal(number) == before
    assert signals.number == number


def test_an_impatient_finger_means_one_wish() -> None:
    """Two or three signals within half a second let the current frame end; four do not."""
    signals = Signals(threading.Event(), Clock())
    with signals.caught():
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_ends_a_run_is_not_interrupted() -> None:
    """Its results are being written; a disk that hangs holds nobody for ever."""
    clock = Clock()
    signals = Signals(threading.Event(), clock)
    with signals.caught():
        signal.raise_signal(signal.SIGINT)
        signals.end()
        for _ in range(2):
            clock.now_s += 5
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_stays_ignored(number: signal.Signals) -> None:
    """Also after the run; a background job of a shell script has Ctrl-C ignored."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        signals = Signals(threading.Event(), Clock())
        with signals.caught():
            signal.raise_signal(number)
            assert signals.number is None
            signal.raise_signal(signal.SIGTERM)
            assert signals.number == signal.SIGTERM
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def frames(folder: Path) -> int:
    """Return how many frames a run in a folder has logged."""
    log = folder / "m" / "frames.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def goes_on(folder: Path) -> bool:
    """Wait for many more frames than a run makes after a signal."""
    before = frames(folder)
    return bool(until("more frames", lambda: frames(folder) > before + 100))


@pytest.mark.skipif(shutil.which("nohup") is None, reason="nohup is not installed")
def test_under_nohup_a_run_outlives_its_terminal(tmp_path: Path) -> None:
    """And SIGTERM ends it as tidily as ever."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(tmp_path)
            os.execvpe("nohup", ["nohup", *RUN], {**ENV, "PYTHONPATH": str(ROOT)})  # noqa: S606 - no shell is wanted
        finally:
            os._exit(127)
    try:
        until("the first frames", lambda: frames(tmp_path) > 10)
        os.close(terminal)
        assert goes_on(tmp_path)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    os.kill(pid, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 128 + signal.SIGTERM
    assert summary_of(tmp_path / "m")["status"] == "interrupted"


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "], ids=["usual", "SIGTERM ignored as well"])
def test_a_shells_background_job_takes_no_ctrl_c(tmp_path: Path, trap: str) -> None:
    """It is meant for the program in the foreground; SIGTERM always ends a run."""
    script = f'{trap}"$@" >said.txt 2>&1 & echo $!; wait $!'
    command = ["/bin/sh", "-c", script, "sh", *RUN]
    environment = {**ENV, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as shell:
        assert shell.stdout is not None
        pid = int(shell.stdout.readline())
        try:
            until("the first frames", lambda: frames(tmp_path) > 10)
            os.kill(pid, signal.SIGINT)
            assert goes_on(tmp_path)
            os.kill(pid, signal.SIGTERM)
            assert shell.wait(HANG_S) == 128 + signal.SIGTERM
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert summary_of(tmp_path / "m")["status"] == "interrupted"

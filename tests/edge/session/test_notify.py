"""A service manager learns of the first frame and of progress, and nothing while a run hangs."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_app.process import prepare_process
from edge_app.session.notify import VARIABLES, Notifier, notifier_from
from edge_app.state import RUNNING, State, StateKind
from tests.support.fakes import Collector, FakeEngine, FakeSource
from tests.support.runs import make_run
from tests.support.whole_runs import HANG_S

SMALL, LARGE = 784, 512 * 256 * 3


class FakeManager:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(5)

    def receive(self) -> list[str]:
        """Return the lines of the next message."""
        return self._socket.recv(4096).decode("utf-8").split("\n")

    def is_silent(self) -> bool:
        """Return whether no message waits."""
        self._socket.setblocking(False)
        try:
            return not self._socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(5)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: Any, tmp_path: Path) -> Iterator[FakeManager]:
    """Listen at both kinds of address that systemd uses."""
    path = str(tmp_path / "notify")
    listening = FakeManager(path if request.param == "path" else f"@{path}")
    yield listening
    listening.close()


def test_the_first_beat_is_ready_and_later_ones_feed_the_watchdog(
    manager: FakeManager,
) -> None:
    """Beats between them are not sent, so a fast run sends few messages."""
    now_s = 0.0
    notifier = Notifier(manager.address, 4.0, clock=lambda: now_s)
    notifier.beat(lambda: "frame\n1")
    assert manager.receive() == ["READY=1", "STATUS=frame 1"]
    now_s = 0.9
    notifier.beat()
    assert manager.is_silent()
    now_s = 1.0
    notifier.beat(lambda: "frame 9")
    assert manager.receive() == ["WATCHDOG=1", "STATUS=frame 9"]
    notifier.ending()
    assert manager.receive()[0] == "STOPPING=1"


def test_a_run_without_a_manager_sends_nothing() -> None:
    """Not even the text is made."""
    notifier = notifier_from({})
    notifier.beat(lambda: pytest.fail("the text was made"))
    notifier.ending()


def test_a_manager_that_is_gone_does_not_end_the_run(tmp_path: Path) -> None:
    """A socket that nobody reads is not an error."""
    Notifier(str(tmp_path / "gone"), 4.0).beat()


def test_children_do_not_inherit_the_socket(
    manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables of systemd are read once and removed from the environment."""
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    notifier = notifier_from(prepare_process(remove=VARIABLES))
    assert not set(VARIABLES) & os.environ.keys()
    notifier.beat()
    assert manager.receive()[0] == "READY=1"
    assert notifier._every_s == pytest.approx(0.1)


@pytest.mark.parametrize("usec", ["", "0", "soon"])
def test_a_watchdog_that_is_off_or_meant_for_another_is_not_fed_often(usec: str) -> None:
    """Without one the text is still sent every two seconds."""
    for environment in ({"WATCHDOG_USEC": usec}, {"WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"}):
        assert notifier_from(environment)._every_s == 2.0


@pytest.mark.parametrize("elements", [SMALL, LARGE], ids=["in line", "in threads"])
@pytest.mark.parametrize("every_frame", [True, False])
def test_every_frame_is_progress(elements: int, every_frame: bool) -> None:
    """Inline or in threads, with every frame shown or not."""
    counts: list[int] = []
    collector = Collector()
    collector.every_frame = every_frame
    run = make_run(
        FakeSource(40),
        FakeEngine(elements=elements),
        [collector],
        on_progress=lambda stats: counts.append(stats.frames),
    )
    run.go()
    assert counts
    assert counts[-1] == 40
    assert counts == sorted(counts)


def test_a_network_that_hangs_makes_no_progress() -> None:
    """Keys and window still work while the network hangs, but no progress is reported."""
    counts: list[int] = []
    looks, hanging = 0, threading.Event()

    def during(value: int) -> None:
        if value == 3:
            hanging.wait(HANG_S)

    def keys() -> list[str]:
        nonlocal looks
        # While the workers wait, the loop turns without a frame.
        looks += 1
        if looks > 20 and counts and counts[-1] == 3:
            hanging.set()
            return ["q"]
        return []

    run = make_run(
        FakeSource(40),
        FakeEngine(during),
        [Collector()],
        keys=keys,
        on_progress=lambda stats: counts.append(stats.frames),
    )
    run.go()
    assert looks > 20
    assert [count for count in counts if count <= 3] == [1, 2, 3]


def test_every_attempt_to_reconnect_is_progress() -> None:
    """A restart would not help an unplugged camera, so the attempts feed the watchdog."""
    states: list[str] = []
    attempts = 0

    def before(index: int) -> None:
        if index == 2:
            for number in (1, 2, 3):
                source.state = lost(number)
                reported.wait(HANG_S)
                reported.clear()
            source.state = RUNNING

    def progress(stats: object) -> None:
        nonlocal attempts
        states.append(str(source.state))
        if source.state != RUNNING:
            attempts += 1
            reported.set()

    def lost(number: int) -> State:
        return State(StateKind.RECONNECTING, f"reconnecting (attempt {number})", "unplugged")

    reported = threading.Event()
    source = FakeSource(4, live=True, before=before)
    run = make_run(source, FakeEngine(), [Collector()], on_progress=progress)
    run.go()
    assert attempts >= 3
    assert {str(lost(number)) for number in (1, 2, 3)} <= set(states)


def test_a_pause_is_progress() -> None:
    """A person has paused the run: it does not hang."""
    counts: list[int] = []
    pressed = iter(["space"])

    def keys() -> list[str]:
        if len(counts) > 8:
            return ["q"]
        return [key] if (key := next(pressed, None)) else []

    run = make_run(
        FakeSource(3),
        FakeEngine(),
        [Collector()],
        keys=keys,
        on_progress=lambda stats: counts.append(stats.frames),
    )
    run.go()
    assert len(counts) > 8

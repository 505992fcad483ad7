"""A flood of connections costs neither descriptors nor log, and clients are still served."""

from __future__ import annotations

import http.client
import logging
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")

from edge_app.sinks.serve import clients as clients_module
from edge_app.sinks.serve.acceptor import MinuteLog
from edge_app.sinks.serve.browser_view import BrowserView
from tests.support.steps import status, step
from tests.support.waiting import until
from tests.support.whole_runs import HANG_S

WAIT_S = HANG_S
GRACE = threading.Event()
ROOT = Path(__file__).parents[4]


@pytest.fixture
def view() -> Iterator[BrowserView]:
    """Open a view with room for 16 connections."""
    with BrowserView("127.0.0.1", 0, connections=16) as one:
        one.write(step(), status())
        yield one


def connect(view: BrowserView) -> socket.socket:
    """Connect and send nothing."""
    return socket.create_connection(("127.0.0.1", view.port), timeout=WAIT_S)


def get(view: BrowserView, path: str = "/status") -> int:
    """Return the code of an answer."""
    line = http.client.HTTPConnection("127.0.0.1", view.port, timeout=WAIT_S)
    line.request("GET", path)
    code = line.getresponse().status
    line.close()
    return code


def until_closed(sock: socket.socket) -> bytes:
    """Read until the other side closes; return what it sent."""
    said = b""
    with suppress(ConnectionError):
        while more := sock.recv(1 << 16):
            said += more
    return said


def test_idle_sockets_keep_nobody_out(view: BrowserView, caplog: pytest.LogCaptureFixture) -> None:
    """Of 300 that send nothing a few stay open; a request is answered all the time."""
    with ExitStack() as stack:
        held = [stack.enter_context(connect(view)) for _ in range(300)]
        assert get(view) == 200
        for sock in held[:280]:  # all but the newest are closed
            until_closed(sock)
        assert len(view._clients) <= 16
        assert get(view) == 200
    assert caplog.messages == []


def test_the_one_too_many_gets_the_reason(
    view: BrowserView, caplog: pytest.LogCaptureFixture
) -> None:
    """As an answer that names limit and option; the log has one line, however many there are."""
    with ExitStack() as stack:
        view._site._viewers = 99
        for _ in range(16):
            sock = stack.enter_context(connect(view))
            sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sock.recv(1 << 16).startswith(b"HTTP/1.1 200")
        for _ in range(20):
            with connect(view) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                said = until_closed(sock).decode()
                if said:
                    break
    assert said.startswith("HTTP/1.1 503 ")
    assert said.endswith(
        "16 connections are in use, the most allowed; close a view, or allow more with "
        "--serve-connections\n"
    )
    assert len(caplog.records) == 1
    assert caplog.messages[0].startswith("browser view: refused a connection from 127.0.0.1: 16 ")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: loc",
        b"POST /key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nq",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\nGET /st",
    ],
)
def test_a_client_that_never_finishes_is_disconnected(
    view: BrowserView, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    """Without a request, in its headers, in its body, in the headers of the second request."""
    monkeypatch.setattr(view._clients, "_clock", lambda: 1e9)
    with connect(view) as sock:
        sock.sendall(begun)
        GRACE.wait(0.3)
        # Every look is 21 s after the one before: the client may have been accepted only now.
        seconds = count(1e9 + 21, 21)
        monkeypatch.setattr(view._clients, "_clock", lambda: next(seconds))
        until_closed(sock)
    monkeypatch.setattr(view._clients, "_clock", lambda: 2e9)
    assert get(view) == 200


def test_a_stream_is_never_late(view: BrowserView, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may watch for days."""
    with connect(view) as sock:
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert sock.recv(1 << 16).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(view._clients, "_clock", lambda: 1e9)
        GRACE.wait(1.5)
        assert view.watching == 1


STARVED = """
import resource, socket, sys, time
from edge_app.sinks.serve.browser_view import BrowserView
resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96))
with BrowserView("127.0.0.1", 0, connections=500) as view:
    print(view.port, flush=True)
    sys.stdin.readline()
    kept = [open("/dev/null") for _ in range(12)]
    print(f"opened {len(kept)}", flush=True)
"""


def test_descriptors_stay_free_for_the_runs_own_files() -> None:
    """More connections than descriptors, and a dozen files can still be opened."""
    child = subprocess.Popen(
        [sys.executable, "-c", STARVED],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    port = int(child.stdout.readline())
    with ExitStack() as stack:
        for _ in range(200):
            sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
            stack.enter_context(sock)
            with suppress(OSError):
                sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said, faults = child.communicate("\n", timeout=WAIT_S)
    assert said == "opened 12\n", faults
    assert faults.count("\n") <= 2
    assert "Traceback" not in faults


def test_accept_errors_are_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The first one at once, and the number of the others with the next."""
    now_s = 0.0
    log = MinuteLog(lambda: now_s)
    with caplog.at_level(logging.WARNING):
        for second in range(121):
            now_s = float(second)
            log.add(f"fault {second}")
        log.flush()
        log.flush()
    assert caplog.messages == [
        "browser view: fault 0",
        "browser view: fault 60 (and 59 more since the last line)",
        "browser view: fault 120 (and 59 more since the last line)",
    ]


def test_without_descriptors_the_view_waits(caplog: pytest.LogCaptureFixture) -> None:
    """Accepting fails with one line, and works again once there is a descriptor."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with BrowserView("127.0.0.1", 0) as view, ExitStack() as stack:
        view.write(step(), status())
        waiting = stack.enter_context(socket.socket())
        resource.setrlimit(resource.RLIMIT_NOFILE, (waiting.fileno() + 1, before[1]))
        try:
            waiting.connect(("127.0.0.1", view.port))
            waiting.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            until("the line of the log", lambda: bool(caplog.messages))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        waiting.settimeout(WAIT_S)
        assert waiting.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert caplog.messages[0].startswith("browser view: no connection can be accepted (Too many")
    assert len(caplog.messages) <= 2


def test_the_limits_follow_from_one_number() -> None:
    """What the help says."""
    limits = clients_module.ConnectionLimits()
    assert (limits.connections, limits.viewers, limits.of_one_address) == (64, 8, 21)

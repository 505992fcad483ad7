"""Runs watched in a browser, from the command line to the end."""

from __future__ import annotations

import argparse
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from edge_app.commands.arg_types import listen_at
from edge_app.python_environment import this_environment
from tests.support.whole_runs import ENV, HANG_S, begin, edge

WITHOUT = (
    "import sys; sys.modules['aiohttp'] = None; from edge_app.cli import main; sys.exit(main())"
)
WAIT_S = HANG_S


def ask(url: str, path: str, key: str | None = None) -> bytes:
    """Get a path of a server, or press a key."""
    at = urlsplit(url)
    line = http.client.HTTPConnection(at.netloc, timeout=WAIT_S)
    line.request("GET" if key is None else "POST", f"{path}?{at.query}", key)
    answer = line.getresponse()
    assert answer.status in {200, 204}, answer.read()
    said = answer.read()
    line.close()
    return said


def served_at(child: subprocess.Popen[str]) -> str:
    """Return the address that a run prints."""
    assert child.stdout is not None
    for line in child.stdout:
        if found := re.search(r"watch at (http://\S+)", line):
            return found.group(1)
    raise AssertionError(child.communicate()[1])


@pytest.mark.parametrize("where", ["0", "0.0.0.0:0"])
def test_a_headless_run_is_watched_and_controlled(where: str) -> None:
    """Without a display the address is printed, keys switch the variant and end the run."""
    pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    child = begin("run", "--headless", "--loop", "--variant", "int8", "--serve", where)
    try:
        url = served_at(child)
        assert ("?token=" in url) == (where != "0")
        ask(url, "/key", "2")
        figures: dict[str, Any] = {}
        deadline = time.monotonic() + WAIT_S
        while figures.get("variant") != "float16" and time.monotonic() < deadline:
            figures = json.loads(ask(url, "/status"))
            time.sleep(0.05)
        assert figures["variant"] == "float16"
        ask(url, "/key", "q")
        output, faults = child.communicate(timeout=WAIT_S)
    finally:
        child.kill()
    assert "stopped by a key" in output
    assert faults == ""
    assert child.returncode == 0


def test_a_port_in_use_ends_the_run_in_one_line() -> None:
    """Before the first frame, with the advice to take another port."""
    pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = edge("run", "--headless", "--serve", port)
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1: it is in use; choose another port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_library_is_reported_with_its_command() -> None:
    """In one line, before a model is loaded, and only if the view was requested."""
    arguments = ["run", "--headless", "--max-frames", "3"]
    command = this_environment().install("aiohttp")
    assert command.endswith("aiohttp")
    for more, code, message in (
        (["--serve", "0"], 1, f"--serve needs aiohttp, which is not installed; run: {command}"),
        ([], 0, ""),
    ):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, *arguments, *more],
            capture_output=True,
            text=True,
            env={**ENV, "PYTHONPATH": str(Path(__file__).parents[4])},
            timeout=HANG_S,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert message in done.stderr
        assert ("loaded in" in done.stdout) == (code == 0)
        assert done.stderr.count("\n") == len(message[:1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--serve-token", "long-enough"], "needs --serve"),
        (["--serve", "0", "--serve-token", "short"], "leave it out to get one"),
        (["--serve", "eighty"], "give [HOST:]PORT"),
        (["--serve-cert", "cert.pem"], "needs --serve"),
        (["--serve", "0", "--serve-key", "key.pem"], "needs --serve-cert"),
        (["--serve", "0", "--serve-connections", "3"], "must be from 8 to 4096"),
    ],
)
def test_contradicting_options_are_reported(arguments: list[str], message: str) -> None:
    """As a usage error."""
    if "leave" in message:
        pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    done = edge("run", "--headless", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_certificate_that_is_none_ends_the_run_in_one_line() -> None:
    """Before a model is loaded."""
    pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    done = edge("run", "--headless", "--serve", "0", "--serve-cert", "none.pem")
    assert done.returncode == 1
    assert "none.pem cannot be read" in done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104 - that is what is tested
        ("raspberrypi:8080", ("raspberrypi", 8080)),
        ("[::]:8080", ("::", 8080)),
    ],
)
def test_the_address_to_listen_at_is_parsed(text: str, where: tuple[str, int]) -> None:
    """A port alone is this machine's own."""
    assert listen_at(text) == where


@pytest.mark.parametrize(
    "text", ["", "x", "65536", "-1", ":80", "::1:80", "host:", "1.2.3.4", "\u0661"]
)
def test_an_invalid_address_is_refused(text: str) -> None:
    """The message shows the accepted forms."""
    with pytest.raises(argparse.ArgumentTypeError, match="8080"):
        listen_at(text)

"""A run of edge-app in a terminal of its own, with browsers that watch and keys from both."""

from __future__ import annotations

import http.client
import json
import os
import pty
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

TOKEN = "soak-soak-soak"  # noqa: S105 - of a server on loopback, for the length of a test
_ARROWS = {"left": "\x1b[D", "right": "\x1b[C", "space": " "}
_TAIL_BYTES = 1 << 20
_READ_BYTES = 1 << 16


class DrivenRun:
    """`edge-app ARGUMENTS` as the child of a pseudo-terminal; safe to close twice.

    port: of its --serve. log: what it wrote to the terminal, the newest of it.
    """

    def __init__(self, arguments: Sequence[str], port: int, folder: Path) -> None:
        self._port = port
        self.refused = 0  # requests that were answered with no success, or not at all
        self.exit_code: int | None = None
        self._tail = b""
        self.had_traceback = False
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            _become(arguments, folder)
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._terminal, _READ_BYTES)
            except OSError:  # EIO: the other side is closed
                return
            self._tail = (self._tail + data)[-_TAIL_BYTES:]
            self.had_traceback |= b"Traceback (most recent" in self._tail

    @property
    def log(self) -> str:
        """What it wrote last."""
        return self._tail.decode(errors="replace")

    @property
    def ended(self) -> bool:
        """Whether the program has ended; its code is then in `exit_code`."""
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def type(self, key: str) -> None:
        """Press a key in the terminal."""
        os.write(self._terminal, _ARROWS.get(key, key).encode())

    def press(self, key: str) -> None:
        """Press a key in the browser."""
        self._request("POST", "/key", key)

    def status(self) -> Mapping[str, Any]:
        """Return what the page shows; empty if there was no answer, which is counted."""
        answer = self._request("GET", "/status")
        found: Mapping[str, Any] = json.loads(answer) if answer else {}
        return found

    def page(self) -> None:
        """Load the page and all it names, as a viewer that opens it."""
        for path in ("/", "/page.css", "/page.js"):
            self._request("GET", path)

    def _request(self, method: str, path: str, body: str | None = None) -> bytes:
        line = self._connect()
        try:
            line.request(method, f"{path}?token={TOKEN}", body)
            answer = line.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            self.refused += 1
            return b""
        finally:
            line.close()
        self.refused += answer.status >= 400
        return data

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def open_stream(self, path: str) -> Viewer:
        """Start to read a stream that does not end, `/stream` or `/events`."""
        return Viewer(self._connect(), path)

    def wait_until_served(self, within_s: float) -> None:
        """Wait for the first image on the page. Raises RuntimeError if it does not come."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s and not self.ended:
            if self.status().get("frames"):
                self.refused = 0  # those before the server was up
                return
            time.sleep(0.2)
        raise RuntimeError(f"edge-app showed nothing within {within_s:g} s:\n{self.log}")

    def close(self, within_s: float = 60.0) -> None:
        """End it with SIGTERM if it still runs, with SIGKILL if that does not help."""
        for number, wait_s in ((signal.SIGTERM, within_s), (signal.SIGKILL, 10.0)):
            if self.ended:
                break
            os.kill(self.pid, number)
            self.wait(wait_s)
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def wait(self, within_s: float) -> None:
        """Wait for its end, for some time."""
        until_s = time.monotonic() + within_s
        while not self.ended and time.monotonic() < until_s:
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _become(arguments: Sequence[str], folder: Path) -> None:
    """Turn the forked child into edge-app."""
    os.chdir(folder)
    homes = {f"XDG_{kind}_HOME": str(folder / "home") for kind in ("STATE", "CONFIG", "DATA")}
    environment = {**os.environ, **homes, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    script = "import sys; from edge_app.cli import main; sys.exit(main())"
    try:
        os.execve(sys.executable, [sys.executable, "-c", script, *arguments], environment)  # noqa: S606
    finally:
        os._exit(127)


class Viewer:
    """A browser that watches: a connection whose bytes are read and thrown away."""

    def __init__(self, line: http.client.HTTPConnection, path: str) -> None:
        self._line = line
        self._path = path
        self._closed = threading.Event()
        self.bytes_read = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            self._line.request("GET", f"{self._path}?token={TOKEN}")
            answer = self._line.getresponse()
            while not self._closed.is_set() and (data := answer.read1(_READ_BYTES)):
                self.bytes_read += len(data)
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed while it read, or the run has ended
        finally:
            self._line.close()

    def close(self) -> None:
        """Leave."""
        self._closed.set()
        self._thread.join(10)

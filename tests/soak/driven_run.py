"""A run of edge-app in a terminal of its own, with browsers that watch and keys from both."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.terminal_run import TerminalRun

TOKEN = "soak-soak-soak"  # noqa: S105 - of a server on loopback, for the length of a test
_ARROWS = {"left": "\x1b[D", "right": "\x1b[C", "space": " "}
_READ_BYTES = 1 << 16


class DrivenRun(TerminalRun):
    """`edge-app ARGUMENTS` in a terminal, and its page; port: of its --serve."""

    def __init__(self, arguments: Sequence[str], port: int, folder: Path) -> None:
        self._port = port
        self.refused = 0  # requests that were answered with no success, or not at all
        homes = {f"XDG_{kind}_HOME": str(folder / "home") for kind in ("STATE", "CONFIG", "DATA")}
        sizes = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        super().__init__(arguments, folder, {**homes, **sizes})

    def type(self, key: str) -> None:
        """Press a key in the terminal."""
        os.write(self.terminal, _ARROWS.get(key, key).encode())

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

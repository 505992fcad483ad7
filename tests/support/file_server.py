"""Serve one file over HTTP on this machine, as badly as servers do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Manners:
    """Say how the server behaves; tests change it between two requests.

    cut_after: bytes of an answer's body after which the connection closes, for so many `cuts`.
    stall: stop sending there instead, until the server is shut down.
    claims: the Content-Length it states, where it lies; "none" where it states none.
    statuses: what it answers to the first requests instead of the file.
    skips: bytes by which a partial answer begins too late.
    wait_at: bytes after which it waits until `go` is set.
    """

    body: bytes = b""
    etag: str | None = '"one"'
    ranges: bool = True
    cut_after: int | None = None
    cuts: int = 1_000
    stall: bool = False
    claims: int | str | None = None
    statuses: list[int] = field(default_factory=list)
    redirect: str | None = None
    skips: int = 0
    wait_at: int | None = None
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    manners: Manners

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        manners = self.manners
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        manners.asked.append((wanted, condition))
        if manners.statuses:
            self.send_error(manners.statuses.pop(0))
            return
        if manners.redirect and self.path == "/file":
            self.send_response(302)
            self.send_header("Location", manners.redirect)
            self.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        whole = not (wanted and manners.ranges and condition in {None, manners.etag})
        if not whole and start >= len(manners.body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(manners.body)}")
            self.end_headers()
            return
        start = 0 if whole else start + manners.skips
        self._send(start, 200 if whole else 206)

    def _send(self, start: int, status: int) -> None:
        manners = self.manners
        body = manners.body[start:]
        self.send_response(status)
        if manners.etag:
            self.send_header("ETag", manners.etag)
        if status == 206:
            end, size = len(manners.body) - 1, len(manners.body)
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        if manners.claims != "none":
            self.send_header("Content-Length", str(manners.claims or len(body)))
        self.end_headers()
        if manners.cut_after is not None and manners.cuts > 0:
            manners.cuts -= 1
            body = body[: manners.cut_after]
        if manners.wait_at is not None:
            self.wfile.write(body[: manners.wait_at])
            self.wfile.flush()
            manners.go.wait(30)
            body = body[manners.wait_at :]
        self.wfile.write(body)
        self.wfile.flush()
        if manners.stall:
            manners.closing.wait(30)


@contextlib.contextmanager
def served(manners: Manners) -> Iterator[Manners]:
    """Serve at `manners.url` until the block ends."""
    handler = type("Handler", (_Handler,), {"manners": manners})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    manners.url = f"http://127.0.0.1:{server.server_port}/file"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield manners
    finally:
        manners.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()

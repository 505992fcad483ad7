"""An HTTP server on this machine that serves one file, as badly as servers do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What the server answers; tests change it between two requests.

    cut_after: bytes of the body after which the connection closes.
    status: of the answer. redirect: address that /file leads to. length: false leaves out the
    Content-Length. requests: how many came.
    """

    body: bytes = b""
    cut_after: int | None = None
    status: int = 200
    redirect: str | None = None
    length: bool = True
    requests: int = 0
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server_state: FileServer

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        state = self.server_state
        state.requests += 1
        if state.redirect and self.path == "/file":
            self.send_response(302)
            self.send_header("Location", state.redirect)
            self.end_headers()
            return
        if state.status != 200:
            self.send_error(state.status)
            return
        self.send_response(200)
        if state.length:
            self.send_header("Content-Length", str(len(state.body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client may stop in the middle
            self.wfile.write(state.body[: state.cut_after])


@contextlib.contextmanager
def served(state: FileServer) -> Iterator[FileServer]:
    """Serve at `state.url` until the block ends."""
    handler = type("Handler", (_Handler,), {"server_state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/file"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

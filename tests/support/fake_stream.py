"""A network camera: an HTTP server that sends JPEGs one after the other, or MPEG-TS."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import cv2

from tests.support.fake_picamera2 import camera_image


class NetworkCamera:
    """Serve a stream of one image on a port of its own; `mode` may change meanwhile.

    mode: "plays", "refuses" (404 and hangs up), "stalls" (connections stay and nothing comes,
        new ones are refused), "silent" (nothing comes on new ones either).
    password: whether one is asked for. film: MPEG-TS that is sent instead, again and again.
    """

    def __init__(self, size_wh: tuple[int, int] = (64, 48), film: bytes = b"") -> None:
        self.mode = "plays"
        self.password = False
        self.auth: list[str | None] = []
        self.interval_s = 0.01
        jpeg = bytes(cv2.imencode(".jpg", camera_image(size_wh))[1])
        self._part = (
            b"--frame\r\nContent-Type: image/jpeg\r\n"
            + f"Content-Length: {len(jpeg)}\r\n\r\n".encode()
            + jpeg
            + b"\r\n"
        )
        self._mime = "multipart/x-mixed-replace; boundary=frame"
        if film:
            self._part, self._mime = film, "video/mp2t"
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.serve(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - theirs too
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request until the mode or the reader ends it."""
        self.auth.append(request.headers.get("Authorization"))
        if self.mode in {"refuses", "stalls"}:
            request.send_error(404)
            return
        if self.password and not self.auth[-1]:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="camera"')
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", self._mime)
        request.end_headers()
        try:
            while self.mode in {"plays", "stalls", "silent"}:
                if self.mode == "plays":
                    request.wfile.write(self._part)
                time.sleep(self.interval_s)
        except OSError:
            pass  # the reader has hung up
        request.close_connection = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mode = "refuses"
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

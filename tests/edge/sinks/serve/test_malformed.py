"""A request that cannot be read is answered with 400; the server and its log stay quiet."""

from __future__ import annotations

import http.client

import pytest

pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")

from edge_app.sinks.serve.browser_view import BrowserView
from tests.support.whole_runs import HANG_S

NO_DATE = "1 Jan 99999999999999999999 0:0:0"


@pytest.mark.parametrize(
    ("path", "body", "headers", "code"),
    [
        ("/key", b"v", {"Origin": "http://[::1"}, 403),
        ("/key", b"\xff", {}, 400),
        ("/key", b"v", {"Content-Encoding": "deflate"}, 400),
        *(
            ("/key", b"v", {"Content-Type": f"text/plain; charset={name}"}, 400)
            for name in ("foo", "utf-16", "base64", "idna", "hex", "rot13")
        ),
        *(
            ("/page.js", None, {name: NO_DATE}, 400)
            for name in ("If-Modified-Since", "If-Unmodified-Since", "If-Range")
        ),
        ("/key", b"v", {"Content-Type": "text/plain; charset=utf-8"}, 204),
    ],
)
def test_a_malformed_request_is_refused(
    path: str, body: bytes | None, headers: dict[str, str], code: int
) -> None:
    """In one line, and no key arrives."""
    with BrowserView("127.0.0.1", 0) as view:
        connection = http.client.HTTPConnection("127.0.0.1", view.port, timeout=HANG_S)
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == code
        assert text.count(b"\n") == (code != 204)
        assert len(view.keys()) == (code == 204)

"""The web application of the browser view: page, image stream, figures and keys."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from edge_app.controls import KEYS
from edge_app.frame import Comparison
from edge_app.paths import assets_dir
from edge_app.sinks.serve.access import Access
from edge_app.sinks.serve.class_rows import ClassRows
from edge_app.sinks.serve.clients import OPTION, Clients, Phase
from edge_app.sinks.serve.jpeg_feed import JpegFeed
from edge_app.sinks.serve.malformed import refuse_malformed
from edge_app.sinks.serve.page_status import status_json

WRITE_S = 15.0  # a client that takes longer for one write is disconnected
_EVENTS_S = 0.2
_MARK = b"--edge\r\n"
_PAGE = Path(__file__).parent
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".woff": "font/woff",
}
_SEND_BYTES = 1 << 17  # of the system's buffer for a client: old images are of no use
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """The handlers of the requests and what they share.

    press: called with the name of every key that is pressed on a page; False if it is dropped.
    clients: the connections, whose phases it notes. watching: those that images are sent to.
    large: those of them whose page has space for words within the image.
    classes, comparison: those of the newest result.
    """

    def __init__(
        self, feed: JpegFeed, access: Access, press: Callable[[str], bool], clients: Clients
    ) -> None:
        self.watching: set[asyncio.Transport] = set()
        self.large: set[asyncio.Transport] = set()
        self.classes = ClassRows()
        self.comparison: Comparison | None = None
        self._listening: set[asyncio.Transport] = set()
        self._feed = feed
        self._access = access
        self._press = press
        self._clients = clients
        self._viewers = clients.limits.viewers
        self._keys = {key for entry in KEYS for key in entry.keys}

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[refuse_malformed, self._guard], client_max_size=1024)
        app.router.add_get("/", self._page)
        app.router.add_get("/status", self._status)
        app.router.add_get("/stream", self._stream, allow_head=False)
        app.router.add_get("/events", self._events, allow_head=False)
        for name in ("page.css", "page.js"):
            app.router.add_get(f"/{name}", _sender(_PAGE / name))
        for name in ("IBMPlexSans-Regular.woff", "IBMPlexSans-SemiBold.woff"):
            app.router.add_get(f"/fonts/{name}", _sender(assets_dir() / "fonts" / name))
        app.router.add_post("/key", self._key)
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._clients.enter(Phase.REQUEST, request.transport)
        try:
            await self._clients.turn()
            return await self._if_allowed(request, handler)
        finally:
            self._clients.enter(Phase.IDLE, request.transport)

    async def _if_allowed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Return the answer to a request that may be made, else why not."""
        access = self._access
        if not access.allows_host(request.headers.get("Host", "")):
            text = "This server has another name; open the address that edge-app printed."
            return _answer(403, text)
        cookie, query = request.cookies.get(access.cookie), request.query.get("token")
        if not access.allows_token(cookie, query):
            fault = "wrong" if cookie or query else "missing"
            return _answer(401, f"The token is {fault}; open the address that edge-app printed.")
        # Links from other sites are allowed; cross-origin requests are not (CSRF, framing).
        if request.path != "/" and not access.is_own_page(request.headers):
            return _answer(403, "Only this server's own page may request that; open its address.")
        return await handler(request)

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        return not self._access.any_address

    @property
    def connections(self) -> list[asyncio.Transport]:
        """Connections that something is sent to."""
        return [*self.watching, *self._listening]

    @property
    def _full(self) -> str:
        if len(self.watching) < self._viewers:
            return ""
        return (
            f"{self._viewers} are watching already, the most allowed; close another view first, or "
            f"allow more with {OPTION}."
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if self._full:
            return _answer(503, self._full)
        policy = {"Content-Security-Policy": _CONTENT_POLICY}
        page = web.FileResponse(
            _PAGE / "page.html", headers={**policy, "Content-Type": _CONTENT_TYPES[".html"]}
        )
        access = self._access
        if access.token:
            page.set_cookie(
                access.cookie,
                access.token,
                httponly=True,
                samesite="Strict",
                secure=request.secure,
            )
        return page

    def _figures(self) -> dict[str, Any]:
        """Return the page's figures; without a status before the first frame."""
        figures = {"idle_s": round(self._feed.idle_s, 1), "watching": len(self.watching)}
        status = self._feed.status
        if status is None:
            return figures
        return {**status_json(status, self.classes.rows(), self.comparison), **figures}

    async def _status(self, _request: web.Request) -> web.Response:
        keys = [{"keys": entry.keys, "what": entry.what} for entry in KEYS]
        return web.json_response({**self._figures(), "full": self._full, "keys": keys})

    async def _key(self, request: web.Request) -> web.Response:
        key = (await request.read()).decode("utf-8", "replace").strip()  # whatever its charset
        if key not in self._keys:
            return _answer(400, "Unknown key; the page has a button for each.")
        if not self._press(key):
            return _answer(429, "Too many keys at once; press one after another.")
        return web.Response(status=204)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._full:
            return _answer(503, self._full)
        # The boundary follows each image: browsers show one only when they see it.
        kind = "multipart/x-mixed-replace; boundary=edge"
        response = web.StreamResponse(headers={"Content-Type": kind})

        async def send() -> None:
            number = 0
            await _write(response, _MARK)
            while (found := await self._feed.jpeg(number)) is not None:
                number, jpeg = found
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                await _write(response, head.encode() + jpeg + b"\r\n" + _MARK)

        line = request.transport
        if line is not None and "small" not in request.query:
            self.large.add(line)
        try:
            await self._serve(request, response, self.watching, send)
        finally:
            if line is not None:
                self.large.discard(line)
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if len(self._listening) >= self._viewers:
            return _answer(503, self._full or "Too many are listening; close another view first.")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

        async def send() -> None:
            while not self._feed.closing.is_set():
                figures = json.dumps(self._figures())
                await _write(response, f"data: {figures}\n\n".encode())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._feed.closing.wait(), _EVENTS_S)
            await _write(response, b"event: end\ndata: \n\n")

        await self._serve(request, response, self._listening, send)
        return response

    async def _serve(
        self,
        request: web.Request,
        response: web.StreamResponse,
        among: set[asyncio.Transport],
        send: Callable[[], Awaitable[None]],
    ) -> None:
        if (line := request.transport) is None:  # the client has already gone
            return
        among.add(line)
        self._clients.enter(Phase.STREAM, line)
        try:
            await response.prepare(request)
            sock = line.get_extra_info("socket")
            if sock:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
            await send()
        except ConnectionError:
            pass  # the client has gone
        except TimeoutError:
            line.abort()  # it reads nothing any more
        finally:
            among.discard(line)


def _sender(path: Path) -> Handler:
    """Return a handler that answers with a file."""

    async def send(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers={"Content-Type": _CONTENT_TYPES[path.suffix]})

    return send


async def _write(response: web.StreamResponse, data: bytes) -> None:
    await asyncio.wait_for(response.write(data), WRITE_S)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _answer(code: int, text: str) -> web.Response:
    return web.Response(status=code, text=text + "\n")

"""The browser view: finished images on a web page, served by a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from edge_app.closeable import Closeable
from edge_app.errors import SinkError
from edge_app.frame import Status, Step
from edge_app.sinks.key_burst import KeyBurst
from edge_app.sinks.serve.acceptor import Acceptor
from edge_app.sinks.serve.access import access_for, address_of
from edge_app.sinks.serve.app import Site
from edge_app.sinks.serve.clients import CONNECTIONS, Clients, ConnectionLimits
from edge_app.sinks.serve.jpeg_feed import JpegFeed

_GRACE_S = 0.3  # for streams to report that the run has ended


class BrowserView(Closeable):
    """Show canvases in browsers and read the keys that are pressed there.

    host, port: where to listen; port 0 takes a free one. url: the address to open.
    token: what viewers need; one is generated if other machines can reach the view.
    connections: how many may be open at once; the number of viewers follows from it.
    tls: certificate and key; None for plain HTTP.

    Canvases are kept until the next one, not copied. `write` never waits for a client.
    Raises UsageError for an invalid token, SinkError if the address cannot be used.
    """

    every_frame = True

    def __init__(
        self,
        host: str,
        port: int,
        *,
        token: str | None = None,
        connections: int = CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keys: deque[str] = deque()
        self._burst = KeyBurst()
        self.feed = JpegFeed()
        access = access_for(host, token)
        self._clients = Clients(ConnectionLimits(connections))
        self._tls = tls
        self._site = Site(self.feed, access, self._press, self._clients)
        self._socket = listen(host, port)
        self.port = int(self._socket.getsockname()[1])
        self.url = address_of(host, self.port, access.token, tls=tls is not None)
        self._begun = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="serve", daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._fault is not None:
            self._socket.close()
        self._raise_fault()

    @property
    def invitation(self) -> str:
        """Where to watch, and how from another machine."""
        text = f"watch at {self.url}"
        if self._site.is_private and os.environ.get("SSH_CONNECTION"):
            text += f" (from your own machine after: ssh -L {self.port}:127.0.0.1:{self.port} ...)"
        return text

    @property
    def wants_canvas(self) -> bool:
        """Whether anybody watches: a canvas for nobody would only cost the board time."""
        return self.watching > 0

    @property
    def watching(self) -> int:
        """Number of viewers."""
        return len(self._site.watching)

    @property
    def only_small(self) -> bool:
        """Whether somebody watches, and every page is too small for words within the image."""
        return self.watching > 0 and not self._site.large

    def write(self, step: Step, status: Status) -> None:
        """Offer one canvas to the viewers. Raises SinkError."""
        if self._closed:
            raise SinkError("the browser view was closed; open a new one")
        self._raise_fault()
        self._site.classes.offer(step.result, status.labels)
        self._site.comparison = step.comparison
        self.feed.offer(step.canvas, status)

    def keys(self) -> Sequence[str]:
        """Return the names of the keys pressed since the last call."""
        return [self._keys.popleft() for _ in range(len(self._keys))]

    def _press(self, key: str) -> bool:
        """Take a key; return False for one of a burst, which is dropped."""
        if not self._burst.admits(1):
            return False
        self._keys.append(key)
        return True

    @property
    def dropped_keys(self) -> int:
        """How many keys were dropped, since they came faster than a person presses them."""
        return self._burst.dropped

    def _release(self) -> None:
        """Send the viewers the end of the run, and stop listening."""
        with suppress(RuntimeError):  # its thread has ended already
            self._loop.call_soon_threadsafe(self.feed.end)
        self._thread.join()
        self._socket.close()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise SinkError(f"the browser view failed: {self._fault}; run without --serve")

    def _run(self) -> None:
        try:
            # The other kind, Windows' own, does not say when a socket has connections.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._serve())
        except BaseException as fault:  # noqa: BLE001 - raised in main by the next write
            self._fault = fault
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        silent = logging.getLogger("edge_app.serve")
        silent.disabled = True  # malformed requests stay off the terminal
        runner = web.AppRunner(
            self._site.app(),
            handle_signals=False,
            handler_cancellation=True,  # a client that closes is forgotten at once
            access_log=None,
            logger=silent,
            shutdown_timeout=_GRACE_S,
            keepalive_timeout=15,
        )
        await runner.setup()
        serve = runner.server
        if serve is None:
            raise SinkError("aiohttp has made no server; update it")
        acceptor = Acceptor(self._socket, serve, self._clients, self._tls)
        try:
            acceptor.start()
            self._begun.set()
            await self.feed.closing.wait()
            acceptor.stop()
            for _ in range(10):  # viewers that still read get the end event
                if not self._site.connections:
                    break
                await asyncio.sleep(_GRACE_S / 10)
            self._clients.drop_all()
        finally:
            await runner.cleanup()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises SinkError, in one line."""
    where = f"port {port} of {host or 'all addresses'}"
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, dualstack_ipv6=both)
    except (socket.gaierror, UnicodeError):  # the latter for "..", and for names above 63 letters
        reason = "there is no such host; leave it out, or give one of this machine's addresses"
    except OSError as fault:
        reason = {
            errno.EADDRINUSE: "it is in use; choose another port, e.g. --serve 8001",
            errno.EACCES: "ports below 1024 need root; choose a higher one, e.g. 8000",
            errno.EADDRNOTAVAIL: "this machine has no such address; leave the host out, or give "
            "0.0.0.0 for all of its addresses",
        }.get(fault.errno or 0, f"{fault.strerror or fault}; choose another port")
    raise SinkError(f"no browser view on {where}: {reason}")

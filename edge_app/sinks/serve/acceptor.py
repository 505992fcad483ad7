"""Accepting connections for the browser view, without starving the run of time or descriptors.

asyncio's own server takes every connection there is, and without a free descriptor it writes a
hundred tracebacks a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from edge_app.sinks.serve.clients import Client, Clients, RateBudget

if sys.platform != "win32":
    import resource

_LOG = logging.getLogger("edge_app.browser_view")
_LOG_S = 60.0
# A flood then costs no more than a few per cent of a core; the system holds back the others.
_ACCEPTED_HZ, _AT_ONCE = 20.0, 16
_NO_DESCRIPTOR_S = 1.0
_HANDSHAKE_S = 10.0
_LATE_S = 1.0  # between two looks for late connections
# Descriptors for the run's own files: recording, log, snapshots, a camera that comes back.
_KEPT_FREE = 64
_GONE = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR}  # the client left while it was accepted
_REFUSAL = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: {}\r\nRetry-After: 5\r\nConnection: close\r\n\r\n{}"
)


class Acceptor:
    """Accepts connections while it is started, within the limits of `clients`.

    listening: a socket that listens. protocol: makes the protocol of each connection.
    tls: None for plain HTTP.
    """

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        clients: Clients,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._listening = listening
        self._protocol = protocol
        self._clients = clients
        self._tls = tls
        self._notes = MinuteLog()
        self._budget = RateBudget(_ACCEPTED_HZ, _AT_ONCE)
        self._most_descriptors = usable_descriptors()
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Accept connections from now on; call it in the loop that serves them."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._on_fault)
        self._listening.setblocking(False)
        self._resume()
        self._drop_late()

    def stop(self) -> None:
        """Accept no more."""
        self._loop.remove_reader(self._listening)
        for timer in self._timers.values():
            timer.cancel()
        self._notes.flush()

    def _resume(self) -> None:
        self._loop.add_reader(self._listening, self._accept)

    def _later(self, wait_s: float, call: Callable[[], None]) -> None:
        self._timers[call] = self._loop.call_later(wait_s, call)

    def _pause(self, wait_s: float) -> None:
        self._loop.remove_reader(self._listening)
        self._later(wait_s, self._resume)

    def _drop_late(self) -> None:
        self._clients.drop_late()
        self._later(_LATE_S, self._drop_late)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, address = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as fault:
                if fault.errno in _GONE:
                    continue
                self._notes.add(f"no connection can be accepted ({fault.strerror})")
                self._pause(_NO_DESCRIPTOR_S)
                return
            self._admit(sock, str(address[0]))
            wait_s = self._budget.spend()
            if wait_s:
                self._pause(wait_s)
                return

    def _admit(self, sock: socket.socket, address: str) -> None:
        sock.setblocking(False)
        found: Client | str
        if sock.fileno() >= self._most_descriptors:  # the system gives the lowest free number
            found = (
                f"{self._most_descriptors} files and connections are open, the most this view may "
                "use; raise the limit with ulimit -n, or LimitNOFILE= in the unit"
            )
        else:
            found = self._clients.add(sock, address)
        if isinstance(found, str):
            self._notes.add(f"refused a connection from {address}: {found}")
            self._refuse(sock, found)
        else:
            found.task = self._loop.create_task(self._connect(found))
            found.task.add_done_callback(lambda _: _close_unconnected(found))

    def _refuse(self, sock: socket.socket, reason: str) -> None:
        """Close a connection with a reason, as far as that takes no waiting."""
        with suppress(OSError), sock:
            if self._tls is None:
                with suppress(BlockingIOError):
                    sock.recv(1 << 16)  # what stays unread would take the answer with it
                sock.send(_REFUSAL.format(len(reason) + 1, reason + "\n").encode())
                sock.shutdown(socket.SHUT_WR)

    async def _connect(self, client: Client) -> None:
        """Make a connection, in which its requests are served."""
        handshake_s = _HANDSHAKE_S if self._tls is not None else None
        with suppress(OSError):  # it left, or spoke no TLS
            client.transport, _ = await self._loop.connect_accepted_socket(
                self._protocol, client.sock, ssl=self._tls, ssl_handshake_timeout=handshake_s
            )

    def _on_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Note what asyncio would write with a traceback."""
        fault = context.get("exception")
        what = f"{type(fault).__name__}: {fault}" if fault else context.get("message")
        self._notes.add(f"a connection failed ({what})")


def _close_unconnected(client: Client) -> None:
    """Close a socket without a transport; a task that was cancelled early has not even begun."""
    if client.transport is None:
        client.sock.close()


class MinuteLog:
    """A log of one line a minute: the newest message, and how many others there were."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next_s = -1.0
        self._newest = ""
        self._noted = 0

    def add(self, message: str) -> None:
        """Note a message; write a line if none was written for a minute."""
        self._newest = message
        self._noted += 1
        if self._clock() >= self._next_s:
            self._next_s = self._clock() + _LOG_S
            self.flush()

    def flush(self) -> None:
        """Write what was noted since the last line."""
        if self._noted:
            others = self._noted - 1
            more = f" (and {others} more since the last line)" if others else ""
            _LOG.warning("browser view: %s%s", self._newest, more)
        self._noted = 0


def usable_descriptors() -> int:
    """Return how many descriptors may be in use before connections are refused."""
    if sys.platform == "win32":
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(soft - _KEPT_FREE, soft * 3 // 4)

"""The connections of the browser view, kept within limits so that no client can starve the run."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

CONNECTIONS = 64  # at once, unless chosen
OPTION = "--serve-connections"
# A page has two streams and a request now and then.
_PER_VIEWER = 8
# Nobody else on a local network needs this many; a proxy or tunnel comes from this machine.
_SHARE_OF_ADDRESS = 3
_SHARE_WITHOUT_REQUEST = 4
# Requests a second, for all clients together: a page has one for each key, a held one too.
_REQUESTS_HZ = 40.0
_REQUESTS_AT_ONCE = 60.0


class Phase(Enum):
    """What a connection is doing; the value is how many seconds that may take.

    WAITING: the first request, or the TLS handshake before it, is not complete.
    REQUEST: its body is read and the answer made. IDLE: between two requests, or while an answer
    is sent. STREAM: images or figures are sent; each write has a time limit of its own.
    """

    WAITING = 10.0
    REQUEST = 15.0
    IDLE = 20.0
    STREAM = float("inf")


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections may be open at once; all limits follow from that number."""

    connections: int = CONNECTIONS

    @property
    def viewers(self) -> int:
        """How many may watch at once."""
        return max(1, self.connections // _PER_VIEWER)

    @property
    def of_one_address(self) -> int:
        """How many may come from one address (IPv6: from one network of 64 bits)."""
        return max(1, self.connections // _SHARE_OF_ADDRESS)

    @property
    def waiting(self) -> int:
        """How many may be open without a complete request."""
        return max(1, self.connections // _SHARE_WITHOUT_REQUEST)


@dataclass(slots=True, eq=False)
class Client:
    """One connection.

    origin: the address that its limit counts for; None for this machine, behind which a proxy or
        tunnel has all its clients. since_s: when its phase began.
    transport: None until the connection is made, TLS handshake included, by its task.
    """

    sock: socket.socket
    origin: str | None
    since_s: float
    phase: Phase = Phase.WAITING
    transport: asyncio.Transport | None = None
    task: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the socket is open."""
        return self.sock.fileno() != -1

    @property
    def is_spare(self) -> bool:
        """Whether nothing is lost if it makes room for another one."""
        return self.phase in {Phase.WAITING, Phase.IDLE}

    def drop(self) -> None:
        """Close the connection at once."""
        if self.transport is not None:
            self.transport.abort()
        elif self.task is not None:
            self.task.cancel()
        else:
            self.sock.close()


class Clients:
    """All open connections, within limits."""

    def __init__(
        self, limits: ConnectionLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._open: list[Client] = []
        self._turns = RateBudget(_REQUESTS_HZ, _REQUESTS_AT_ONCE, clock)

    async def turn(self) -> None:
        """Wait until another request may be answered: a flood of them is slowed down."""
        await asyncio.sleep(self._turns.spend())

    def __len__(self) -> int:
        """Return the number of open connections."""
        self._forget_closed()
        return len(self._open)

    def add(self, sock: socket.socket, address: str) -> Client | str:
        """Add a connection, or return why there is no room for it.

        A connection that waits for its client makes room: of the address that has most of them,
        the oldest one. So who sends a request at once is served, whoever holds connections open.
        """
        self._forget_closed()
        limits, origin = self.limits, origin_of(address)
        own = [client for client in self._open if client.origin == origin]
        if origin is not None and len(own) >= limits.of_one_address and not self._drop_oldest(own):
            return (
                f"{limits.of_one_address} connections of one address are in use, the most "
                f"allowed; close a view, or allow more with {OPTION}"
            )
        if len(self._open) >= limits.connections and not self._drop_oldest(self._open):
            return (
                f"{limits.connections} connections are in use, the most allowed; close a view, "
                f"or allow more with {OPTION}"
            )
        waiting = [client for client in self._open if client.phase is Phase.WAITING]
        if len(waiting) >= limits.waiting:
            self._drop_oldest(waiting)
        client = Client(sock, origin, self._clock())
        self._open.append(client)
        return client

    def _drop_oldest(self, among: list[Client]) -> bool:
        """Drop the oldest spare connection of the address with most of them, if there is one."""
        spare = [client for client in among if client.is_spare]
        if not spare:
            return False
        most = Counter(client.origin for client in spare).most_common(1)[0][0]
        oldest = min((one for one in spare if one.origin == most), key=lambda one: one.since_s)
        self._open.remove(oldest)
        oldest.drop()
        return True

    def enter(self, phase: Phase, transport: asyncio.BaseTransport | None) -> None:
        """Note what the connection of a request is doing from now on."""
        sock = transport.get_extra_info("socket") if transport is not None else None
        number = sock.fileno() if sock is not None else -1
        for client in self._open:
            if number != -1 and client.sock.fileno() == number:
                client.phase, client.since_s = phase, self._clock()

    def drop_late(self) -> None:
        """Drop the connections whose phase takes longer than it may."""
        self._forget_closed()
        now_s = self._clock()
        for client in self._open:
            if now_s - client.since_s > client.phase.value:
                client.drop()

    def drop_all(self) -> None:
        """Drop every connection."""
        for client in self._open:
            client.drop()

    def _forget_closed(self) -> None:
        self._open = [client for client in self._open if client.is_open]


class RateBudget:
    """A number of things a second, of which some may come at once."""

    def __init__(
        self, rate_hz: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_hz = rate_hz
        self._at_once = at_once
        self._clock = clock
        self._left = at_once
        self._spent_s = clock()

    def spend(self) -> float:
        """Take one; return for how many seconds it has to wait."""
        now_s = self._clock()
        earned = (now_s - self._spent_s) * self._rate_hz
        self._left = min(self._at_once, self._left + earned) - 1
        self._spent_s = now_s
        return max(0.0, -self._left / self._rate_hz)


def origin_of(address: str) -> str | None:
    """Return what the limit of an address counts for; None for this machine's own."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return None
    if parsed.version == 6:  # who has one address has the 2**64 beside it
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

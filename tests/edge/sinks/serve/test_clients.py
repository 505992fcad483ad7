"""Connections are kept within limits; whoever sends a request at once is served."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from edge_app.sinks.serve.clients import (
    Client,
    Clients,
    ConnectionLimits,
    Phase,
    RateBudget,
    origin_of,
)

LIMITS = ConnectionLimits(16)  # 5 of one address, 4 without a request, 2 viewers


class Line:
    """A transport that knows its socket and can be aborted."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def get_extra_info(self, name: str) -> socket.socket | None:
        """Return the socket."""
        return self.sock if name == "socket" else None

    def abort(self) -> None:
        """Close the connection."""
        self.sock.close()


class Bench:
    """Clients with a clock."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.clients = Clients(LIMITS, lambda: self.now_s)
        self.lines: list[Line] = []

    def connect(self, address: str, phase: Phase | None = None) -> Line | str:
        """Connect from an address a second after the last one, and enter a phase."""
        self.now_s += 1e-3
        line = Line(socket.socket())
        self.lines.append(line)
        found = self.clients.add(line.sock, address)
        if isinstance(found, str):
            return found
        assert isinstance(found, Client)
        found.transport = line  # type: ignore[assignment]
        if phase is not None:
            self.clients.enter(phase, line)  # type: ignore[arg-type]
        return line

    @property
    def open(self) -> list[bool]:
        """Whether each connection is open, the first one first."""
        return [line.sock.fileno() != -1 for line in self.lines]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return clients without a connection."""
    bench = Bench()
    yield bench
    for line in bench.lines:
        line.sock.close()


def test_one_address_has_a_third(bench: Bench) -> None:
    """The sixth view of one machine is refused, with the option; another machine's is not."""
    for _ in range(5):
        assert not isinstance(bench.connect("192.0.2.7", Phase.STREAM), str)
    refusal = bench.connect("192.0.2.7")
    assert refusal == (
        "5 connections of one address are in use, the most allowed; close a view, or allow more "
        "with --serve-connections"
    )
    assert not isinstance(bench.connect("192.0.2.8"), str)


def test_all_together_have_a_limit(bench: Bench) -> None:
    """The seventeenth is refused; what is closed makes room again."""
    lines = [bench.connect(f"192.0.2.{i}", Phase.STREAM) for i in range(16)]
    refusal = bench.connect("192.0.2.99")
    assert isinstance(refusal, str)
    assert refusal.startswith("16 connections are in use, the most allowed")
    assert refusal.endswith("--serve-connections")
    assert isinstance(lines[3], Line)
    lines[3].abort()
    assert not isinstance(bench.connect("192.0.2.99"), str)


def test_this_machine_has_no_limit_of_its_own(bench: Bench) -> None:
    """Behind a proxy or an SSH tunnel everybody comes from it."""
    for _ in range(16):
        assert not isinstance(bench.connect("127.0.0.1", Phase.STREAM), str)


def test_a_connection_without_a_request_makes_room(bench: Bench) -> None:
    """The oldest of the address that holds most of them."""
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3"):
        bench.connect(address)
    assert bench.open == [True] * 4
    bench.connect("192.0.2.4")
    assert bench.open == [True, False, True, True, True]


def test_an_idle_connection_makes_room(bench: Bench) -> None:
    """Views that are watched stay, whatever comes."""
    for i in range(15):
        bench.connect(f"192.0.2.{i}", Phase.STREAM)
    bench.connect("192.0.2.50", Phase.IDLE)
    for i in range(100):
        assert not isinstance(bench.connect(f"198.51.100.{i}"), str)
    assert bench.open[:16] == [True] * 15 + [False]
    assert len(bench.clients) == 16


@pytest.mark.parametrize(
    ("phase", "allowed_s"), [(Phase.WAITING, 10), (Phase.REQUEST, 15), (Phase.IDLE, 20)]
)
def test_every_phase_but_watching_has_a_time_limit(
    bench: Bench, phase: Phase, allowed_s: float
) -> None:
    """A connection that takes longer is dropped; a stream lasts as long as somebody watches."""
    bench.connect("192.0.2.1", phase)
    bench.connect("192.0.2.2", Phase.STREAM)
    bench.now_s += allowed_s - 1
    bench.clients.drop_late()
    assert bench.open == [True, True]
    bench.now_s += 2
    bench.clients.drop_late()
    assert bench.open == [False, True]
    bench.now_s += 1e6
    bench.clients.drop_late()
    assert bench.open == [False, True]


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_the_origin_of_an_address(address: str, origin: str | None) -> None:
    """IPv4 has one notation; a network of 64 bits is one client."""
    assert origin_of(address) == origin


def test_a_flood_of_requests_is_slowed_down() -> None:
    """Some come at once, the others wait for their turn; a pause earns as many again."""
    now_s = 5.0
    budget = RateBudget(10.0, 3.0, lambda: now_s)
    assert [budget.spend() for _ in range(5)] == [0, 0, 0, pytest.approx(0.1), pytest.approx(0.2)]
    now_s += 100
    assert [budget.spend() for _ in range(4)] == [0, 0, 0, pytest.approx(0.1)]

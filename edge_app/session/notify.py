"""Tell systemd how a run goes, by datagrams to the socket it names.

Source: sd_notify(3) and sd_watchdog_enabled(3). Where no service manager asked to be told,
nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress

# Feeding more often than this would only cost wake-ups; `systemctl status` shows the words.
_LONGEST_S = 2.0


class Notifier:
    """Say that a run is ready, that it goes on, and that it ends.

    address: of the socket, "" where nobody listens. watchdog_s: how long the manager waits for
        a beat before it ends the process; None where it does not watch.
    """

    def __init__(
        self,
        address: str = "",
        watchdog_s: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        # A quarter: a beat that is a little late, or a lost one, must not cost the run its life.
        self._every_s = min(_LONGEST_S, watchdog_s / 4) if watchdog_s else _LONGEST_S
        self._clock = clock
        self._told_s: float | None = None

    def beat(self, words: Callable[[], str] = str) -> None:
        """Say that a frame is through: READY=1 for the first, WATCHDOG=1 for the later ones.

        Call it for every frame; it sends no more often than is needed. words: how it goes.
        """
        if not self._address:
            return
        now_s = self._clock()
        if self._told_s is not None and now_s - self._told_s < self._every_s:
            return
        first, self._told_s = self._told_s is None, now_s
        self._send(f"{'READY=1' if first else 'WATCHDOG=1'}\nSTATUS={_one_line(words())}")

    def ending(self) -> None:
        """Say that the run ends of itself, so that its last writes are waited for."""
        if self._address:
            self._send("STOPPING=1\nSTATUS=finishing what was begun")

    def _send(self, message: str) -> None:
        # A manager that is gone, or whose queue is full, is no reason to end a run.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(message.encode("utf-8"), self._address)


def notifier_of(environment: MutableMapping[str, str] = os.environ) -> Notifier:
    """Read off the environment who is to be told, and take it out: children say nothing."""
    address = environment.pop("NOTIFY_SOCKET", "")
    watchdog_s = _watchdog_s(environment)
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        environment.pop(name, None)
    known = address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX")
    return Notifier(address if known else "", watchdog_s)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """Return how long this process may be silent; None where it is not watched."""
    text = environment.get("WATCHDOG_USEC", "")
    watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(text) / 1e6 if watched and text.isdecimal() and int(text) else None


def _one_line(words: str) -> str:
    return " ".join(words.split())

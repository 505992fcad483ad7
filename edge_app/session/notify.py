"""Messages to systemd about a run, as datagrams to the socket it names.

Source: sd_notify(3) and sd_watchdog_enabled(3). Without such a socket nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

# What systemd gives a service. A child process must not inherit it.
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
# More frequent messages would only cost wake-ups; `systemctl status` shows the text.
_LONGEST_S = 2.0


class Notifier:
    """Report that a run is ready, that it goes on, and that it ends.

    address: of the socket, "" for none. watchdog_s: longest silence before the service manager
        ends the process; None without a watchdog.
    """

    def __init__(
        self,
        address: str = "",
        watchdog_s: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        # A quarter: a beat that is a little late, or a lost one, must not end the run.
        self._every_s = min(_LONGEST_S, watchdog_s / 4) if watchdog_s else _LONGEST_S
        self._clock = clock
        self._sent_s: float | None = None

    def beat(self, text: Callable[[], str] = str) -> None:
        """Report a frame: READY=1 for the first, WATCHDOG=1 for later ones, as often as needed.

        Call it for every frame. text: returns a line for `systemctl status`.
        """
        if not self._address:
            return
        now_s = self._clock()
        if self._sent_s is not None and now_s - self._sent_s < self._every_s:
            return
        first, self._sent_s = self._sent_s is None, now_s
        status = " ".join(text().split())
        self._send(f"{'READY=1' if first else 'WATCHDOG=1'}\nSTATUS={status}")

    def ending(self) -> None:
        """Report that the run ends by itself, so that systemd waits for its last writes."""
        if self._address:
            self._send("STOPPING=1\nSTATUS=closing the files")

    def _send(self, message: str) -> None:
        # A manager that is gone, or whose queue is full, is no reason to end a run.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode("utf-8"), self._address)


def notifier_from(variables: Mapping[str, str]) -> Notifier:
    """Return the notifier that the values of VARIABLES describe."""
    address = variables.get("NOTIFY_SOCKET", "")
    known = address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX")
    return Notifier(address if known else "", _watchdog_s(variables))


def _watchdog_s(variables: Mapping[str, str]) -> float | None:
    """Return how long this process may be silent; None if it is not watched."""
    text = variables.get("WATCHDOG_USEC", "")
    watched = variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(text) / 1e6 if watched and text.isdecimal() and int(text) else None

"""A run under floods of keys and connections: python -m tests.benchmarks.bench_flood.

Each flood has a run of its own, in a terminal of its own and with a browser view, on the shipped
street. Turns without and with the flood alternate within it; the frame rates are medians of these.
At last SIGTERM has to end the run while the flood goes on.
"""

from __future__ import annotations

import http.client
import os
import re
import resource
import signal
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.benchmarks.script import bench_parser, say, verdict
from tests.support.terminal_run import TerminalRun
from tests.support.whole_runs import ROOT

_README = (ROOT / "README.md").read_bytes()
_COMMAND = (
    "run", "--model", "street", "--variant", "int8", "--threads", "1", "--headless", "--loop",
    "--as-fast-as-possible", "--metrics", "m", "--serve", "0",
)  # fmt: skip
_SLOWEST = 0.9  # share of the frame rate without a flood
_LONGEST_S = 60.0
_NICE = 15  # the flood comes from elsewhere, and must not take the run's cores itself
_IDLE = 1100
_USUAL_FILES = 1024  # the limit that systemd and shells set


class FloodedRun(TerminalRun):
    """A run in a terminal whose errors go to a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        super().__init__(_COMMAND, folder)
        os.set_blocking(self.terminal, False)

    def before_start(self) -> None:
        """Lower the limit of files, and send errors to their file."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (_USUAL_FILES, hard))
        os.dup2(os.open("errors", os.O_WRONLY | os.O_CREAT), 2)

    def begin(self) -> int:
        """Wait for the first frames; return the port of the view."""
        port = None
        while port is None or not self.frames():
            port = port or re.search(r"watch at http://127.0.0.1:(\d+)", self.log)
            if self.ended:
                raise RuntimeError(self.log)
            time.sleep(0.05)
        return int(port[1])

    def frames(self) -> int:
        """Return how many frames the log has."""
        path = self._folder / "m" / "frames.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def mark(self) -> tuple[float, int]:
        """Wait until the log grows; return the time and its frames."""
        before, until_s = self.frames(), time.monotonic() + 1
        while (now := self.frames()) == before and time.monotonic() < until_s:
            time.sleep(0.005)
        return time.monotonic(), now

    def rate(self, seconds: float) -> float:
        """Return the frames per second during some seconds."""
        begun_s, first = self.mark()
        time.sleep(seconds)
        ended_s, last = self.mark()
        return (last - first) / (ended_s - begun_s)

    def terminate(self) -> float | None:
        """Send SIGTERM; return after how many seconds it ended, None if it had to be killed."""
        begun_s = time.monotonic()
        self.end(_LONGEST_S)
        return None if self.exit_code == -signal.SIGKILL else time.monotonic() - begun_s

    def leftovers(self) -> str:
        """Return what it left: snapshots, recordings, bytes of errors, keys dropped."""
        counts = [len([*self._folder.rglob(kind)]) for kind in ("snapshots/*.png", "*.mp4")]
        size = (self._folder / "errors").stat().st_size
        dropped = None
        with suppress(OSError):
            summary = (self._folder / "m" / "summary.json").read_text("utf-8")
            dropped = re.search(r'"dropped_keys":\s*(\d+)', summary)
        keys = f", keys dropped {dropped[1]}" if dropped else ""
        return f"snapshots {counts[0]}, recordings {counts[1]}, errors {size} bytes{keys}"


class Flood:
    """Something that is repeated in threads of low priority while it is on."""

    def __init__(self, once: Callable[[], None], wait_s: float, threads: int = 1) -> None:
        self._once, self._wait_s = once, wait_s
        self._on, self._closed = threading.Event(), False
        self._threads = [threading.Thread(target=self._repeat) for _ in range(threads)]

    def _repeat(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not self._closed:
            if self._on.wait(0.05):
                with suppress(OSError, http.client.HTTPException):
                    self._once()
                time.sleep(self._wait_s)

    def switch(self, *, on: bool) -> None:
        """Begin the flood, or stop it."""
        self._on.set() if on else self._on.clear()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for thread in self._threads:
            thread.join()


def typed(text: bytes) -> Callable[[FloodedRun, int], Callable[[], None]]:
    """Return a maker of floods that write a text into the terminal, over and over."""

    def make(run: FloodedRun, port: int) -> Callable[[], None]:
        del port
        written = 0

        def once() -> None:
            nonlocal written
            start = written % len(text)
            written += os.write(run.terminal, text[start : start + 1024])

        return once

    return make


def posted(run: FloodedRun, port: int) -> Callable[[], None]:
    """Return a flood of key presses over HTTP, each with a connection of its own."""
    del run

    def once() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("POST", "/key", "s")
        line.getresponse().read()
        line.close()

    return once


def connected(run: FloodedRun, port: int) -> Callable[[], None]:
    """Return a flood of idle connections; those that are closed are opened again."""
    del run
    held: list[socket.socket] = []

    def once() -> None:
        for _ in range(20):
            if len(held) >= _IDLE:
                held.pop(0).close()
            sock = socket.socket()
            held.append(sock)
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))

    return once


# By name: what makes one step of it for a run and a port, the wait after it, and threads.
_FLOODS: dict[str, tuple[Callable[[FloodedRun, int], Callable[[], None]], float, int]] = {
    "README pasted, over and over": (typed(_README), 0.001, 1),
    "README pasted, marked as paste": (
        typed(b"\x1b[200~" + _README.replace(b"\x1b", b"") + b"\x1b[201~"),
        0.001,
        1,
    ),
    "the key s without end": (typed(b"s" * 1024), 0.001, 1),
    "keys over HTTP": (posted, 0.0, 4),
    f"{_IDLE} idle connections": (connected, 0.02, 1),
}


def measure(name: str, turns: int, seconds: float) -> None:
    """Print the frame rates without and with a flood, what it left, and how the run ended."""
    make, wait_s, threads = _FLOODS[name]
    with tempfile.TemporaryDirectory() as folder:
        with (
            FloodedRun(Path(folder)) as run,
            Flood(make(run, run.begin()), wait_s, threads) as flood,
        ):
            rates: tuple[list[float], list[float]] = ([], [])
            time.sleep(seconds / 2)
            for turn in range(2 * turns):
                on = turn % 2 == 1
                flood.switch(on=on)
                rates[on].append(run.rate(seconds))
            ended_early = run.ended
            flood.switch(on=True)
            ended_s = run.terminate()
        left = run.leftovers()
    without, flooded = map(statistics.median, rates)
    ratio = flooded / without if without else 0.0
    say(
        f"{name}: {without:.1f} frames per second without, {flooded:.1f} with it "
        f"({ratio - 1:+.1%}): {verdict(ratio >= _SLOWEST)}; {left}"
    )
    if ended_early:
        say("  it ended the run: MISSED")
    elif ended_s is None:
        say(f"  SIGTERM did not end it within {_LONGEST_S:.0f} s: MISSED")
    else:
        say(f"  SIGTERM ended it after {ended_s:.2f} s")


def main() -> None:
    """Measure every flood, or those whose name has a word in it."""
    parser = bench_parser(__doc__)
    parser.add_argument("word", nargs="?", default="", help="in the names of floods (default: all)")
    parser.add_argument("--turns", type=int, default=7, help="with and without each (default: 7)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a turn (default: 4)")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard > 4 * _USUAL_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * _USUAL_FILES, hard))  # sockets of floods
    turns, seconds = (1, 0.3) if options.smoke else (options.turns, options.seconds)
    for name in _FLOODS:
        if options.word in name:
            measure(name, turns, seconds)


if __name__ == "__main__":
    main()

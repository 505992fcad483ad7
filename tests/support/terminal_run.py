"""A run of edge-app in a terminal of its own, for soaks and benchmarks."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.whole_runs import ROOT

_TRACEBACK = b"Traceback (most recent"
_TAIL_BYTES = 1 << 20
_READ_BYTES = 1 << 16


class TerminalRun:
    """`edge-app ARGUMENTS` as the child of a pseudo-terminal; safe to close twice.

    log: what it wrote to the terminal, the newest of it. variables: more of its environment.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self.exit_code: int | None = None
        self.had_traceback = False
        self._tail = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(folder)
                self.before_start()
                environment = {**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})}
                command = [sys.executable, "-m", "edge_app.cli", *arguments]
                os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted
            finally:
                os._exit(127)
        threading.Thread(target=self._drain, daemon=True).start()

    def before_start(self) -> None:
        """Prepare the child in its folder, before it becomes edge-app."""

    def _drain(self) -> None:
        terminal, waiting = self.terminal, select.poll()
        waiting.register(terminal, select.POLLIN)
        while True:
            waiting.poll()  # its writer may have made it non-blocking
            try:
                data = os.read(terminal, _READ_BYTES)
            except OSError:  # EIO: the other side is closed
                return
            self._tail = (self._tail + data)[-_TAIL_BYTES:]
            newest = self._tail[-len(data) - len(_TRACEBACK) :]
            self.had_traceback |= _TRACEBACK in newest

    @property
    def log(self) -> str:
        """What it wrote last."""
        return self._tail.decode(errors="replace")

    @property
    def ended(self) -> bool:
        """Whether the program has ended; its code is then in `exit_code`."""
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def wait(self, within_s: float) -> None:
        """Wait for its end, for some time."""
        until_s = time.monotonic() + within_s
        while not self.ended and time.monotonic() < until_s:
            time.sleep(0.01)

    def end(self, within_s: float = 60.0) -> None:
        """End it with SIGTERM if it still runs, with SIGKILL if that does not help."""
        for number, wait_s in ((signal.SIGTERM, within_s), (signal.SIGKILL, 10.0)):
            if self.ended:
                break
            os.kill(self.pid, number)
            self.wait(wait_s)

    def close(self) -> None:
        """End it, and close its terminal."""
        self.end()
        if self.terminal >= 0:
            os.close(self.terminal)
            self.terminal = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

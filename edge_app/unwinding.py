"""Signals that would end a process on the spot, with its drafts and locks left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

if sys.platform != "win32":
    import termios

# Ctrl-C, `kill`, and a closed terminal, of which Windows has no signal.
ENDING = tuple(one for one in signal.Signals if one.name in {"SIGINT", "SIGTERM", "SIGHUP"})
# They reach all processes of a terminal at once.
FROM_TERMINAL = tuple(one for one in ENDING if one.name != "SIGTERM")


def not_ignored() -> list[signal.Signals]:
    """Return the ending signals that may be handled: those ignored from the start stay ignored.

    `nohup` ignores SIGHUP, and a shell without job control ignores Ctrl-C for what it starts with
    `&` (POSIX, Shell Command Language, 2.11). SIGTERM is always handled: it is no habit of shells
    to ignore it, and nothing else would end such a process tidily.
    """
    return [
        number
        for number in ENDING
        if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN
    ]


def resume_output() -> None:
    """Let a terminal go on that Ctrl-S has stopped; a signal's handler calls it.

    Nothing that is about to be written could end otherwise, and so neither could the process.
    """
    if sys.platform != "win32":
        for fd in (1, 2):
            with suppress(OSError, termios.error):  # it is no terminal
                if os.tcgetpgrp(fd) == os.getpgrp():  # from the background it would stop us
                    # Linux ends what Ctrl-S began only after a stop of our own.
                    termios.tcflow(fd, termios.TCOOFF)
                    termios.tcflow(fd, termios.TCOON)


@contextmanager
def unwound() -> Iterator[None]:
    """Unwind a `with` block at SIGTERM and SIGHUP, as an exception does.

    They raise SystemExit with the exit code that a shell would give. What handles them already, or
    ignores them, stays, as it does outside the main thread, which alone may change that.
    """
    mine: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():  # Ctrl-C is handled by Python
        mine = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # again and again would end what is being unwound
    resume_output()
    raise SystemExit(128 + number)

"""Signals that would end a process on the spot, with its drafts and locks left behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def unwound() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a `with` block as an exception does.

    They raise SystemExit with the exit code that a shell would give. What handles them already, or
    ignores them, stays, as it does outside the main thread, which alone may change that.
    """
    mine: list[int] = []
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
        mine = [one for one in numbers if one and signal.getsignal(one) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # again and again would end what is being unwound
    raise SystemExit(128 + number)

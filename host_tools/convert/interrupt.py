"""A Ctrl-C that native code has swallowed, and a SIGTERM that ends the work as tidily."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from edge_app.unwinding import not_ignored


@contextmanager
def swallowed_interrupts() -> Iterator[Callable[[], None]]:
    """Yield a check that raises KeyboardInterrupt if an earlier one was swallowed.

    TensorFlow drops the exception in some of its callbacks, or turns it into another one (3 of 20
    tries, spread over a conversion). The work would then replace the old model, or end with a
    traceback. Any error after Ctrl-C therefore counts as that Ctrl-C.
    SIGTERM and a closed terminal raise SystemExit in the same way, so that drafts are removed.
    Outside the main thread, which alone gets signals, the check does nothing.
    """
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)
        check()

    def check() -> None:
        if not received:
            return
        if received[0] == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + received[0])

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = {number: signal.signal(number, note) for number in not_ignored()}
    try:
        yield check
    except Exception:
        check()
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

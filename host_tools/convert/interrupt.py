"""A Ctrl-C that native code has swallowed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def swallowed_interrupts() -> Iterator[Callable[[], None]]:
    """Yield a check that raises KeyboardInterrupt if an earlier one was swallowed.

    TensorFlow drops the exception in some of its callbacks, or turns it into another one (3 of 20
    tries, spread over a conversion). The work would then replace the old model, or end with a
    traceback. Any error after Ctrl-C therefore counts as that Ctrl-C.
    Outside the main thread, which alone gets signals, the check does nothing.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.default_int_handler(number, frame)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    except Exception:
        check()
        raise
    finally:
        signal.signal(signal.SIGINT, before)

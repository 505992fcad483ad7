"""Remember a Ctrl-C that native code swallowed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def swallowed_interrupts() -> Iterator[Callable[[], None]]:
    """Give a check that raises KeyboardInterrupt where an earlier one got lost.

    TensorFlow drops the exception when it comes during some of its callbacks, or makes another
    one of it (3 of 20 tries, spread over a conversion); the work would go on to replace the old
    model, or end in a traceback. So any fault after Ctrl-C is that Ctrl-C.
    Outside the main thread, where no signal arrives, the check does nothing.
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

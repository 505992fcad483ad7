"""The keys of the terminal a run was started from, also over SSH."""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from edge_app.closeable import Closeable
from edge_app.controls import character_name

if sys.platform != "win32":
    import termios
    import tty

_ESC = 0x1B
# An Esc pressed alone looks like the first byte of an arrow whose others are on their way; those
# of one key arrive together unless a network cuts between them.
_REST_S = 0.05
_ARROWS = {"C": "right", "D": "left"}
_MAX_BYTES = 32  # no key sends as many
_SHOW_CURSOR = b"\x1b[?25h"


class KeyDecoder:
    """Decoder of a terminal's bytes to the names of keys; unknown sequences are ignored."""

    def __init__(self) -> None:
        self._bytes = b""
        self._since_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Return the keys that are complete with these bytes, or after a wait without any."""
        if data:
            self._since_s = now_s
        self._bytes += data
        names: list[str] = []
        while self._bytes:
            length, name = _first_key(self._bytes)
            if length == 0:  # begun and not ended
                if now_s - self._since_s < _REST_S:
                    break
                length, name = len(self._bytes), "esc" if len(self._bytes) == 1 else None
            self._bytes = self._bytes[length:]
            if name:
                names.append(name)
        return names


def _first_key(data: bytes) -> tuple[int, str | None]:
    """Return how many bytes the first key has, 0 if some are missing, and its name.

    Source: ECMA-48, 5.4: a control sequence is ESC [, any of 0x20 to 0x3F, and one of 0x40 to
    0x7E. Terminals in application mode send ESC O and one letter instead.
    """
    if data[0] != _ESC:
        return 1, character_name(data[0])
    if len(data) == 1:
        return 0, None
    if data[1:2] == b"O":
        return (3, _ARROWS.get(chr(data[2]))) if len(data) > 2 else (0, None)
    if data[1:2] != b"[":
        # Esc followed at once by another key, or Alt and a key: terminals send the same bytes.
        return (1, "esc") if data[1] == _ESC else (2, None)
    for place, byte in enumerate(data[2:_MAX_BYTES], 3):
        if 0x40 <= byte <= 0x7E:
            return place, _ARROWS.get(chr(byte)) if place == 3 else None
    return (0, None) if len(data) < _MAX_BYTES else (_MAX_BYTES, None)


class Keyboard(Closeable):
    """Read single keys from a terminal without waiting; main thread only.

    While this is open, the terminal neither echoes keys nor waits for Enter. Its settings are
    restored by `close`, at the end of the process, and while the process is stopped (Ctrl-Z).
    Ctrl-C and Ctrl-Z keep their meaning. A process in the background reads no keys.

    fd: the terminal (default: standard input). usable: False if it is none; no keys come then.
    """

    def __init__(self, fd: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._fd = _standard_input() if fd is None else fd
        self._clock = clock
        self._decoder = KeyDecoder()
        self._before: list[Any] | None = None  # the terminal's settings; None while untouched
        self._handler: Any = None
        self.usable = sys.platform != "win32" and self._fd >= 0 and os.isatty(self._fd)
        self._closed = not self.usable
        if self.usable:
            atexit.register(self.close)
            self._handler = signal.signal(signal.SIGTSTP, self._stopped)

    def keys(self) -> Sequence[str]:
        """Return the names of the keys pressed since the last call."""
        if self._closed or not self._in_foreground():
            return []
        data = b""
        try:
            while select.select([self._fd], [], [], 0)[0]:
                more = os.read(self._fd, 256)
                if not more:  # the terminal is gone; SIGHUP handles that
                    break
                data += more
        except (OSError, ValueError):
            return []
        return self._decoder.feed(data, self._clock())

    def _in_foreground(self) -> bool:
        """Take the terminal if this process is in its foreground; return whether it is.

        In the background, changing or reading the terminal would stop the process.
        """
        try:
            if os.tcgetpgrp(self._fd) != os.getpgrp():
                return False
            if self._before is None:
                self._before = termios.tcgetattr(self._fd)
                tty.setcbreak(self._fd, termios.TCSADRAIN)
        except (OSError, termios.error):
            return False
        return True

    def _restore(self) -> None:
        """Restore the terminal's settings; one that is gone needs nothing."""
        before, self._before = self._before, None
        if before is None:
            return
        with suppress(OSError, termios.error):
            if os.tcgetpgrp(self._fd) == os.getpgrp():
                termios.tcsetattr(self._fd, termios.TCSADRAIN, before)

    def _stopped(self, number: int, where: FrameType | None) -> None:
        """Restore the terminal, then stop as the signal asks; continue after SIGCONT.

        The next call of `keys` takes it again if the process is in the foreground.
        """
        del where
        self._restore()
        with suppress(OSError):
            os.write(self._fd, _SHOW_CURSOR)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._stopped)

    def _release(self) -> None:
        """Restore the terminal's settings."""
        self._restore()
        atexit.unregister(self.close)
        with suppress(ValueError, TypeError):  # another thread, or a handler C code had set
            signal.signal(signal.SIGTSTP, self._handler)


def _standard_input() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, or a stand-in of tests
        return -1

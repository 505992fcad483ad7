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
from edge_app.sinks.key_burst import KeyBurst

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
# Terminals put these around a paste if asked to (xterm, "Bracketed Paste Mode").
_PASTE_ON, _PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
_PASTE_BEGIN, _PASTE_END = b"\x1b[200~", b"\x1b[201~"
_PASTE_S = 1.0  # without a byte: its end was lost, and keys must not be dead for ever
_AT_ONCE = 4096  # bytes, as many as a terminal's buffer in the system holds
# More between two polls are no fingers, not even of arrows held on a slow board.
_MOST_BYTES = 128


class KeyDecoder:
    """Decoder of a terminal's bytes to the names of keys.

    Unknown sequences are ignored, and so is everything that is pasted. More bytes at once than
    keys give are dropped without decoding. dropped: how many bytes that were.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._bytes = b""
        self._since_s = 0.0
        self._is_paste = False

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Return the keys that are complete with these bytes, or after a wait without any."""
        plain = self._outside_pastes(data, now_s)
        if data:
            self._since_s = now_s
        if len(plain) > _MOST_BYTES:
            place = plain.rfind(b"\x1b", -len(_PASTE_BEGIN) + 1)  # perhaps of a paste
            kept = plain[place:] if place >= 0 else b""
            self.dropped += len(plain) - len(kept)
            plain = kept
        names, begun = self._decode(plain, now_s)
        if not self._is_paste:
            self._bytes = begun
        return names

    def _decode(self, data: bytes, now_s: float) -> tuple[list[str], bytes]:
        """Return the keys that are complete, and the bytes of one that is not."""
        names: list[str] = []
        while data:
            length, name = _first_key(data)
            if length == 0:  # begun and not ended
                if now_s - self._since_s < _REST_S:
                    break
                length, name = len(data), "esc" if len(data) == 1 else None
            data = data[length:]
            if name:
                names.append(name)
        return names, data

    def _outside_pastes(self, data: bytes, now_s: float) -> bytes:
        """Return what is not pasted of new bytes, with those kept before: marks may be cut."""
        if self._is_paste and now_s - self._since_s >= _PASTE_S:
            self._is_paste, self._bytes = False, b""
        data, self._bytes = self._bytes + data, b""
        plain = b""
        while data:
            if not self._is_paste:
                before, begun, data = data.partition(_PASTE_BEGIN)
                plain += before
                self._is_paste = bool(begun)
                continue
            _, ended, rest = data.partition(_PASTE_END)
            if not ended:
                self._bytes = data[-len(_PASTE_END) + 1 :]
                break
            self._is_paste, data = False, rest
        return plain


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

    What is pasted is ignored, and so are bursts of keys: each call takes a limited time.

    fd: the terminal (default: standard input). usable: False if it is none; no keys come then.
    """

    def __init__(self, fd: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._fd = _standard_input() if fd is None else fd
        self._clock = clock
        self._decoder = KeyDecoder()
        self._burst = KeyBurst(clock)
        self._before: list[Any] | None = None  # the terminal's settings; None while untouched
        self._handler: Any = None
        self.usable = sys.platform != "win32" and self._fd >= 0 and os.isatty(self._fd)
        self._closed = not self.usable
        if self.usable:
            atexit.register(self.close)
            if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
                self._handler = signal.signal(signal.SIGTSTP, self._stopped)

    def keys(self) -> Sequence[str]:
        """Return the names of the keys pressed since the last call."""
        if self._closed or not self._in_foreground():
            return []
        data = b""
        try:
            # Once: a terminal can be written to faster than a loop reads it.
            if select.select([self._fd], [], [], 0)[0]:
                data = os.read(self._fd, _AT_ONCE)  # nothing: it is gone, which SIGHUP reports
        except (OSError, ValueError):
            return []
        before = self._decoder.dropped
        names = self._decoder.feed(data, self._clock())
        dropped = self._decoder.dropped - before
        return names if self._burst.admits(len(names) + dropped) else []

    @property
    def dropped_keys(self) -> int:
        """How many keys were dropped, since they came too fast; what is pasted is not counted."""
        return self._burst.dropped

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
                os.write(self._fd, _PASTE_ON)
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
                os.write(self._fd, _PASTE_OFF)
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
        with suppress(ValueError, TypeError):  # another thread, or no handler of Python's before
            signal.signal(signal.SIGTSTP, self._handler)


def _standard_input() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, or a stand-in of tests
        return -1

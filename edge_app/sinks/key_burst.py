"""Keys that no fingers pressed: a paste, a script, something on the keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable

# A held key repeats 30 times a second, 50 at most; a slow frame holds those of half a second back.
_MOST, _WITHIN_S = 32, 0.25
_QUIET_S = 0.2


class KeyBurst:
    """Filter of one keyboard: bursts are dropped, keys that a person presses pass.

    More than 32 keys within a quarter of a second are a burst: it is dropped as a whole, with
    what follows until there was no key for 0.2 s. dropped: how many keys that were.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped = 0
        self._clock = clock
        self._since_s = self._until_s = float("-inf")
        self._count = 0

    def admits(self, number: int) -> bool:
        """Return whether keys that came just now may act; else count them as dropped."""
        if number == 0:
            return True
        now_s = self._clock()
        if now_s - self._since_s > _WITHIN_S:
            self._since_s, self._count = now_s, 0
        self._count += number
        if now_s >= self._until_s and self._count <= _MOST:
            return True
        self._until_s = now_s + _QUIET_S
        self.dropped += number
        return False

"""Work a few pictures behind: a queue with an end, and the thread that empties it."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

# Of Linux's 40 steps. Where all cores are wanted, such a thread gets a tenth of what others get.
_NICER = 10
_LOOK_S = 0.005  # how often a waiting writer asks for its patience


class Backlog(Generic[T]):
    """Pass items to `work`, one after the other, in a thread of its own.

    capacity: how many may wait beside the one in hand.
    nice: whether the thread steps back where others want the cores (Linux only).

    What `work` raises is raised by the next call, once; the items after it are let go.
    """

    def __init__(
        self, work: Callable[[T], None], capacity: int, *, name: str, nice: bool = False
    ) -> None:
        self._work = work
        self._capacity = capacity
        self._nice = nice
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def put(self, item: T, patience: Callable[[], bool] = lambda: True) -> bool:
        """Queue an item; where there is no room, wait while there is patience, or return False."""
        with self._changed:
            if not self._thread.is_alive() and not self._ended:
                self._thread.start()
            while len(self._items) >= self._capacity and not self._ended:
                if not patience():
                    return False
                self._changed.wait(_LOOK_S)
            self._raise_fault()
            if self._ended:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def finish(self) -> None:
        """Wait until everything is worked off; safe twice."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        with self._changed:
            self._raise_fault()

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _run(self) -> None:
        if self._nice and sys.platform == "linux":  # elsewhere it would be another process's
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)
        while True:
            with self._changed:
                while not self._items and not self._ended:
                    self._changed.wait()
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            try:
                self._work(item)
            except BaseException as fault:  # noqa: BLE001 - raised by the next call
                with self._changed:
                    self._fault, self._ended = fault, True
                    self._items.clear()
                    self._changed.notify_all()
                return

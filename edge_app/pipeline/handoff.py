"""Pass items from one thread to the next, with their end and their faults."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

# How often a waiting reader looks whether the run was stopped, in seconds.
_LOOK_S = 0.1


class Handoff(Generic[T]):
    """Hold a few items between a writing and a reading thread.

    newest_only: a full place gives up its oldest item instead of letting the writer wait, and
    `dropped` counts them.
    """

    def __init__(self, capacity: int, *, newest_only: bool = False) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._newest_only = newest_only
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self._closed = False
        self._fault: BaseException | None = None

    def put(self, item: T) -> bool:
        """Pass an item on; return False once nobody will read it any more."""
        with self._changed:
            while len(self._items) >= self._capacity and not self._closed:
                if self._newest_only:
                    self._items.popleft()
                    self.dropped += 1
                else:
                    self._changed.wait()
            if self._closed:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def finish(self, fault: BaseException | None = None) -> None:
        """Post the end of the items, and what broke the writer if something did."""
        with self._changed:
            self._finished = True
            self._fault = fault
            self._changed.notify_all()

    def close(self) -> None:
        """Tell the writer that nothing more is read."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()

    def read(self, stopped: Callable[[], bool]) -> Iterator[T]:
        """Yield the items in order until their end or a stop; raise the writer's fault."""
        while not stopped():
            with self._changed:
                if not self._items and not self._finished and not self._closed:
                    self._changed.wait(_LOOK_S)
                    continue
                if not self._items:
                    if self._fault is not None:
                        raise self._fault
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item

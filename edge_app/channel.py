"""Pass items from one thread to the next, with their end and their faults."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

# How often a waiting reader looks whether the run was stopped, in seconds.
_LOOK_S = 0.1


class Channel(Generic[T]):
    """Hold a few items between a writing and a reading thread.

    Beside them stands one glance, an item that the next one replaces and that is read only
    where nothing else waits.

    newest_only: a full place gives up its oldest item instead of letting the writer wait, and
    `dropped` counts them.
    """

    def __init__(self, capacity: int, *, newest_only: bool = False) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._newest_only = newest_only
        self._items: deque[T] = deque()
        self._glance: deque[T] = deque(maxlen=1)
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

    def show(self, item: T) -> None:
        """Put the glance in its place; its writer never waits."""
        with self._changed:
            if not self._closed:
                self._glance.append(item)
                self._changed.notify_all()

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
            self._glance.clear()
            self._changed.notify_all()

    def read(self, stopped: Callable[[], bool]) -> Iterator[T]:
        """Yield the items in order until their end or a stop; raise the writer's fault."""
        for item in self.read_or_tick(stopped, _LOOK_S):
            if item is not None:
                yield item

    def read_or_tick(self, stopped: Callable[[], bool], tick_s: float) -> Iterator[T | None]:
        """Yield the items as `read` does, and None whenever none came for a time."""
        while not stopped():
            with self._changed:
                if not self._items and not self._glance and not self._finished:
                    self._changed.wait(0 if self._closed else tick_s)
                if self._items:
                    item: T | None = self._items.popleft()
                    self._changed.notify_all()
                elif self._finished or self._closed:
                    if self._fault is not None:
                        raise self._fault
                    return
                else:
                    item = self._glance.popleft() if self._glance else None
            yield item

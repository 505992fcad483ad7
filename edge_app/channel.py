"""The bounded queue between two threads: its end and its errors always arrive."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

# How often a reader that waits checks for a stop, and a writer whether to keep waiting.
_STOP_CHECK_S = 0.1
_RETRY_CHECK_S = 0.005


class Channel(Generic[T]):
    """Bounded queue from one writing to one reading thread.

    Beside the items it has one preview, which the next preview replaces and which is read only
    while no item waits.

    newest_only: a full channel drops its oldest item instead of blocking the writer; `dropped`
        counts these.
    """

    def __init__(self, capacity: int, *, newest_only: bool = False) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._newest_only = newest_only
        self._items: deque[T] = deque()
        self._preview: deque[T] = deque(maxlen=1)
        self._changed = threading.Condition()
        self._finished = False
        self._closed = False
        self._write_error: BaseException | None = None
        self._read_error: BaseException | None = None

    def put(self, item: T, keep_waiting: Callable[[], bool] | None = None) -> bool:
        """Add an item; return False if it was not added.

        keep_waiting: called again and again while the channel is full; False gives up. Without it
            the writer waits until there is space or the reader is gone.
        Raises what the reader closed the channel with, once.
        """
        with self._changed:
            while len(self._items) >= self._capacity and not self._closed:
                if self._newest_only:
                    self._items.popleft()
                    self.dropped += 1
                elif keep_waiting is None:
                    self._changed.wait()
                elif keep_waiting():
                    self._changed.wait(_RETRY_CHECK_S)
                else:
                    return False
            self.raise_read_error()
            if self._closed or self._finished:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def offer_preview(self, item: T) -> None:
        """Replace the preview; never waits."""
        with self._changed:
            if not self._closed:
                self._preview.append(item)
                self._changed.notify_all()

    def finish(self, error: BaseException | None = None) -> None:
        """End the items; the reader gets the rest of them, and then the writer's error if any."""
        with self._changed:
            self._finished = True
            self._write_error = error
            self._changed.notify_all()

    def close(self, error: BaseException | None = None) -> None:
        """Stop reading: drop all items, and raise the reader's error, if any, in the writer."""
        with self._changed:
            self._closed = True
            self._read_error = self._read_error or error
            self._items.clear()
            self._preview.clear()
            self._changed.notify_all()

    def raise_read_error(self) -> None:
        """Raise what the reader closed the channel with; only the first call does."""
        with self._changed:
            error, self._read_error = self._read_error, None
        if error is not None:
            raise error

    def read(self, stopped: Callable[[], bool]) -> Iterator[T]:
        """Yield the items in order until their end or a stop; raise the writer's error."""
        for item in self.read_or_tick(stopped, _STOP_CHECK_S):
            if item is not None:
                yield item

    def read_or_tick(self, stopped: Callable[[], bool], tick_s: float) -> Iterator[T | None]:
        """Yield the items as `read` does, and None whenever none came for `tick_s` seconds."""
        while not stopped():
            with self._changed:
                if not self._items and not self._preview and not self._finished:
                    self._changed.wait(0 if self._closed else tick_s)
                if self._items:
                    item: T | None = self._items.popleft()
                    self._changed.notify_all()
                elif self._finished or self._closed:
                    if self._write_error is not None:
                        raise self._write_error
                    return
                else:
                    item = self._preview.popleft() if self._preview else None
            yield item

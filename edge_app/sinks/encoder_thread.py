"""The thread that encodes images a few frames behind the run."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from edge_app.channel import Channel

T = TypeVar("T")

# Of Linux's 40 steps. With all cores busy, such a thread gets a tenth of what others get.
_NICER = 10


class EncoderThread(Generic[T]):
    """Thread that passes queued items to `work`, one after another, and owns what work uses.

    capacity: how many items may wait beside the current one.
    release: called by the thread as its last act, also after an error.
    nice: whether the thread gives way when others want the cores (Linux only).
    What `work` raises is raised by the next call, once; the items after it are dropped.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        capacity: int,
        *,
        release: Callable[[], None] = lambda: None,
        name: str = "record",
        nice: bool = False,
    ) -> None:
        self._work = work
        self._release = release
        self._nice = nice
        self._items: Channel[T] = Channel(capacity)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def put(self, item: T, keep_waiting: Callable[[], bool] | None = None) -> bool:
        """Queue an item as `Channel.put` does; return False if it was not queued."""
        if self._thread.ident is None:
            self._thread.start()
        return self._items.put(item, keep_waiting)

    def finish(self) -> None:
        """Wait until all items are done; safe to call twice."""
        self._items.finish()
        if self._thread.ident is not None:
            self._thread.join()
        self._items.raise_read_error()

    def _run(self) -> None:
        if self._nice and sys.platform == "linux":  # elsewhere it would be another process's
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)
        error: BaseException | None = None
        try:
            for item in self._items.read(lambda: False):
                self._work(item)
        except BaseException as caught:  # noqa: BLE001 - raised by the next call
            error = caught
        try:
            self._release()
        except BaseException as caught:  # noqa: BLE001 - likewise
            error = error or caught
        if error is not None:
            self._items.close(error)

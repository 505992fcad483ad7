"""Base class of what holds a device, file, window or thread."""

from __future__ import annotations

from typing import Self


class Closeable:
    """Context manager that closes at its end; a subclass defines `_release`, or its own `close`."""

    _closed = False

    def close(self) -> None:
        """Release the resource; safe to call twice."""
        if not self._closed:
            self._closed = True
            self._release()

    def _release(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

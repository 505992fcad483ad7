"""Base class of what holds a device, file, window or thread."""

from typing import Self


class Closeable:
    """Context manager that closes at its end; `close` is safe to call twice."""

    def close(self) -> None:
        """Release the resource."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

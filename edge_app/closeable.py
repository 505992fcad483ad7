"""Base class of what holds a device, file, window or thread."""

from types import TracebackType
from typing import Self


class Closeable:
    """Context manager that closes at its end; `close` is safe to call twice."""

    def close(self) -> None:
        """Release the resource."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

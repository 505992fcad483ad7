"""Say once what every holder of a device, file or window has in common."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closeable:
    """End a `with` block by `close`, which is safe to call twice."""

    def close(self) -> None:
        """Let go of what is held."""
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

"""Say what every receiver of finished frames can do."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from edge_app.frame import Status, Step


class Sink(Protocol):
    """Take finished frames; a context manager that is safe to close twice.

    wants_canvas: whether it looks at `Step.canvas`; where no sink does, none is drawn.
    """

    wants_canvas: bool

    def write(self, step: Step, status: Status) -> None:
        """Take one frame. Raises SinkError."""
        ...

    def close(self) -> None:
        """Finish what was begun, so that nothing taken is lost."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

"""The interface of everything that receives finished frames."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeGuard

from edge_app.frame import Status, Step


class Sink(AbstractContextManager["Sink"], Protocol):
    """Receiver of finished frames; a context manager that is safe to close twice.

    every_frame: False for one that only shows figures: it gets a frame when the figures are
        refreshed, five times a second, and the last one.
    """

    every_frame: bool

    @property
    def wants_canvas(self) -> bool:
        """Whether it uses `Step.canvas` now; if no sink does, none is drawn."""
        ...

    def write(self, step: Step, status: Status) -> None:
        """Take one frame. Raises SinkError."""
        ...

    def close(self) -> None:
        """Finish, so that no frame that was taken is lost."""
        ...


class Display(Sink, Protocol):
    """A sink that shows steps to a person and reads that person's keys.

    It may be given a step again, with another canvas, if keys or states have changed.
    """

    def keys(self) -> Sequence[str]:
        """Return the names of the keys pressed since the last call."""
        ...

    @property
    def dropped_keys(self) -> int:
        """How many keys were dropped, since they came faster than a person presses them."""
        ...


def is_display(sink: Sink) -> TypeGuard[Display]:
    """Return whether a sink reads keys."""
    return hasattr(sink, "keys")

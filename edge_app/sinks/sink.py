"""The interface of everything that receives finished frames."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeGuard

from edge_app.errors import SinkError
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


def is_display(sink: Sink) -> TypeGuard[Display]:
    """Return whether a sink reads keys."""
    return hasattr(sink, "keys")


def disk_fault(path: Path, fault: OSError) -> SinkError:
    """Return an error of the disk as a SinkError that says what the user can do about it."""
    advice = {
        errno.ENOSPC: "the disk is full; free some space, or write to another disk",
        errno.EDQUOT: "your share of the disk is used up; free some space, or use another disk",
        errno.EFBIG: "the file is as large as this disk allows (4 GB on FAT); use another disk",
        errno.EROFS: "the disk is read-only; choose another folder",
        errno.EACCES: "you may not write there; fix the permissions, or choose another folder",
        errno.EPERM: "you may not write there; fix the permissions, or choose another folder",
        errno.EISDIR: "it is a folder; give the name of a file",
        errno.ENOTDIR: "something above it is a file; choose another folder",
        errno.EEXIST: "something above it is a file; choose another folder",
    }
    reason = advice.get(fault.errno or 0, f"{fault.strerror or fault}; choose another folder")
    return SinkError(f"{path} cannot be written: {reason}")

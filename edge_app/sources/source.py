"""The interfaces of sources and of truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from edge_app.frame import ClassMap, Frame
from edge_app.state import State


class Source(AbstractContextManager["Source"], Protocol):
    """A source of frames; a context manager, safe to close twice.

    Sources of files are subclasses of `FileSource`, live ones a `CameraBackend` in `LiveSource`.

    name: for display.
    live: True for cameras, of which only the newest frame is kept; files deliver all in order.
    rate_hz: nominal rate in 1/s; None if the source states none that is plausible.
    frame_count: expected number of frames, for a video an estimate; None if unknown.
    has_clock: whether frames have the source's own time stamps (`Frame.time_s`).
    damaged: how many images so far were damaged and left out.
    notes: problems so far that did not end the run, a line each, for the log.
    truth_labels: name of the label set of `Frame.truth`; None without truth.
    """

    name: str
    live: bool
    rate_hz: float | None
    frame_count: int | None
    has_clock: bool
    damaged: int
    notes: list[str]
    truth_labels: str | None

    @property
    def state(self) -> State:
        """RUNNING or CLOSED, of a camera also OPENING or RECONNECTING; any thread may read it."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from the first on; each call starts again. Raises SourceError."""

    def close(self) -> None:
        """Release the device or file."""


def are_images(source: Source) -> bool:
    """Return whether the frames are image files: each stands alone, at no rate and no time."""
    return not source.live and not source.has_clock and source.rate_hz is None


class Truth(Protocol):
    """The right class or class map of each frame; `labels` names a set in `LABEL_SETS`."""

    labels: str

    def check(self, frame_count: int | None, names: list[str] | None) -> None:
        """Raise SourceError if it does not fit these frames; names: None if they have none."""

    def of(self, index: int, name: str) -> ClassMap | int:
        """Return the truth of a frame: uint8 (H, W) trainIds, or a class id. Raises SourceError."""

"""Say what every source of frames can do."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from edge_app.frame import ClassMap, Frame
from edge_app.state import State


class Source(Protocol):
    """Deliver frames; a context manager that is safe to close twice.

    name: what to call it on screen.
    live: True where frames come whether they are wanted or not (cameras): the pipeline then
        keeps the newest; False for files, of which every frame is delivered in order.
    rate_hz: the nominal rate, None where the source states none that can be believed.
    frame_count: how many frames are expected, None where unknown. An estimate for a video.
    has_clock: whether frames carry the source's own time stamps (`Frame.time_s`).
    damaged: how many pictures were skipped so far because they could not be decoded.
    notes: a line for each thing that went wrong so far without ending the run, for the log.
    truth_labels: the name of the label set of `Frame.truth`, or None where there is none.
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
        """How the source stands; may be read by any thread.

        RUNNING or CLOSED; of a camera also OPENING, and RECONNECTING with every attempt.
        """
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from the first one; each call starts again. Raises SourceError."""
        ...

    def close(self) -> None:
        """Let go of the device or file."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Truth(Protocol):
    """Know the right answer for each frame of a source.

    labels: the name of its label set in `labels.LABEL_SETS`.
    """

    labels: str

    def check(self, frame_count: int | None, names: list[str] | None) -> None:
        """Raise SourceError where these truths cannot belong to a source with these frames."""
        ...

    def of(self, index: int, name: str) -> ClassMap | int:
        """Return the truth of one frame: uint8 (H, W) trainIds, or a class id.

        Raises SourceError where there is none for it.
        """
        ...

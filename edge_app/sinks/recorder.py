"""Record the finished pictures as H.264 in an MP4 that survives a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from edge_app.closeable import Closeable
from edge_app.errors import SinkError
from edge_app.frame import Frame, Image, Status, Step
from edge_app.sinks.backlog import Backlog
from edge_app.sinks.segments import Free, Limits, Segments
from edge_app.sinks.sink import disk_fault
from edge_app.state import State, StateKind

SUFFIXES = (".mp4", ".m4v")
# Where a source states no rate: film's pace, as the file sources have it.
FALLBACK_HZ = Fraction(25)
# How much of its time a live source may wait for the encoder before it leaves a picture out.
_PATIENCE = 0.02


@dataclass(frozen=True, slots=True)
class RecordState:
    """Say how a recording stands.

    recording: whether pictures are still taken.
    dropped: how many came while the encoder was busy; others were repeated in their place.
    stopped: why it ended before the run did, or None.
    """

    recording: bool
    seconds: float
    megabytes: float
    dropped: int
    stopped: str | None

    @property
    def shown(self) -> State:
        """The state that displays show."""
        if self.stopped is not None:
            return recording_stopped(self.stopped)
        minutes, second = divmod(int(self.seconds), 60)
        dropped = f", dropped {self.dropped:,}" if self.dropped else ""
        text = f"recording {minutes}:{second:02}, {self.megabytes:.1f} MB{dropped}"
        return State(StateKind.RECORDING, text)


class Recorder(Closeable):
    """Write every picture with its own time (files), or at a fixed rate (live sources).

    A file lasts as long as its source: one picture per frame, at the frame's own time stamp, or
    at index / rate where it has none. A live recording lasts as long as the wall did: pictures
    are repeated or left out to keep its rate, whatever the network's.

    Pictures are encoded in a thread of their own, which steps back where the network wants the
    cores. Where it falls behind, a file waits for it, and a live source leaves pictures out and
    counts them. Canvases are kept until then, not copied: they must not be drawn on any more.

    max_mb: the recording ends before its files have more megabytes (of 10^6 bytes) together.
    spent_bytes: of those, what the files took that this one goes on from.
    segment_s: begin a new file after so many seconds: `name-0001.mp4` and so on, counted on
        from those that are there. Without it an existing file is overwritten by the first
        frame; `overwrites` tells so before.
    queue: how many pictures may wait for the encoder; 1 of a file, 8 of a live source.
    free: tells the total and the free bytes of a folder's disk. The recording ends where it has
        less than 200 MB or 2 % free, whichever is less.
    notes: what ended it before the run did, once; further pictures are then ignored.
    Raises SinkError where the path cannot be written.
    """

    wants_canvas = True
    every_frame = True

    def __init__(
        self,
        path: Path | str,
        *,
        rate_hz: float | Fraction | None,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
        max_mb: float | None = None,
        spent_bytes: int = 0,
        segment_s: float | None = None,
        queue: int | None = None,
        free: Free | None = None,
    ) -> None:
        self.path = Path(path)
        self.rate_hz = exact_rate(rate_hz)
        self.overwrites = not segment_s and self.path.is_file() and self.path.stat().st_size > 0
        self.notes: list[str] = []
        self._live = live
        self._clock = clock
        self._size_wh: tuple[int, int] | None = None
        self._closed = False
        self._failed = False
        self._dropped = 0
        self._origin_s = 0.0
        self._waited_s = 0.0
        self._taken = 0  # slots of a live recording that have a picture, or are passed
        self._slot = 0  # the next one to be written, in the encoder's thread
        _check_path(self.path)
        limits = Limits(
            math.inf if max_mb is None else max_mb * 1e6,
            None if segment_s is None else Fraction(segment_s).limit_denominator(1000),
            free,
            spent_bytes,
        )
        self._segments = Segments(self.path, self.rate_hz, limits, clock)
        self._backlog = Backlog(self._record, queue or (8 if live else 1), name="record", nice=live)

    @property
    def state(self) -> RecordState:
        """How the recording stands."""
        done = self._segments
        return RecordState(
            recording=not (self._closed or self._failed or done.stopped),
            seconds=float(done.seconds),
            megabytes=done.size_bytes / 1e6,
            dropped=self._dropped,
            stopped=done.stopped,
        )

    @property
    def size_bytes(self) -> int:
        """How large its files are together."""
        return self._segments.size_bytes

    @property
    def recording(self) -> dict[str, Any] | None:
        """What was recorded so far: path, frames and seconds; None where nothing was.

        There are also `dropped`, `stopped` and `files` where pictures were left out, where it
        ended early, and where it has segments.
        """
        done = self._segments
        if not done.frames:
            return None
        told: dict[str, Any] = {
            "path": str(done.paths[0]),
            "frames": done.frames,
            "seconds": float(done.seconds),
        }
        if self._dropped:
            told["dropped"] = self._dropped
        if done.stopped:
            told["stopped"] = done.stopped
        if done.paths[0] != self.path:
            told["files"] = [str(path) for path in done.paths]
        return told

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Record one canvas; its size must stay that of the first. Raises SinkError."""
        if self._closed:
            raise SinkError(f"the recording {self.path} was closed; open a new one")
        if self._failed:
            raise SinkError(f"the recording {self.path} has ended; free the disk and start again")
        if step.canvas is None:
            raise SinkError("there is no picture to record; let the overlay draw one")
        if self._has_stopped():
            return
        begins = self._size_wh is None
        self._check_size(step.canvas)
        if begins:
            self._origin_s = self._clock() if self._live else self._file_time(step.frame)
        with self._faults_of_the_disk():
            if self._live:
                self._queue_live(step.canvas)
            else:
                time_s = Fraction(self._file_time(step.frame) - self._origin_s)
                self._backlog.put((step.canvas, time_s))

    def _has_stopped(self) -> bool:
        """Tell whether the recording ended by itself, and note why the first time."""
        reason = self._segments.stopped
        if reason is not None and not self.notes:
            seconds = float(self._segments.seconds)
            when = f" at {seconds:.1f} s" if seconds else ""
            self.notes.append(f"the recording ended{when}: {reason}")
        return reason is not None

    @contextmanager
    def _faults_of_the_disk(self) -> Iterator[None]:
        """Note that the encoder's thread has ended, and word what the disk says."""
        try:
            yield
        except OSError as fault:
            self._failed = True
            raise disk_fault(self.path, fault) from None
        except SinkError:
            self._failed = True
            raise

    def _check_size(self, canvas: Image) -> None:
        height, width = canvas.shape[:2]
        if self._size_wh is None:
            self._size_wh = width, height
        elif self._size_wh != (width, height):
            first = "{}x{}".format(*self._size_wh)
            raise SinkError(
                f"a picture of {width}x{height} does not fit the recording {self.path}, "
                f"which began with {first}; record sources whose pictures are all of one size"
            )

    def _file_time(self, frame: Frame) -> float:
        """Return when a frame is due by its source's own clock, in seconds."""
        return frame.index / float(self.rate_hz) if frame.time_s is None else frame.time_s

    def _queue_live(self, canvas: Image) -> None:
        slot = self._due_slot()
        if slot < self._taken:  # this slot has its picture already
            return
        began_s = self._clock()
        until_s = began_s + _PATIENCE * (began_s - self._origin_s) - self._waited_s
        if self._backlog.put((canvas, slot / self.rate_hz), lambda: self._clock() < until_s):
            self._taken = slot + 1
        else:
            self._dropped += 1
        self._waited_s += self._clock() - began_s

    def _due_slot(self) -> int:
        """Return the slot of the fixed clock that this moment falls into."""
        # A hair is added because 0.04 * 25 may come out below 1.
        return math.floor((self._clock() - self._origin_s) * float(self.rate_hz) + 1e-6)

    def _record(self, item: tuple[Image | None, Fraction]) -> None:
        """Write one picture, in the encoder's thread; None stands for the end of the wall."""
        canvas, time_s = item
        if self._live:
            slot = round(time_s * self.rate_hz)
            self._stand_still(slot)
            self._slot = slot + 1
        if canvas is not None:
            self._segments.encode(canvas, time_s)

    def _stand_still(self, slot: int) -> None:
        """Repeat the last picture up to a slot; in gaps above a second, once a second.

        A pause of minutes would otherwise take seconds to encode, at a moment when frames
        are waiting.
        """
        second = max(1, round(self.rate_hz))
        while self._slot < slot and self._segments.stopped is None:
            self._segments.repeat(self._slot / self.rate_hz)
            self._slot += second if slot - self._slot > second else 1

    def close(self) -> None:
        """Finish the file; a recording without a picture leaves none behind."""
        if self._closed:
            return
        self._closed = True
        began = self._size_wh is not None
        try:
            with self._faults_of_the_disk():
                if began and self._live and not self._failed:
                    self._backlog.put((None, self._due_slot() / self.rate_hz))
                self._backlog.finish()
        finally:
            with self._faults_of_the_disk():
                self._segments.finish()
            self._has_stopped()


def recording_stopped(reason: str) -> State:
    """Return the state of a recording that ended before it was meant to."""
    return State(StateKind.RECORDING_STOPPED, "recording stopped", reason)


def exact_rate(rate_hz: float | Fraction | None) -> Fraction:
    """Return a rate as the fraction it stands for: 29.97 is 30000/1001, never 29 or 30."""
    if rate_hz is None or not math.isfinite(rate_hz) or not 0 < rate_hz <= 1000:
        return FALLBACK_HZ
    if isinstance(rate_hz, Fraction):
        return rate_hz
    ntsc = Fraction(round(rate_hz * 1.001) * 1000, 1001)
    is_ntsc = abs(ntsc - Fraction(rate_hz)) < Fraction(1, 1000)
    return ntsc if is_ntsc else Fraction(rate_hz).limit_denominator(1001)


def _check_path(path: Path) -> None:
    """Make the folder and see whether the file can be written; leave it as it was."""
    if path.suffix.lower() not in SUFFIXES:
        raise SinkError(
            f"{path} cannot be recorded: recordings are H.264 in MP4; "
            f"give a name that ends in .mp4, like {path.with_suffix('.mp4').name}"
        )
    existed = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as fault:
        raise disk_fault(path, fault) from None

"""Recordings of the finished images as H.264 in an MP4 that survives a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from fractions import Fraction
from pathlib import Path

from edge_app.closeable import Closeable
from edge_app.disk_faults import disk_fault
from edge_app.errors import SinkError
from edge_app.frame import Frame, Image, Status, Step
from edge_app.output_lock import OutputLock, check_unlocked, folder_for
from edge_app.output_path import is_special, real_path, without_detours
from edge_app.output_place import try_file
from edge_app.paths import disk_space
from edge_app.results.run_summary import RecordedFile, RecordingSummary
from edge_app.sinks.encoder_thread import EncoderThread
from edge_app.sinks.live_slots import LiveSlots
from edge_app.sinks.segments import DiskSpace, Limits, Segments
from edge_app.state import State, StateKind
from edge_app.timing import FALLBACK_HZ

SUFFIXES = (".mp4", ".m4v")


class Recorder(Closeable):
    """Write every image at its own time (files), or at a fixed rate (live sources).

    A recording of a file lasts as long as its source: one image per frame, at its own time stamp
    or at index / rate. A live recording lasts as long as it took: images are repeated or dropped
    to keep its rate, whatever the network's.

    A thread of its own, which yields the cores to the network, encodes the images. If it falls
    behind, a file waits for it, and a live source drops images and counts them. Canvases are
    kept until then, not copied: nothing may be drawn on them any more.

    max_mb: it stops before its files, with the spent_bytes of those it continues, have more.
    segment_s: start a new file after so many seconds: `name-0001.mp4` and so on, numbered on
        from those that exist. Without it the first frame overwrites an existing file, or what
        a link leads to; other names of a file (hard links) keep what they had.
    queue: how many images may wait for the encoder (default: 1 of a file, 8 of a live source).
    disk_space: it stops when less than 200 MB or 2 % are free, whichever is less.
    Raises SinkError if the path cannot be written.
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
        disk_space: DiskSpace = disk_space,
    ) -> None:
        self.path = Path(path)
        self.rate_hz = exact_rate(rate_hz)
        self._slots = LiveSlots(self.rate_hz, clock) if live else None
        self._size_wh: tuple[int, int] | None = None
        self._origin_s: float | None = None  # of a file's first frame, by its own clock
        self._failed = False
        limits = Limits(
            math.inf if max_mb is None else max_mb * 1e6,
            None if segment_s is None else Fraction(segment_s).limit_denominator(1000),
            spent_bytes,
            disk_space,
        )
        with ExitStack() as stack:
            path = _prepared(self.path, stack)
            stack.enter_context(OutputLock(self.path, series=segment_s is not None))
            self._segments = Segments(path, self.rate_hz, limits, clock)
            self._lock = stack.pop_all()
        # The encoder's thread alone uses the files, and closes them; here only values are read.
        self._encoder = EncoderThread(
            self._encode, queue or (8 if live else 1), release=self._segments.finish, nice=live
        )

    @property
    def state(self) -> State:
        """RECORDING with its length and size, or RECORDING_STOPPED with the reason."""
        recorded = self._segments.recorded
        if recorded.stopped is not None:
            return recording_stopped(recorded.stopped)
        minutes, second = divmod(int(recorded.seconds), 60)
        dropped = f", dropped {self.dropped:,}" if self.dropped else ""
        text = f"recording {minutes}:{second:02}, {recorded.size_bytes / 1e6:.1f} MB{dropped}"
        return State(StateKind.RECORDING, text)

    @property
    def stopped(self) -> str | None:
        """Why it stopped before the run did; None while it records."""
        return self._segments.recorded.stopped

    @property
    def notes(self) -> list[str]:
        """Why it stopped before the run did; later images are ignored."""
        recorded = self._segments.recorded
        if recorded.stopped is None:
            return []
        when = f" at {float(recorded.seconds):.1f} s" if recorded.seconds else ""
        return [f"the recording stopped{when}: {recorded.stopped}"]

    @property
    def dropped(self) -> int:
        """How many images of a live source came while the encoder was busy."""
        return self._slots.dropped if self._slots else 0

    @property
    def size_bytes(self) -> int:
        """Size of all its files together."""
        return self._segments.recorded.size_bytes

    @property
    def recording(self) -> RecordingSummary | None:
        """What was recorded; None if nothing was."""
        recorded = self._segments.recorded
        if not recorded.frames:
            return None
        paths = [str(path) for path in recorded.paths]
        numbered = paths[0] != str(self.path)
        parts = zip(paths, recorded.counts, strict=True)
        return RecordingSummary(
            path=paths[0],
            frames=recorded.frames,
            seconds=float(recorded.seconds),
            dropped=self.dropped,
            stopped=recorded.stopped,
            files=tuple(paths) if numbered else (),
            parts=tuple(
                RecordedFile(path=path, frames=frames, seconds=float(seconds))
                for path, (frames, seconds) in parts
            )
            if numbered
            else (),
        )

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Record one canvas, of the size of the first. Raises SinkError."""
        canvas = step.canvas
        if self._closed:
            raise SinkError(f"the recording {self.path} was closed; open a new one")
        if self._failed:
            raise SinkError(f"the recording {self.path} has ended; free the disk and start again")
        if canvas is None:
            raise SinkError("there is no image to record; let the overlay draw one")
        if self.stopped is not None:
            return
        self._check_size(canvas)
        with self._disk_faults():
            if self._slots is None:
                self._encoder.put((canvas, self._file_time(step.frame)))
            else:
                self._slots.put(canvas, self._encoder)

    @contextmanager
    def _disk_faults(self) -> Iterator[None]:
        """Note that the encoder's thread has ended, and turn faults of the disk into SinkError."""
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
                f"an image of {width}x{height} does not fit the recording {self.path}, "
                f"which began with {first}; record sources whose images are all of one size"
            )

    def _file_time(self, frame: Frame) -> Fraction:
        """Return when a frame is due after the first one by its source's own clock, in seconds."""
        time_s = frame.index / float(self.rate_hz) if frame.time_s is None else frame.time_s
        self._origin_s = time_s if self._origin_s is None else self._origin_s
        return Fraction(time_s - self._origin_s)

    def _encode(self, item: tuple[Image | None, Fraction]) -> None:
        """Write one image, in the encoder's thread; None marks the end of a live recording."""
        canvas, time_s = item
        if self._slots is not None:
            for gap_s in self._slots.fill(time_s):
                if self.stopped is not None:
                    return
                self._segments.repeat(gap_s)
        if canvas is not None:
            self._segments.encode(canvas, time_s)

    def _release(self) -> None:
        """Finish the file; a recording without an image leaves none behind."""
        began = self._size_wh is not None
        with closing(self._lock), self._disk_faults():
            try:
                if began and self._slots is not None and not self._failed:
                    self._encoder.put((None, self._slots.now_s()))
            finally:
                self._encoder.finish()


def recording_stopped(reason: str) -> State:
    """Return the state of a recording that stopped before it was meant to."""
    return State(StateKind.RECORDING_STOPPED, "recording stopped", reason)


def exact_rate(rate_hz: float | Fraction | None) -> Fraction:
    """Return a rate as an exact fraction: 29.97 is 30000/1001, never 29 or 30."""
    if rate_hz is None or not math.isfinite(rate_hz) or not 0 < rate_hz <= 1000:
        return Fraction(FALLBACK_HZ)
    if isinstance(rate_hz, Fraction):
        return rate_hz
    ntsc = Fraction(round(rate_hz * 1.001) * 1000, 1001)
    is_ntsc = abs(ntsc - Fraction(rate_hz)) < Fraction(1, 1000)
    return ntsc if is_ntsc else Fraction(rate_hz).limit_denominator(1001)


def check_recording_path(path: Path) -> None:
    """Raise SinkError if no recording can be written there; leave everything as it was."""
    try:
        try_file(path)
        if path.exists() and not is_special(path):
            path.open("ab").close()
    except OSError as fault:
        raise disk_fault(path, fault) from None
    if path.suffix.lower() not in SUFFIXES:
        raise SinkError(
            f"{path} cannot be recorded: recordings are H.264 in MP4; "
            f"give a name that ends in .mp4, like {path.with_suffix('.mp4').name}"
        )
    check_unlocked(path)


def _prepared(path: Path, stack: ExitStack) -> Path:
    """Return a recording's path without its `..`, and make its folder.

    stack: removes that again if nothing is written. Raises SinkError if it cannot be written.
    """
    check_recording_path(path)
    try:
        path = without_detours(path)
        stack.enter_context(folder_for(real_path(path)))
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise disk_fault(path, fault) from None
    return path

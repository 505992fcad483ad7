"""Record the finished pictures as H.264 in an MP4 that survives a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from edge_app.closing import Closing
from edge_app.errors import SinkError
from edge_app.frame import Frame, Image, Status, Step
from edge_app.sinks.base import disk_fault
from edge_app.sinks.h264 import Encoder
from edge_app.sinks.yuv import even

SUFFIXES = (".mp4", ".m4v")
# Where a source states no rate: film's pace, as the file sources have it.
FALLBACK_HZ = Fraction(25)


class Recorder(Closing):
    """Write every picture with its own time (files), or at a fixed rate (live sources).

    A file lasts as long as its source: one picture per frame, at the frame's own time stamp, or
    at index / rate where it has none. A live recording lasts as long as the wall did: pictures
    are repeated or left out to keep its rate, whatever the network's.

    An existing file is overwritten by the first frame; `overwrites` tells so before.
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
    ) -> None:
        self.path = Path(path)
        self.rate_hz = exact_rate(rate_hz)
        self.overwrites = self.path.is_file() and self.path.stat().st_size > 0
        self._live = live
        self._clock = clock
        self._encoder: Encoder | None = None
        self._size_wh = (0, 0)
        self._closed = False
        self._began = False
        self._failed = False
        self._origin_s = 0.0
        self._slot = 0  # of a live recording: the next one to be filled
        _check_path(self.path)

    @property
    def recording(self) -> dict[str, Any] | None:
        """What was recorded so far: path, frames and seconds; None where nothing was."""
        if self._encoder is None or not self._encoder.frames:
            return None
        return {
            "path": str(self.path),
            "frames": self._encoder.frames,
            "seconds": float(self._encoder.end_s),
        }

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Record one canvas; its size must stay that of the first. Raises SinkError."""
        if self._closed:
            raise SinkError(f"the recording {self.path} was closed; open a new one")
        if self._failed:
            raise SinkError(f"the recording {self.path} has ended; free the disk and start again")
        if step.canvas is None:
            raise SinkError("there is no picture to record; let the overlay draw one")
        self._check_size(step.canvas)
        try:
            encoder = self._encoder or self._start(step)
            if self._live:
                self._record_live(encoder, step.canvas)
            else:
                at_s = self._file_time(step.frame)
                encoder.encode(even(step.canvas), Fraction(at_s - self._origin_s))
        except OSError as fault:
            self._failed = True
            raise disk_fault(self.path, fault) from None

    def _check_size(self, canvas: Image) -> None:
        height, width = canvas.shape[:2]
        if self._encoder is None:
            self._size_wh = width, height
        elif self._size_wh != (width, height):
            first = "{}x{}".format(*self._size_wh)
            raise SinkError(
                f"a picture of {width}x{height} does not fit the recording {self.path}, "
                f"which began with {first}; record sources whose pictures are all of one size"
            )

    def _start(self, step: Step) -> Encoder:
        self._began = True
        width, height = self._size_wh
        padded_wh = (width + width % 2, height + height % 2)
        self._encoder = Encoder(self.path, padded_wh, self.rate_hz)
        self._origin_s = self._clock() if self._live else self._file_time(step.frame)
        return self._encoder

    def _file_time(self, frame: Frame) -> float:
        """Return when a frame is due by its source's own clock, in seconds."""
        return frame.index / float(self.rate_hz) if frame.time_s is None else frame.time_s

    def _record_live(self, encoder: Encoder, canvas: Image) -> None:
        due = self._due_slot()
        self._stand_still(encoder, due)
        if due == self._slot:  # else this slot has its picture already
            encoder.encode(even(canvas), self._slot / self.rate_hz)
            self._slot += 1

    def _due_slot(self) -> int:
        """Return the slot of the fixed clock that this moment falls into."""
        # A hair is added because 0.04 * 25 may come out below 1.
        return math.floor((self._clock() - self._origin_s) * float(self.rate_hz) + 1e-6)

    def _stand_still(self, encoder: Encoder, slot: int) -> None:
        """Repeat the last picture up to a slot; in gaps above a second, once a second.

        A pause of minutes would otherwise take seconds to encode, at a moment when frames
        are waiting.
        """
        second = max(1, round(self.rate_hz))
        while self._slot < slot:
            encoder.repeat(self._slot / self.rate_hz)
            self._slot += second if slot - self._slot > second else 1

    def close(self) -> None:
        """Finish the file; a recording without a picture leaves none behind."""
        if self._closed:
            return
        self._closed = True
        encoder = self._encoder
        try:
            if encoder is not None:
                if self._live and not self._failed:
                    self._stand_still(encoder, self._due_slot())
                encoder.close()
        except OSError as fault:
            self._failed = True
            raise disk_fault(self.path, fault) from None
        finally:
            if self._began and self.recording is None:
                with suppress(OSError):
                    self.path.unlink()


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

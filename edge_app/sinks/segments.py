"""Spread a recording over files, and end it before the disk does."""

from __future__ import annotations

import math
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from edge_app.errors import SinkError
from edge_app.frame import Image
from edge_app.sinks.h264 import Encoder
from edge_app.sinks.yuv import even

# A recording leaves this much of the disk free: a full one stops logs, updates and log-ins too.
LOW_BYTES, LOW_SHARE = 200_000_000, 0.02
_LOOK_S = 1.0  # asking costs 5 microseconds

Free = Callable[[Path], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold where a recording ends by itself and where it begins a new file.

    max_bytes: of all its files together, with the spent_bytes of those that it goes on from.
    segment_s: the length of one file.
    free: tells the total and the free bytes of the disk that holds a folder.
    """

    max_bytes: float = math.inf
    segment_s: Fraction | None = None
    free: Free | None = None
    spent_bytes: int = 0


class Segments:
    """Write pictures at growing times into one file, or into one after the other.

    path: of the file; with segments, of `name-0001.mp4` and so on, counted on from those that
        are there.
    frames, seconds, size_bytes: of all files.
    stopped: why nothing more is written, None while it is.
    Raises OSError where the disk refuses, and SinkError where H.264 cannot be encoded.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: Fraction,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stopped: str | None = None
        self.paths: list[Path] = []
        self._path = path
        self._rate_hz = rate_hz
        self._limits = limits
        self._clock = clock
        self._encoder: Encoder | None = None
        self._origin_s = Fraction(0)  # of the file in hand
        self._segment = 0
        self._number = last_number(path) if limits.segment_s else 0
        self._before = (0, Fraction(0), 0)  # frames, seconds and bytes of the files before it
        self._image: Image | None = None
        self._look_s = -math.inf

    @property
    def frames(self) -> int:
        """How many pictures all files hold."""
        return self._before[0] + (self._encoder.frames if self._encoder else 0)

    @property
    def seconds(self) -> Fraction:
        """How long all files last together."""
        return self._before[1] + (self._encoder.end_s if self._encoder else 0)

    @property
    def size_bytes(self) -> int:
        """How large all files are together."""
        return self._before[2] + (self._encoder.size_bytes if self._encoder else 0)

    def encode(self, image: Image, time_s: Fraction) -> None:
        """Add a picture at a time from the first one.

        image: uint8 (H, W, 3) BGR, always of one size; kept until the next one.
        """
        self._image = even(image)
        encoder = self._file_for(time_s, self._image)
        if encoder and not encoder.encode(self._image, time_s - self._origin_s):
            self._stop_at_limit()

    def repeat(self, time_s: Fraction) -> None:
        """Add the last picture again."""
        before, image = self._encoder, self._image
        if image is None:
            return
        encoder = self._file_for(time_s, image)
        if encoder is not before:  # a new file knows no last picture
            self.encode(image, time_s)
        elif encoder and not encoder.repeat(time_s - self._origin_s):
            self._stop_at_limit()

    def _file_for(self, time_s: Fraction, image: Image) -> Encoder | None:
        """Return the file that a moment belongs to; None once the recording has stopped."""
        if self.stopped is None:
            self._look_at_disk()
        if self.stopped is not None:
            return None
        each_s = self._limits.segment_s
        segment = math.floor(time_s / each_s) if each_s else 0
        if self._encoder is None or segment > self._segment:
            self._segment = max(segment, self._segment)
            self._begin(time_s, image)
        return self._encoder

    def _begin(self, time_s: Fraction, image: Image) -> None:
        self.finish()
        path = self._path
        if self._limits.segment_s:
            self._number += 1
            path = numbered(path, self._number)
        room = self._limits.max_bytes - self._limits.spent_bytes - self._before[2]
        height, width = image.shape[:2]
        self._origin_s = time_s
        try:
            self._encoder = Encoder(path, (width, height), self._rate_hz, room)
        except SinkError:
            _remove(path)
            raise
        self.paths.append(path)

    def _look_at_disk(self) -> None:
        now_s = self._clock()
        if now_s - self._look_s < _LOOK_S:
            return
        self._look_s = now_s
        total, free = (self._limits.free or _disk)(self._path.parent)
        if free < min(LOW_BYTES, LOW_SHARE * total):
            self._stop(f"only {free / 1e6:,.0f} MB were free on its disk")

    def _stop_at_limit(self) -> None:
        self._stop(f"it reached {self._limits.max_bytes / 1e6:,g} MB")

    def _stop(self, reason: str) -> None:
        self.finish()
        self.stopped = reason

    def finish(self) -> None:
        """Close the file in hand; one without a picture is taken away."""
        encoder = self._encoder
        if encoder is None:
            return
        try:
            encoder.close()
        finally:
            self._encoder = None
            frames, seconds, size_bytes = self._before
            if encoder.frames:
                self._before = (
                    frames + encoder.frames,
                    seconds + encoder.end_s,
                    size_bytes + encoder.size_bytes,
                )
            else:
                _remove(self.paths.pop())


def numbered(path: Path, number: int) -> Path:
    """Return the path of one file of several: out-0001.mp4."""
    return path.with_name(f"{path.stem}-{number:04}{path.suffix}")


def last_number(path: Path) -> int:
    """Return the highest number among the files of earlier recordings, 0 where there is none."""
    form = re.compile(rf"{re.escape(path.stem)}-(\d{{4,}}){re.escape(path.suffix)}")
    found = (form.fullmatch(entry.name) for entry in path.parent.iterdir())
    return max((int(match[1]) for match in found if match), default=0)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _disk(folder: Path) -> tuple[int, int]:
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free

"""A recording in one file or several, which stops before the disk is full."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

from edge_app.errors import SinkError
from edge_app.frame import Image
from edge_app.output_lock import check_unlocked
from edge_app.output_path import keep_other_names, real_path
from edge_app.paths import LOW_BYTES, LOW_SHARE, disk_space
from edge_app.sinks.h264 import Encoder
from edge_app.sinks.yuv import even

_CHECK_S = 1.0  # a check costs 5 microseconds
_HAIR_S = Fraction(1, 1_000_000)


class DiskSpace(Protocol):
    """Reader of the space of a disk."""

    def __call__(self, folder: Path) -> tuple[int, int]:
        """Return the total and the free bytes of the disk that holds a folder."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits at which a recording stops and starts a new file.

    max_bytes: of all its files together, with the spent_bytes of those it continues.
    segment_s: the length of one file. disk_space: how the space of its disk is read.
    """

    max_bytes: float = math.inf
    segment_s: Fraction | None = None
    spent_bytes: int = 0
    disk_space: DiskSpace = disk_space


class Recorded(NamedTuple):
    """Images, length, size and paths of the files of a recording together.

    parts: images and length of each file but the open one.
    stopped: why nothing more is written, None while it is.
    """

    frames: int = 0
    seconds: Fraction = Fraction(0)
    size_bytes: int = 0
    paths: tuple[Path, ...] = ()
    stopped: str | None = None
    parts: tuple[tuple[int, Fraction], ...] = ()

    @property
    def counts(self) -> list[tuple[int, Fraction]]:
        """Images and length of each file, in the order of paths."""
        if len(self.parts) == len(self.paths):
            return list(self.parts)
        frames = self.frames - sum(count for count, _ in self.parts)
        seconds = self.seconds - sum(length for _, length in self.parts)
        return [*self.parts, (frames, seconds)]


class Segments:
    """Write images at growing times into one file, or into one after the other.

    One thread uses it, from the first image to `finish`; other threads only read `recorded`.

    path: of the file; with segments, of `name-0001.mp4` and so on, numbered on from those that
        exist.
    recorded: what is written so far, replaced as a whole after each image.
    Raises OSError if the disk refuses, and SinkError if H.264 cannot be encoded.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: Fraction,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recorded = Recorded()
        self._path = path
        self._rate_hz = rate_hz
        self._limits = limits
        self._clock = clock
        self._checked_s = -math.inf  # when the disk was checked last
        self._closed_files = Recorded()
        self._encoder: Encoder | None = None  # of the open file
        self._paths: tuple[Path, ...] = ()  # of all files, the open one last
        self._origin_s = Fraction(0)  # of the open file
        self._segment = 0
        self._number = last_number(path) if limits.segment_s else 0
        self._image: Image | None = None

    def encode(self, image: Image, time_s: Fraction) -> None:
        """Add an image at a time from the first one.

        image: uint8 (H, W, 3) BGR, always of one size; kept until the next one.
        """
        self._image = even(image)
        encoder = self._file_for(time_s, self._image)
        if encoder:
            self._go_on(within_limit=encoder.encode(self._image, time_s - self._origin_s))

    def repeat(self, time_s: Fraction) -> None:
        """Add the last image again."""
        before, image = self._encoder, self._image
        if image is None:
            return
        encoder = self._file_for(time_s, image)
        if encoder is not before:  # a new file has no last image
            self.encode(image, time_s)
        elif encoder:
            self._go_on(within_limit=encoder.repeat(time_s - self._origin_s))

    def _go_on(self, *, within_limit: bool) -> None:
        """Publish what is written, or stop at the limit."""
        if within_limit:
            self._publish()
        else:
            self._stop(f"it reached {self._limits.max_bytes / 1e6:,g} MB")

    def _publish(self) -> None:
        closed, encoder = self._closed_files, self._encoder
        if encoder is None or not encoder.frames:
            self.recorded = closed
            return
        self.recorded = Recorded(
            closed.frames + encoder.frames,
            closed.seconds + encoder.end_s,
            closed.size_bytes + encoder.size_bytes,
            self._paths,
            parts=closed.parts,
        )

    def _file_for(self, time_s: Fraction, image: Image) -> Encoder | None:
        """Return the file for a time, opening it if need be; None once the recording stopped."""
        if self.recorded.stopped is None:
            self._check_disk()
        if self.recorded.stopped is not None:
            return None
        segment_s = self._limits.segment_s
        # A hair is added because 0.3 s, as a float, are a little less than three tenths.
        segment = math.floor((time_s + _HAIR_S) / segment_s) if segment_s else 0
        if self._encoder is None or segment > self._segment:
            self._segment = max(segment, self._segment)
            self._open_file(time_s, image)
        return self._encoder

    def _open_file(self, time_s: Fraction, image: Image) -> None:
        self._close_file()
        path = self._path
        if self._limits.segment_s:
            path = self._next_path()
        spent_bytes = self._limits.spent_bytes + self._closed_files.size_bytes
        height, width = image.shape[:2]
        self._origin_s = time_s
        keep_other_names(path)
        try:
            self._encoder = Encoder(
                real_path(path),
                (width, height),
                self._rate_hz,
                self._limits.max_bytes - spent_bytes,
            )
        except SinkError:
            _remove(path)
            raise
        self._paths = (*self._closed_files.paths, path)

    def _next_path(self) -> Path:
        """Return the path of the next segment, which nobody has written or is about to write."""
        while True:
            self._number += 1
            path = self._path.with_stem(f"{self._path.stem}-{self._number:04}")
            if not path.exists():
                with suppress(SinkError):
                    check_unlocked(path)
                    return path

    def _check_disk(self) -> None:
        """Stop if the disk has too little space; checked once a second."""
        now_s = self._clock()
        if now_s - self._checked_s < _CHECK_S:
            return
        self._checked_s = now_s
        total, free = self._limits.disk_space(self._path.parent)
        if free < min(LOW_BYTES, LOW_SHARE * total):
            self._stop(f"only {free / 1e6:,.0f} MB were free on its disk")

    def _stop(self, reason: str) -> None:
        self._close_file()
        self.recorded = self.recorded._replace(stopped=reason)

    def _close_file(self) -> None:
        """Close the open file; one without an image is removed."""
        encoder = self._encoder
        if encoder is None:
            return
        try:
            encoder.close()
        finally:
            self._publish()
            if encoder.frames:
                parts = (*self.recorded.parts, (encoder.frames, encoder.end_s))
                self.recorded = self.recorded._replace(parts=parts)
            self._closed_files, self._encoder = self.recorded, None
            if not encoder.frames:
                _remove(self._paths[-1])

    def finish(self) -> None:
        """Close the open file, and forget the last image; safe to call twice."""
        self._image = None
        self._close_file()


def last_number(path: Path, digits: int = 4) -> int:
    """Return the highest number, of so many digits or more, of the files `name-0001.mp4`, or 0."""
    form = re.compile(rf"{re.escape(path.stem)}-(\d{{{digits},}}){re.escape(path.suffix)}")
    entries = path.parent.iterdir() if path.parent.is_dir() else ()
    found = (form.fullmatch(entry.name) for entry in entries)
    return max((int(match[1]) for match in found if match), default=0)


def _remove(path: Path) -> None:
    with suppress(OSError):
        real_path(path).unlink()

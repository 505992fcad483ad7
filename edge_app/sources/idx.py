"""IDX files, the format of MNIST, and their digits as frames.

Source of the format: LeCun, Cortes and Burges, "The MNIST database", file formats.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from time import monotonic, perf_counter

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.input_file import check_is_file
from edge_app.sources.files import FileSource
from edge_app.sources.size_limits import check_size
from edge_app.sources.source import Truth

IMAGES, LABELS = 0x00000803, 0x00000801  # unsigned bytes in three dimensions, and in one
_HEADER_BYTES = {IMAGES: 16, LABELS: 8}
_NAMES = {IMAGES: "images", LABELS: "labels"}
_ADVICE = {
    IMAGES: "labels go to --truth, and the images are the source",
    LABELS: "--truth takes the label file (idx1)",
}
_MAX_DEFLATE = 1032  # bytes per byte, zlib's limit: bounds what a header can claim
_MAX_BYTES = 2 * 10**9  # three times the largest set of digits (EMNIST)
_MAX_LABELS = 100_000_000  # a hundred times those of EMNIST
# Digits have no rate of their own; people can follow this one.
RATE_HZ = 10.0


class IdxDigits(FileSource):
    """The digits of an IDX file, plain or gzipped.

    A frame's image is a read-only view, uint8 (H, W, 3), whose three channels share memory (its
    last stride is 0), so that no digit is copied.
    Raises SourceError for another format, a wrong length, or truth that does not fit.
    """

    def __init__(self, path: Path, *, truth: Truth | None = None) -> None:
        digits = read_idx(path, IMAGES)
        self._images = np.broadcast_to(digits[..., None], (*digits.shape, 3))
        super().__init__(path.name, rate_hz=RATE_HZ, frame_count=len(digits), truth=truth)

    def _frames(self) -> Iterator[Frame]:
        # A network takes about 100 ms for 10,000 digits, so every microsecond here counts.
        truth_of = self._truth.of if self._truth else None
        begun = perf_counter()
        for index, image in enumerate(self._images):
            captured_s, name = monotonic(), str(index)
            capture_ms = (perf_counter() - begun) * 1e3
            truth = truth_of(index, name) if truth_of else None
            yield Frame(image, index, captured_s, capture_ms, name, None, truth)
            begun = perf_counter()


def idx_magic(path: Path) -> int | None:
    """Return the first number of an IDX file, gzipped or not; None for other files."""
    try:
        with _opened(path) as file:
            magic = int.from_bytes(file.read(4), "big")
    except (OSError, EOFError, zlib.error):
        return None
    return magic if magic in _HEADER_BYTES else None


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Read an IDX file: uint8 (N, H, W) for IMAGES, (N,) for LABELS. Raises SourceError."""
    check_is_file(path, SourceError)
    what = _NAMES[magic]
    try:
        with _opened(path) as file:
            header = file.read(_HEADER_BYTES[magic])
            shape = [int.from_bytes(header[at : at + 4], "big") for at in range(4, len(header), 4)]
            found = int.from_bytes(header[:4], "big")
            if found != magic or len(header) < _HEADER_BYTES[magic]:
                other = _NAMES.get(found, "something else")
                raise SourceError(f"{path.name} has {other}, not IDX {what}; {_ADVICE[magic]}")
            if not all(shape):
                raise SourceError(f"{path.name} has no {what}; give another file")
            packed = 1 if isinstance(file, io.BufferedReader) else _MAX_DEFLATE
            if prod(shape) > path.stat().st_size * packed:
                raise SourceError(
                    f"{path.name} states {prod(shape)} bytes of {what}, more than a file of its "
                    "size can hold; download or copy it again"
                )
            if prod(shape) > _MAX_BYTES:
                raise SourceError(
                    f"{path.name} states {prod(shape) / 1e6:,.0f} MB of {what}, above the limit of "
                    f"{_MAX_BYTES // 10**6:,} MB; split it"
                )
            if magic == IMAGES:
                check_size((shape[2], shape[1]), f"an image of {path.name}")
            elif shape[0] > _MAX_LABELS:
                raise SourceError(
                    f"{path.name} states {shape[0]:,} labels, above the limit of "
                    f"{_MAX_LABELS:,}; split it"
                )
            # One byte more shows whether the file is too long.
            data = file.read(prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise SourceError(
            f"{path.name} cannot be read ({fault}); download or copy it again"
        ) from None
    if len(data) != prod(shape):
        more = "more" if len(data) > prod(shape) else f"{len(data)}"
        raise SourceError(
            f"{path.name} states {prod(shape)} bytes of {what} but has {more}; "
            "download or copy it again"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if is_gzipped(path) else path.open("rb")


def is_gzipped(path: Path) -> bool:
    """Return whether a file begins as gzip does."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"

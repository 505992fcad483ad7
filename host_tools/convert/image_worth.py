"""What a set of images is worth for calibration: copies, near copies, blank images, noise."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from edge_app.errors import SourceError
from edge_app.frame import Frame, Image
from edge_app.sources.source import Source
from edge_app.style import count

# Neighbouring pixels of photographs correlate at 0.9 and more, MNIST's digits at 0.8, uniform
# noise at 0.0.
_NOISE = 0.2
# Mean difference of two 16 x 16 gray thumbnails, in levels of 255. The same photograph as JPEG of
# quality 30 or in half the size differs by 0.03 to 0.33; neighbouring frames of a driving camera
# by 0.46 and more, the most similar two of 3,000 MNIST digits by 2.
_NEAR = 0.4
_THUMBNAIL_WH = (16, 16)


def fingerprint(image: Image) -> bytes:
    """Return the SHA-256 of an image's shape and its BGR bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()


def fingerprints(source: Source) -> frozenset[bytes]:
    """Return the fingerprints of all images of a source."""
    return frozenset(fingerprint(frame.image) for frame in source)


@dataclass(slots=True)
class DifferentFrames:
    """Frames of a source whose image came neither before nor is excluded; each pass starts again.

    copies, excluded: how many frames the last pass left out for either reason.
    """

    source: Source
    exclude: Collection[bytes] = frozenset()
    copies: int = 0
    excluded: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def __iter__(self) -> Iterator[Frame]:
        """Yield one pass over the source."""
        self.copies = self.excluded = 0
        self._seen = set()
        for frame in self.source:
            mark = fingerprint(frame.image)
            if mark in self.exclude:
                self.excluded += 1
            elif mark in self._seen:
                self.copies += 1
            else:
                self._seen.add(mark)
                yield frame


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Counts of a set of different images.

    blank: images of one colour. near: images that are nearly the same as one before them.
    flaw: "blank" or "noise" if the whole set is, else empty.
    """

    images: int
    blank: int
    near: int
    flaw: str

    @property
    def useful(self) -> int:
        """The number of images that show something that no other shows."""
        return self.images - self.blank - self.near

    def lost(self) -> list[str]:
        """Return what does not count, as texts."""
        texts = []
        if self.blank:
            texts.append(f"{self.blank} of one colour")
        if self.near:
            texts.append(f"{self.near} nearly the same as others")
        return texts


def judge_images(images: Sequence[Image]) -> ImageCounts:
    """Return what a set of different images is worth: uint8 (H, W, 3) BGR each."""
    blank = [bool((image == image[:1, :1]).all()) for image in images]
    thumbnails = [_thumbnail(each) for each, one in zip(images, blank, strict=True) if not one]
    return ImageCounts(len(images), sum(blank), _near_copies(thumbnails), _flaw(images))


def check_useful(text: str, found: ImageCounts, copies: int, fewest: int) -> None:
    """Raise SourceError if fewer images than the fewest show something of their own.

    text: the source, as the user named it. copies: frames that are the same as others.
    """
    if found.useful >= fewest:
        return
    lost = found.lost() + ([f"{copies} copies"] if copies else [])
    beside = f" (beside {', '.join(lost)})" if lost else ""
    raise SourceError(
        f"{text} has only {count(found.useful, 'different image')}{beside}, but calibration needs "
        f"{fewest}; give more with --calibration, or accept the few with --allow-weak-calibration"
    )


def _thumbnail(image: Image) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    small = cv2.resize(image, _THUMBNAIL_WH, interpolation=cv2.INTER_AREA)
    return np.asarray(small.mean(axis=2), np.float32).ravel()


def _near_copies(thumbnails: Sequence[np.ndarray[tuple[int], np.dtype[np.float32]]]) -> int:
    """Return how many thumbnails are close to one that was kept before them."""
    kept = np.empty((len(thumbnails), _THUMBNAIL_WH[0] * _THUMBNAIL_WH[1]), np.float32)
    found = 0
    for one in thumbnails:
        if found and float(np.abs(kept[:found] - one).mean(axis=1).min()) < _NEAR:
            continue
        kept[found] = one
        found += 1
    return len(thumbnails) - found


def _flaw(images: Sequence[Image]) -> str:
    """Return "blank" or "noise" for images whose neighbouring pixels do not correlate."""
    correlations = []
    for image in images:
        gray = image.mean(axis=2)
        left, right = gray[:, :-1].ravel(), gray[:, 1:].ravel()
        if left.std() > 0 and right.std() > 0:
            correlations.append(float(np.corrcoef(left, right)[0, 1]))
    if not correlations:
        return "blank"
    return "noise" if float(np.mean(correlations)) < _NOISE else ""

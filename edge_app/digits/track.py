"""Readings that are steady from frame to frame: boxes are tracked, scores averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.digits.find import Box, Found, apart, overlap
from edge_app.digits.normalise import Ink
from edge_app.frame import Reading

SURE = 0.6  # a digit is shown from this confidence on
_STILL_SURE = 0.45  # and until it falls below this one
_HELD_FRAMES = 4  # how long a digit stays that is not found: a quarter of a second at 15 Hz
_KEPT = 0.8  # weight of earlier frames; about the last five count
_FAR = 0.6  # how far a digit moves between frames at most, in its height
_GROWS = 1.5
_MIN_SIMILARITY = 0.75  # of two crops of one digit; those of two digits rarely reach it


@dataclass(slots=True)
class _Track:
    """One digit that is tracked over frames.

    total, weight: weighted sum of its scores, float32 (C,), and sum of the weights.
    known: whether it was found in more than one frame.
    missed: how many frames ago it was found last.
    """

    box: Box
    crop: Ink
    total: NDArray[np.float32]
    weight: float = 1.0
    known: bool = False
    shown: bool = False
    missed: int = 0

    def reading(self) -> Reading:
        scores = self.total / np.float32(self.weight)
        digit = int(scores.argmax())
        return Reading(self.box, digit, float(scores[digit]), scores)


class Tracker:
    """The digits of a stream, tracked over its frames; belongs to one thread."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._begun = False

    def update(
        self, found: Sequence[Found], scores: Sequence[NDArray[np.float32]]
    ) -> tuple[Reading, ...]:
        """Return the readings to show for a frame, from left to right.

        scores: probabilities of each of `found`, float32 (C,).
        A digit is shown from its second frame on; in the first frame of all, and if it takes the
        place of another digit, at once.
        """
        pairs = self._pairs(found)
        missing = [track for j, track in enumerate(self._tracks) if j not in pairs.values()]
        tracks = []
        for i, (thing, one) in enumerate(zip(found, scores, strict=True)):
            track = self._tracks[pairs[i]] if i in pairs else None
            if track is None:
                in_place = (other.known and overlap(thing.box_xywh, other.box) for other in missing)
                known = any(in_place) or not self._begun
                tracks.append(_Track(thing.box_xywh, thing.crop, one.copy(), known=known))
                continue
            track.box, track.crop, track.missed, track.known = thing.box_xywh, thing.crop, 0, True
            track.total = _KEPT * track.total + one
            track.weight = _KEPT * track.weight + 1
            tracks.append(track)
        for track in missing:
            track.missed += 1
            replaced = any(overlap(track.box, thing.box_xywh) for thing in found)
            if track.known and not replaced and track.missed <= _HELD_FRAMES:
                tracks.append(track)
        self._tracks, self._begun = tracks, True
        return _shown(tracks)

    def _pairs(self, found: Sequence[Found]) -> dict[int, int]:
        """Return which track each candidate continues, pairing the most similar first."""
        similarities = [
            (similarity_of(thing.crop, track.crop), i, j)
            for i, thing in enumerate(found)
            for j, track in enumerate(self._tracks)
            if _is_near(thing.box_xywh, track.box)
        ]
        pairs: dict[int, int] = {}
        for similarity, i, j in sorted(similarities, reverse=True):
            if similarity >= _MIN_SIMILARITY and i not in pairs and j not in pairs.values():
                pairs[i] = j
        return pairs


def _shown(tracks: Sequence[_Track]) -> tuple[Reading, ...]:
    """Return the readings with enough confidence."""
    readings = []
    for track in tracks:
        reading = track.reading()
        track.shown = track.known and reading.confidence >= (_STILL_SURE if track.shown else SURE)
        if track.shown:
            readings.append(reading)
    return tuple(sorted(readings, key=lambda reading: reading.box_xywh[0]))


def _is_near(one: Box, other: Box) -> bool:
    """Return whether two boxes may be the same digit in two frames."""
    height = max(one[3], other[3])
    if height > _GROWS * min(one[3], other[3]):
        return False
    return apart(one, other) <= _FAR * height


def similarity_of(one: Ink, other: Ink) -> float:
    """Return the similarity of two crops, 0 to 1: the cosine between them, blurred by a pixel."""
    first = cv2.GaussianBlur(one, (5, 5), 0).astype(np.float32).ravel()
    second = cv2.GaussianBlur(other, (5, 5), 0).astype(np.float32).ravel()
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length else 0.0

"""Finding digits on a plain background, dark on light or light on dark.

Ink is what a morphological closing (for dark strokes) or opening (for light strokes) removes,
as a share of the background's brightness. Edges of shadows are no ink, since both operations
follow them, and a stroke in a shadow counts as much as one beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.digits.normalise import Ink, normalise
from edge_app.digits.stroke import WIDEST, Layer, Pieces, Strokes, ranked, strokes_of
from edge_app.frame import Image

Box = tuple[int, int, int, int]  # left, top, width, height

LONGEST_PX = 800  # larger images are searched at this size
_WINDOW_PX = 25  # strokes are narrower than this
_HEIGHTS_PX = (18, 130)  # of digits at one scale; the next scale has half the size
_SMALLEST_PX = 160  # no scale has fewer along its longer side
_FAINTEST = 28  # of 255: an eighth of the background's brightness
_STEPS = (1.0, 1.8, 3.0)  # ruled lines are fainter than the writing on them
_DARK_FLOOR = 24  # added to the brightness, so that noise in dark areas does not count as ink
_MAX_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Found:
    """One candidate for a digit; crop: uint8 (28, 28), bright ink on black, as in MNIST."""

    box_xywh: Box
    crop: Ink


def find_digits(image: Image) -> list[Found]:
    """Return the candidates for digits in an image, from left to right.

    image: uint8 (H, W, 3) BGR, not changed.
    Anything that touches the border or has a busy background is left out.
    """
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, LONGEST_PX / max(gray.shape))
    if scale < 1:
        gray = np.asarray(
            cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    kept: list[tuple[Box, Strokes]] = []
    for strokes, factor in _pieces(gray):
        if len(kept) == _MAX_DIGITS:
            break
        x, y, w, h = strokes.box_xywh
        times = factor / scale
        box = (round(x * times), round(y * times), round(w * times), round(h * times))
        if not any(overlap(box, other) for other, _ in kept):
            kept.append((box, strokes))
    kept = [
        (box, strokes)
        for box, strokes in kept
        if not strokes.needs_company or any(_accompany(box, *other) for other in kept)
    ]
    kept.sort(key=lambda entry: entry[0][0])
    return [Found(box, normalise(strokes.ink, strokes.stroke_px)) for box, strokes in kept]


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than a third of the smaller one."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    return width * height > min(one[2] * one[3], other[2] * other[3]) / 3


def apart(one: Box, other: Box) -> float:
    """Return how far the centres of two boxes are apart, across or down."""
    x = abs(2 * one[0] + one[2] - 2 * other[0] - other[2])
    y = abs(2 * one[1] + one[3] - 2 * other[1] - other[3])
    return max(x, y) / 2


def _accompany(bar: Box, box: Box, strokes: Strokes) -> bool:
    """Return whether a digit has about the height of a bar and is within four heights of it."""
    if strokes.needs_company or not bar[3] / 2 <= box[3] <= bar[3] * 2:
        return False
    return apart(bar, box) <= 4 * bar[3]


def _pieces(gray: Ink) -> Iterator[tuple[Strokes, int]]:
    """Yield candidates, and how many pixels of `gray` one of their pixels is.

    Large ones come first, since what is inside them belongs to them.
    """
    scales = [gray]
    while max(scales[-1].shape) >= 2 * _SMALLEST_PX:
        half = (scales[-1].shape[1] // 2, scales[-1].shape[0] // 2)
        scales.append(
            np.asarray(cv2.resize(scales[-1], half, interpolation=cv2.INTER_AREA), np.uint8)
        )
    for number in range(len(scales) - 1, -1, -1):
        shortest, longest = _HEIGHTS_PX
        if number:
            shortest = longest * 4 // 10
        if number == len(scales) - 1:
            longest = scales[number].shape[0]
        found = [
            strokes
            for layer in layers(scales[number])
            for strokes in _at_one_scale(layer, (shortest, longest))
        ]
        found.sort(key=lambda strokes: -strokes.box_xywh[2] * strokes.box_xywh[3])
        yield from ((strokes, 2**number) for strokes in found)


def layers(gray: Ink) -> tuple[Layer, Layer]:
    """Return the dark and the light ink of an image: uint8 (h, w)."""
    calm = cv2.GaussianBlur(gray, (3, 3), 0)
    # What it removes from most pixels is noise; a noise of 5 levels gives 3, one of 10 gives 6.
    grain = ranked(cv2.absdiff(gray[::4, ::4], calm[::4, ::4]).ravel(), 0.5)[0]
    if grain >= 3:
        calm = cv2.GaussianBlur(gray, (5, 5) if grain < 6 else (7, 7), 0)
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (_WINDOW_PX, _WINDOW_PX))
    above = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, window)
    below = cv2.morphologyEx(calm, cv2.MORPH_OPEN, window)
    dark, light = (
        cv2.divide(cv2.subtract(high, low), cv2.convertScaleAbs(high, beta=_DARK_FLOOR), scale=255)
        for high, low in ((above, calm), (calm, below))
    )
    calm, dark, light = (np.asarray(values, np.uint8) for values in (calm, dark, light))
    return Layer(calm, dark, light), Layer(calm, light, dark)


def _at_one_scale(layer: Layer, heights: tuple[int, int]) -> Iterator[Strokes]:
    """Yield candidates; pieces that are too large are split by higher thresholds of ink."""
    faintest = max(_FAINTEST, 4 * ranked(layer.ink[::4, ::4].ravel(), 0.5)[0] + 8)
    found: list[Box] = []
    for step in _STEPS:
        _, binary = cv2.threshold(layer.ink, faintest * step, 1, cv2.THRESH_BINARY)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            binary, connectivity=8, ltype=cv2.CV_32S
        )
        pieces = Pieces(np.asarray(labels, np.int32), np.asarray(stats, np.int32))
        for number in _sized(pieces.stats, heights, layer.ink.shape):
            x, y, w, h = (int(value) for value in pieces.stats[number, :4])
            if any(overlap((x, y, w, h), box) for box in found):
                continue
            strokes = strokes_of(layer, pieces, int(number))
            if strokes is not None:
                found.append(strokes.box_xywh)
                yield strokes
        if not (stats[1:, 2:4] > heights[1]).any():
            return


def _sized(
    stats: NDArray[np.int32], heights: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.intp]:
    """Return which components have the size of a digit and do not touch the border.

    stats: int32 (n + 1, 5), x, y, width, height and area of each, the background first.
    """
    x, y, w, h, area = stats.T
    clear = (x > 1) & (y > 1) & (x + w < shape[1] - 1) & (y + h < shape[0] - 1)
    sized = (h >= heights[0]) & (h <= heights[1]) & (w <= WIDEST * h) & (w >= 2)
    inked = (area >= 1.2 * h) & (area <= 0.85 * w * h + h)
    fits = clear & sized & inked
    fits[0] = False  # the background
    return np.flatnonzero(fits)

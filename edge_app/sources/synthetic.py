"""A moving street drawn by code, with exact truth for every pixel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic, perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError
from edge_app.frame import ClassMap, Frame, Image
from edge_app.labels import CITYSCAPES
from edge_app.sources.files import FileSource
from edge_app.timing import FALLBACK_HZ

SEED = 7
FRAME_COUNT = 250
_FORM = re.compile(r"synthetic(?::(\d+)x(\d+))?(?:@(\d+(?:\.\d+)?))?")
_TRAIN_IDS = {label.name: label.train_id for label in CITYSCAPES.classes}
# BGR, as on an overcast day; the colours of the palette would hide the overlay.
_COLOURS = {
    "sky": (224, 208, 190),
    "building": (106, 122, 142),
    "vegetation": (58, 96, 74),
    "sidewalk": (150, 152, 158),
    "road": (92, 88, 86),
    "pole": (70, 72, 74),
    "car": (60, 44, 150),
    "bus": (40, 150, 190),
    "person": (90, 60, 50),
}
_GLASS, _RUBBER, _SKIN, _PAINT = (120, 104, 90), (34, 32, 32), (130, 160, 205), (205, 208, 210)
# Moving objects: class, size in shares of the image's height, lower edge, and speed in image
# widths per second (negative: to the left).
_ACTORS = (
    ("person", (0.07, 0.22), 0.74, 0.05),
    ("bus", (0.62, 0.30), 0.82, 0.16),
    ("car", (0.34, 0.15), 0.86, -0.26),
    ("car", (0.40, 0.18), 0.97, 0.34),
    ("person", (0.08, 0.25), 0.76, -0.04),
)
_CAMERA_SPEED = 0.08  # image widths per second


@dataclass(frozen=True, slots=True)
class _Actor:
    """A moving object: image, truth and mask (uint8, 1 where it is solid), and course in pixels."""

    image: Image
    truth: ClassMap
    solid: NDArray[np.uint8]
    top: int
    start: float
    step: float


class Synthetic(FileSource):
    """A drawn street with Cityscapes truth, the same for the same size. Raises SourceError."""

    def __init__(
        self, size_wh: tuple[int, int] = (1280, 720), rate_hz: float = FALLBACK_HZ
    ) -> None:
        width, height = size_wh
        if not (64 <= width <= 7680 and 64 <= height <= 4320 and 0 < rate_hz <= 1000):
            raise SourceError(
                f"a synthetic street of {width}x{height} at {rate_hz:g} Hz is out of range; "
                "choose 64x64 to 7680x4320 and up to 1000 Hz, as in synthetic:1280x720@25"
            )
        self._size_wh = size_wh
        name = f"synthetic {width}x{height}"
        super().__init__(name, rate_hz=rate_hz, frame_count=FRAME_COUNT, has_clock=True)
        self.truth_labels = CITYSCAPES.name

    def _frames(self) -> Iterator[Frame]:
        width, _ = self._size_wh
        rate_hz = self.rate_hz or FALLBACK_HZ
        rng = np.random.default_rng(SEED)
        street, street_truth = _street(self._size_wh, rng)
        actors = [_actor(row, self._size_wh, rate_hz, rng) for row in _ACTORS]
        for index in range(FRAME_COUNT):
            captured_s, begun = monotonic(), perf_counter()
            shift = int(index * _CAMERA_SPEED * width / rate_hz) % width
            image = np.ascontiguousarray(street[:, shift : shift + width])
            truth = np.ascontiguousarray(street_truth[:, shift : shift + width])
            for actor in actors:
                _place(actor, index, image, truth)
            capture_ms = (perf_counter() - begun) * 1e3
            yield Frame(image, index, captured_s, capture_ms, str(index), index / rate_hz, truth)


def parse_synthetic(text: str) -> Synthetic | None:
    """Return the source of `synthetic[:WxH][@FPS]`; None for others, SourceError if misspelt."""
    if not re.match(r"synthetic([:@]|$)", text):
        return None
    found = _FORM.fullmatch(text)
    if not found:
        raise SourceError(f"'{text}' is not valid; write synthetic:1280x720@25")
    width, height, rate_hz = found.groups()
    return Synthetic((int(width or 1280), int(height or 720)), float(rate_hz or FALLBACK_HZ))


def _street(size_wh: tuple[int, int], rng: np.random.Generator) -> tuple[Image, ClassMap]:
    """Draw a street two images wide with equal halves, so that the view can move in a circle."""
    width, height = size_wh
    image = np.empty((height, width, 3), np.uint8)
    truth = np.empty((height, width), np.uint8)

    def paint(name: str, x: float, y: float, x_end: float, y_end: float) -> None:
        area = np.s_[int(y * height) : int(y_end * height), int(x * width) : int(x_end * width)]
        image[area] = _COLOURS[name]
        truth[area] = _TRAIN_IDS[name]

    paint("sky", 0, 0, 1, 1)
    at = 0.0
    while at < 0.96:
        wide, top = rng.uniform(0.08, 0.17), rng.uniform(0.08, 0.36)
        paint("building", at, top, min(at + wide, 1.0), 0.64)
        _windows(image, (at, top, min(at + wide, 1.0)), rng)
        at += wide + (rng.uniform(0.04, 0.08) if rng.random() < 0.4 else 0.0)
    for x in rng.uniform(0.03, 0.85, 5):
        paint("vegetation", x, rng.uniform(0.44, 0.52), x + rng.uniform(0.05, 0.12), 0.64)
    paint("sidewalk", 0, 0.62, 1, 0.76)
    paint("road", 0, 0.76, 1, 1)
    for x in (0.21, 0.54, 0.87):
        paint("pole", x, 0.26, x + 0.008, 0.66)
    for x in np.arange(0.02, 1, 0.125):  # lane marks are road
        image[
            int(0.87 * height) : int(0.885 * height), int(x * width) : int((x + 0.06) * width)
        ] = _PAINT
    grain = rng.integers(-7, 8, (height, width, 1), np.int16)
    image = np.clip(image + grain, 0, 255).astype(np.uint8)
    return np.concatenate([image, image], axis=1), np.concatenate([truth, truth], axis=1)


def _windows(image: Image, house: tuple[float, float, float], rng: np.random.Generator) -> None:
    """Draw a house in its own tone with rows of windows."""
    height, width = image.shape[:2]
    left, top, right = int(house[0] * width), int(house[1] * height), int(house[2] * width)
    bottom = int(0.64 * height)
    tone = np.asarray(_COLOURS["building"]) + rng.integers(-26, 27, 3)
    image[top:bottom, left:right] = np.clip(tone, 0, 255)
    size = max(2, height // 36)
    for y in range(top + size, int(0.58 * height), 2 * size):
        for x in range(left + size, right - size, 2 * size):
            image[y : y + size, x : x + size] = _GLASS


def _actor(
    row: tuple[str, tuple[float, float], float, float],
    size_wh: tuple[int, int],
    rate_hz: float,
    rng: np.random.Generator,
) -> _Actor:
    """Draw one moving object and set its course."""
    name, (wide, high), ground, speed = row
    width, height = size_wh
    w, h = max(4, int(wide * height)), max(4, int(high * height))
    image = np.empty((h, w, 3), np.uint8)
    image[:] = np.clip(np.asarray(_COLOURS[name]) + rng.integers(-18, 19, 3), 0, 255)
    solid = np.zeros((h, w), np.uint8)
    if name == "person":
        cv2.ellipse(solid, (w // 2, h // 6), (w // 5, h // 7), 0, 0, 360, 1, -1)
        image[solid > 0] = _SKIN
        cv2.rectangle(solid, (w // 5, h // 4), (w - w // 5, h), 1, -1)
    else:
        hood, roof = (w // 5, h // 2) if name == "car" else (0, 0)
        cv2.rectangle(solid, (0, roof), (w, h - h // 7), 1, -1)
        cv2.rectangle(solid, (hood, 0), (w - hood, h), 1, -1)
        solid[h - h // 7 :] = 0
        cv2.rectangle(image, (hood + w // 20, h // 8), (w - hood - w // 20, h // 2 - 1), _GLASS, -1)
        for x in (w // 5, w - w // 5):
            cv2.circle(solid, (x, h - h // 6), h // 7, 1, -1)
            cv2.circle(image, (x, h - h // 6), h // 7, _RUBBER, -1)
    top = int(ground * height) - h
    start = float(rng.uniform(0, width + w))
    truth = np.full((h, w), _TRAIN_IDS[name], np.uint8)
    return _Actor(image, truth, solid, top, start, speed * width / rate_hz)


def _place(actor: _Actor, index: int, image: Image, truth: ClassMap) -> None:
    """Draw an object into a frame and its truth; it leaves on one side and enters on the other."""
    width, (h, w) = image.shape[1], actor.solid.shape
    x = int(actor.start + index * actor.step) % (width + w) - w
    left, right = max(x, 0), min(x + w, width)
    if left >= right:
        return
    seen = np.s_[:, left - x : right - x]
    area = np.s_[actor.top : actor.top + h, left:right]
    # OpenCV's masked copy takes a fifth of the time of NumPy's.
    image[area] = cv2.copyTo(actor.image[seen], actor.solid[seen], image[area])
    truth[area] = cv2.copyTo(actor.truth[seen], actor.solid[seen], truth[area])

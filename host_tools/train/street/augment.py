"""Training examples: random crops of an image, with colours and sharpness changed."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image
from edge_app.labels import VOID
from host_tools.train.street.frames import Sample

ZOOM = (0.7, 2.0)
_GRAY = (127, 127, 127)


@dataclass(frozen=True, slots=True)
class CropWindow:
    """A part of an image, in its pixels; it may extend beyond the edges."""

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False

    def matrix(self, size_wh: tuple[int, int], unit: float = 1.0) -> NDArray[np.float64]:
        """Return the affine matrix (2, 3) from pixels of a crop to pixels of the image.

        size_wh: of the crop. unit: size of the map to crop from, as a share of the image's.
        """
        step_x, step_y = self.width * unit / size_wh[0], self.height * unit / size_wh[1]
        first, sense = self.left * unit, 1
        if self.mirrored:
            first, sense = (self.left + self.width) * unit, -1
        return np.array(
            [
                [sense * step_x, 0, first + sense * step_x / 2 - 0.5],
                [0, step_y, self.top * unit + step_y / 2 - 0.5],
            ]
        )


@dataclass(frozen=True, slots=True)
class Example:
    """One crop of an image, as the network gets it.

    image: uint8 (H, W, 3) RGB. labels: uint8 (H/2, W/2) trainIds, 255 if unknown.
    soft: uint8 (H/4, W/4, 19), probabilities in 255ths, all zero outside of the image.
    """

    image: NDArray[np.uint8]
    labels: ClassMap
    soft: NDArray[np.uint8]


def make_example(
    sample: Sample,
    size_wh: tuple[int, int],
    random: Generator,
    zoom: tuple[float, float] = ZOOM,
) -> Example:
    """Return a random example of a sample."""
    height, width = sample.image.shape[:2]
    window = draw_window((width, height), size_wh, random, zoom)
    image = _crop(sample.image, window, size_wh, cv2.INTER_LINEAR, _GRAY)
    half = size_wh[0] // 2, size_wh[1] // 2
    labels = _crop(sample.target.labels, window, half, cv2.INTER_NEAREST, (VOID,))
    quarter = size_wh[0] // 4, size_wh[1] // 4
    whole = sample.target.soft
    unit = whole.shape[1] / width
    soft = np.zeros((quarter[1], quarter[0], whole.shape[2]), np.uint8)
    for first in range(0, whole.shape[2], 4):
        part = np.ascontiguousarray(whole[..., first : first + 4])
        moved = _crop(part, window, quarter, cv2.INTER_LINEAR, (0,) * 4, unit)
        soft[..., first : first + 4] = moved.reshape(*soft.shape[:2], -1)
    changed = soften(recolour(image, random), random)
    return Example(np.ascontiguousarray(changed[..., ::-1]), labels, soft)


def draw_window(
    frame_wh: tuple[int, int],
    size_wh: tuple[int, int],
    random: Generator,
    zoom: tuple[float, float] = ZOOM,
) -> CropWindow:
    """Return a random window of the frame's aspect ratio, which the app stretches, or the input's.

    zoom: range of the scale. Half of the windows keep the frame's aspect ratio.
    """
    width, height = frame_wh
    scale = 2 ** random.uniform(math.log2(zoom[0]), math.log2(zoom[1]))
    true_shape = 0.0 if random.random() < 0.5 else random.uniform(0, 1.2)
    aspect = 2 ** random.uniform(-0.15, 0.15)
    own = width * size_wh[1] / size_wh[0]
    wide = width / scale * aspect
    high = height ** (1 - min(true_shape, 1)) * own ** min(true_shape, 1) / scale / aspect
    left = random.uniform(min(0, width - wide), max(0, width - wide))
    top = random.uniform(min(0, height - high), max(0, height - high))
    return CropWindow(left, top, wide, high, bool(random.random() < 0.5))


def _crop(
    values: NDArray[np.uint8],
    window: CropWindow,
    size_wh: tuple[int, int],
    way: int,
    outside: tuple[int, ...],
    unit: float = 1.0,
) -> NDArray[np.uint8]:
    crop = cv2.warpAffine(
        values,
        window.matrix(size_wh, unit),
        size_wh,
        flags=way | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )
    return np.asarray(crop, np.uint8)


def recolour(image: Image, random: Generator) -> Image:
    """Change gamma, contrast, brightness, white balance and saturation at random."""
    ramp = np.linspace(0, 1, 256)
    gamma = 2 ** random.uniform(-0.6, 0.4)
    contrast, brightness = random.uniform(0.7, 1.3), random.uniform(-0.1, 0.1)
    curve = (ramp**gamma - 0.5) * contrast + 0.5 + brightness
    gains = random.uniform(0.9, 1.1, 3)
    table = np.clip(curve[:, None] * gains * 255, 0, 255).astype(np.uint8)
    changed = cv2.LUT(image, table[None])
    if random.random() < 0.5:
        gray = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = random.uniform(0.4, 1.4)
        changed = cv2.addWeighted(changed, share, gray, 1 - share, 0)
    return np.asarray(changed, np.uint8)


def soften(image: Image, random: Generator) -> Image:
    """Blur, coarsen or add noise, each to some of the images."""
    kind = random.random()
    if kind < 0.2:
        spread = random.uniform(0.4, 1.4)
        return np.asarray(cv2.GaussianBlur(image, (0, 0), spread), np.uint8)
    if kind < 0.35:
        share = random.uniform(0.4, 0.8)
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        back = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(back, np.uint8)
    if kind < 0.6:
        noise = random.standard_normal(image.shape, np.float32) * random.uniform(2, 10)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    return image

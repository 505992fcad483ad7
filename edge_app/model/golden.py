"""The golden check of outputs: a drawn image and the classes a variant gave when it was converted.

The image is drawn by code, so a card needs no image file beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Decoded, Image, Segmentation

Grid = NDArray[np.float32]  # a coordinate of every pixel: float32 (H, W), 0 to 1

GRID_HW = (6, 10)
# 8-bit kernels round differently between CPUs and runtimes, and large parts of a drawn image are
# close to a class border: DeepLab's four variants on tflite-runtime agree with LiteRT on 82 to
# 100 % of the cells, at the same mIoU on real frames. Swapped colours, half the brightness, another
# network size or one class everywhere reach 8 to 62 %.
MIN_AGREEMENT = 0.75


def golden_image(pattern: str, size_wh: tuple[int, int]) -> Image:
    """Return a named pattern: uint8 (H, W, 3) BGR. Raises KeyError for an unknown name."""
    width, height = size_wh
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return _PATTERNS[pattern](x / width, y / height)


def _digit(x: Grid, y: Grid) -> Image:
    """Draw a white 7 on black, its strokes about as thick as MNIST's."""
    top = _distance_to_segment(x, y, (0.28, 0.26), (0.72, 0.26))
    leg = _distance_to_segment(x, y, (0.72, 0.26), (0.44, 0.80))
    ink = np.clip(1.5 - np.minimum(top, leg) / 0.035, 0, 1)
    return np.repeat((ink * 255).astype(np.uint8)[..., None], 3, axis=2)


def _distance_to_segment(
    x: Grid, y: Grid, start: tuple[float, float], end: tuple[float, float]
) -> Grid:
    """Return the distance of every pixel to a line segment, in image widths: float32 (H, W)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx**2 + dy**2), 0, 1)
    return np.asarray(np.hypot(x - start[0] - share * dx, y - start[1] - share * dy), np.float32)


def _street(x: Grid, y: Grid) -> Image:
    """Draw flat areas where a street has sky, houses, trees, a road and a car."""
    image = np.empty((*x.shape, 3), np.uint8)
    image[:] = (225, 190, 150)
    image[(y > 0.15) & (x < 0.33)] = (90, 105, 120)
    image[(y > 0.22) & (x > 0.66)] = (55, 95, 70)
    image[y > 0.52] = (150, 150, 155)
    image[(y > 0.52) & (np.abs(x - 0.5) < (y - 0.40) * 0.9)] = (95, 92, 90)
    image[(np.abs(x - 0.55) < 0.09) & (np.abs(y - 0.60) < 0.10)] = (40, 30, 120)
    return image


_PATTERNS: dict[str, Callable[[Grid, Grid], Image]] = {"digit": _digit, "street": _street}
PATTERN_BY_TASK = {"classification": "digit", "segmentation": "street"}


def golden_classes(result: Decoded) -> list[int]:
    """Return a result as a few class ids: the top class, or the classes on a grid of 6 x 10."""
    if not isinstance(result, Segmentation):
        return [result.class_id]
    height, width = result.class_map.shape
    rows, columns = GRID_HW
    y = ((np.arange(rows) + 0.5) * height / rows).astype(int)
    x = ((np.arange(columns) + 0.5) * width / columns).astype(int)
    return [int(value) for value in result.class_map[np.ix_(y, x)].ravel()]


def matches(classes: list[int], expected: list[int]) -> bool:
    """Return whether enough class ids are the expected ones, and as many."""
    enough = count_equal(classes, expected) >= MIN_AGREEMENT * len(expected)
    return enough and len(classes) == len(expected)


def count_equal(classes: list[int], expected: list[int]) -> int:
    """Return how many class ids are the expected ones."""
    return sum(one == other for one, other in zip(classes, expected, strict=False))

"""Draw pages of handwritten digits as a camera would see them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Image
from edge_app.paths import assets_dir
from edge_app.sources.idx import IMAGES, LABELS, read_idx

SAMPLES = assets_dir() / "samples"
PAPER, INK = 225.0, 60.0


def sample_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the digits that ship and their classes: uint8 (N, 28, 28) and (N,)."""
    digits = read_idx(SAMPLES / "digits-images-idx3-ubyte.gz", IMAGES)
    return digits, read_idx(SAMPLES / "digits-labels-idx1-ubyte.gz", LABELS)


@cache
def typical(digit: int) -> NDArray[np.uint8]:
    """Return the sample of a digit that is most like all of its kind: uint8 (28, 28)."""
    digits, classes = sample_digits()
    kind = digits[classes == digit].astype(np.float64)
    apart = np.square(kind - kind.mean(axis=0)).sum(axis=(1, 2))
    return np.asarray(kind[int(apart.argmin())], np.uint8)


def empty_page(size_wh: tuple[int, int] = (640, 480)) -> NDArray[np.float64]:
    """Return clean paper: float64 (H, W)."""
    return np.full(size_wh[::-1], PAPER)


def write(
    page: NDArray[np.float64],
    digit: NDArray[np.uint8],
    xy: tuple[int, int],
    height: int = 70,
    ink: float = INK,
) -> None:
    """Draw a digit on a page, in place, its centre at a point.

    height: of the 20 rows that MNIST gives to a digit, in pixels. ink: brightness of the strokes.
    """
    side = round(28 * height / 20)
    mask = cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    # Enlarged pixels are a blur; a pen has an edge.
    mask = np.clip((cv2.GaussianBlur(mask, (0, 0), height / 60) - 100) / 64, 0, 1)
    x, y = xy[0] - side // 2, xy[1] - side // 2
    part = page[y : y + side, x : x + side]
    part += (ink - part) * mask


def rule(page: NDArray[np.float64], step: int = 40, level: float = 185.0) -> None:
    """Draw squares on a page, in place."""
    for at in range(15, page.shape[0], step):
        page[at : at + 2] = level
    for at in range(15, page.shape[1], step):
        page[:, at : at + 2] = level


def shade(page: NDArray[np.float64], *, soft_px: float = 8.0) -> NDArray[np.float64]:
    """Add light that falls off to the left and a shadow across the page."""
    height, width = page.shape
    y, x = np.mgrid[0:height, 0:width]
    shadow = 1 / (1 + np.exp(-(0.8 * x + 0.4 * y - 0.5 * width) / soft_px))
    return page * (0.6 + 0.4 * x / width) * (0.6 + 0.4 * shadow)


def ramp(page: NDArray[np.float64], levels: tuple[float, float]) -> NDArray[np.float64]:
    """Light a page so that its paper goes from one level at the left to another at the right."""
    return page * np.linspace(*levels, page.shape[1]) / PAPER


def turn(page: NDArray[np.float64], angle_deg: float) -> NDArray[np.float64]:
    """Turn a page about its middle, paper all round."""
    height, width = page.shape
    about = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    turned = cv2.warpAffine(page, about, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.float64)


def photograph(
    page: NDArray[np.float64], *, noise: float = 3.0, seed: int = 0, soft_px: float = 0.7
) -> Image:
    """Return a page as a camera's image: uint8 (H, W, 3) BGR, a little soft and noisy."""
    grain = np.random.default_rng(seed).normal(0, noise, page.shape)
    gray = np.clip(cv2.GaussianBlur(page, (0, 0), soft_px) + grain, 0, 255)
    return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)

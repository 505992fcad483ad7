"""Results of two variants and their comparison, for the views that show both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Comparison, Frame, Segmentation
from edge_app.labels import CITYSCAPES
from edge_app.quality import Quality

CLASSES = len(CITYSCAPES.names)


def segmentation(seed: int, *, logits: bool, shape_hw: tuple[int, int] = (16, 32)) -> Segmentation:
    """Return stripes of several classes with noise that depends on a seed.

    Two seeds give similar maps: uint8 (h, w) trainIds, and int8 logits (h, w, 19) if requested.
    """
    across = np.linspace(0, 5.99, shape_hw[1]).astype(np.uint8) * 3
    class_map = np.repeat(across[None], shape_hw[0], axis=0)
    rng = np.random.default_rng(seed)
    moved = rng.random(shape_hw) < 0.1
    class_map = np.where(moved, rng.integers(0, CLASSES, shape_hw), class_map).astype(np.uint8)
    if not logits:
        return Segmentation(class_map)
    scores = np.where(class_map[..., None] == np.arange(CLASSES), 90, -90).astype(np.int8)
    return Segmentation(class_map, scores)


def comparison(
    second: Segmentation,
    agreement: float = 0.973,
    miou: float | None = 0.593,
    models: tuple[str, str] | None = None,
) -> Comparison:
    """Return the result of int8 for a frame, with every class in view."""
    return Comparison(
        "int8",
        second,
        agreement,
        tuple((name, 1 - i / 20) for i, name in enumerate(CITYSCAPES.names)),
        None if miou is None else Quality(9, miou=0.594),
        None if miou is None else Quality(9, miou=miou),
        models,
    )


def noise(width: int, height: int) -> NDArray[np.uint8]:
    """Return noise, which resembles no class colour: uint8 (height, width, 3) BGR."""
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def noisy_frame(width: int, height: int) -> Frame:
    """Return a frame of noise."""
    return Frame(noise(width, height), 0, 0.0, 1.0, "0")

"""Synthetic digits that a network learns in a moment, and files of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from host_tools.datasets import PARTS, Digits, write_idx


def made_digits(count: int, seed: int = 0) -> Digits:
    """Return soft spots with one place per class, each moved a little: no two are the same."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % 10
    images = np.zeros((count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        column, row = 4 + 5 * (label % 5), 8 + 11 * (label // 5)
        shift = draw.uniform(-1, 1, 2)
        centre = (int((column + shift[0]) * 16), int((row + shift[1]) * 16))
        cv2.circle(image, centre, 3 * 16, 255, -1, cv2.LINE_AA, shift=4)
        image += draw.integers(0, 8, image.shape, dtype=np.uint8) * (image < 200)
    return Digits(images, labels)


def made_mnist(folder: Path, train: int = 200, test: int = 50) -> Path:
    """Write a folder of four small IDX files with MNIST's names."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (part, count) in enumerate((("train", train), ("test", test))):
        digits = made_digits(count, seed)
        write_idx(folder / f"{PARTS[part][0]}.gz", digits.images)
        write_idx(folder / f"{PARTS[part][1]}.gz", digits.labels)
    return folder

"""Patterns of surfaces: noise, asphalt, paving, grass, leaves, clouds."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.raster import Pyramid

TILE = 512
_LEAVES = 330


@cache
def noise(octaves: tuple[int, ...], seed: int, size: int = TILE) -> NDArray[np.float32]:
    """Return noise that repeats without a seam: float32 (size, size), mean 0, deviation 1.

    octaves: how many cells each octave has across; each weighs half of the one before.
    """
    rng = np.random.default_rng(seed)
    total = np.zeros((size, size), np.float32)
    for order, cells in enumerate(octaves):
        grid = np.pad(rng.standard_normal((cells, cells)).astype(np.float32), 2, "wrap")
        step = size / cells
        wide = round((cells + 4) * step)
        smooth = cv2.resize(grid, (wide, wide), interpolation=cv2.INTER_CUBIC)
        edge = round(2 * step)
        total += smooth[edge : edge + size, edge : edge + size] / 2**order
    total -= total.mean()
    return np.asarray(total / total.std(), np.float32)


@cache
def asphalt() -> NDArray[np.uint8]:
    """Return the grain of asphalt, 4 m across: uint8 (512, 512), 128 is even."""
    grain = 7.0 * noise((256,), 1) + 6.0 * noise((96, 200), 2) + 7.0 * noise((6, 12), 3)
    return _around_128(grain)


@cache
def paving(kind: int) -> NDArray[np.uint8]:
    """Return slabs (0), bricks (1) or small stones (2), 4 m across: uint8 (512, 512)."""
    rows, columns = ((8, 8), (32, 16), (32, 32))[kind]
    rng = np.random.default_rng(10 + kind)
    tile = 5.0 * noise((200,), 4) + 4.0 * noise((4, 9), 5)
    high, wide = TILE // rows, TILE // columns
    for row in range(rows):
        shift = wide // 2 if row % 2 else 0
        for column in range(columns):
            tone = float(rng.normal(0, 7))
            across = (np.arange(column * wide, (column + 1) * wide) + shift) % TILE
            tile[row * high : (row + 1) * high, across] += tone
            tile[row * high : (row + 1) * high, across[0]] -= 34
        tile[row * high, :] -= 34
    return _around_128(tile)


@cache
def grass() -> NDArray[np.uint8]:
    """Return the tufts of grass, 4 m across: uint8 (512, 512), 128 is even."""
    return _around_128(16 * noise((180,), 6) + 13 * noise((40, 90), 7) + 12 * noise((5, 11), 8))


@cache
def clouds() -> NDArray[np.float32]:
    """Return how thick clouds are: float32 (512, 512) of 0 to 1, evenly spread."""
    thick = noise((3, 6, 12, 24, 48), 9)
    ranks = np.empty(thick.size, np.float32)
    ranks[np.argsort(thick, axis=None)] = np.linspace(0, 1, thick.size, dtype=np.float32)
    return ranks.reshape(thick.shape)


@cache
def _cluster(seed: int, kind: int) -> NDArray[np.float32]:
    """Return a tuft of leaves: float32 (192, 192, 2) of brightness and solidity, 0 to 1.

    kind: 0 broad leaves, 1 needles, 2 a hedge's even face.
    """
    size = 192
    rng = np.random.default_rng(100 + seed)
    shade = np.zeros((size, size), np.float32)
    solid = np.zeros((size, size), np.float32)
    middle = size / 2
    cv2.circle(solid, (size // 2, size // 2), int(size * 0.36), 1.0, -1)
    shade[solid > 0] = 0.30
    reach = 0.43 * size * np.sqrt(rng.uniform(0, 1, _LEAVES))
    turn = rng.uniform(0, 2 * np.pi, _LEAVES)
    x, y = middle + reach * np.cos(turn), middle + reach * np.sin(turn)
    # Deep leaves first; those above catch the sky's light.
    height = (middle - y) / (0.45 * size) + rng.normal(0, 0.55, _LEAVES)
    for index in np.argsort(height):
        tone = float(np.clip(0.52 + 0.24 * height[index] + rng.normal(0, 0.07), 0.16, 1.0))
        long, thin = (5.5, 3.2) if kind != 1 else (9.0, 1.6)
        angle = float(rng.uniform(0, 180)) if kind != 1 else float(rng.normal(60, 30))
        axes = (round(long * rng.uniform(0.8, 1.5)), round(thin * rng.uniform(0.9, 1.5)))
        at = (round(x[index]), round(y[index]))
        cv2.ellipse(shade, at, axes, angle, 0, 360, tone, -1, cv2.LINE_AA)
        cv2.ellipse(solid, at, axes, angle, 0, 360, 1.0, -1, cv2.LINE_AA)
    return np.stack([shade, solid], -1)


def leaves(colour: Points, kind: int, rng: np.random.Generator, count: int = 3) -> list[Pyramid]:
    """Return tufts of leaves in one colour, as cut-outs: uint8 (192, 192, 4), alpha last."""
    made = []
    for seed in rng.choice(6, count, replace=False):
        tuft = _cluster(int(seed) + 6 * kind, kind)
        tones = np.clip(tuft[..., :1] * colour * 1.25, 0, 255)
        made.append(Pyramid(np.concatenate([tones, 255 * tuft[..., 1:]], -1).astype(np.uint8)))
    return made


def _around_128(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(128 + values, 0, 255).astype(np.uint8)

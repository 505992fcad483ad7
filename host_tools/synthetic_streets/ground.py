"""The ground: its grain, and the shadows, lamplight and puddles on it.

World: x to the right, y up, z along the street, in metres.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image
from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import PinholeCamera, Points
from host_tools.synthetic_streets.textures import TILE, asphalt, grass, noise, paving

KERB_M = 0.12
ROAD, SIDEWALK, TERRAIN = 0, 1, 9
_GRAIN_M = 4.0  # what a tile of grain covers
_MAP_M = 0.1  # what a pixel of the map of shadows covers
_MAP_X, _MAP_Z = 30.0, 90.0
_DROP = 4.0  # metres of the map behind the camera


class GroundMap:
    """The ground around the camera, seen from above.

    shade: float32 (rows of z, columns of x), share of the light that is taken, 0 to 1.
    glow: likewise, share that lamps add, 0 to 0.9.
    """

    def __init__(self, x: float, z: float) -> None:
        self._origin = np.array([x - _MAP_X, z - _DROP])
        shape = (round((_MAP_Z + _DROP) / _MAP_M), round(2 * _MAP_X / _MAP_M))
        self.shade = np.zeros(shape, np.float32)
        self.glow = np.zeros(shape, np.float32)

    def darken(self, outline: Points, share: float) -> None:
        """Set the shade inside an outline to a share; outline: float64 (N, 2), x and z."""
        cells = np.rint((outline - self._origin) / _MAP_M * 16).astype(np.int32)
        cv2.fillPoly(self.shade, [cells], share, cv2.LINE_8, 4)

    def lighten(self, x: float, z: float, radius: float) -> None:
        """Add a lamp's light on a round patch."""
        cell = np.rint((np.array([x, z]) - self._origin) / _MAP_M).astype(int)
        at = (int(cell[0]), int(cell[1]))
        cv2.circle(self.glow, at, round(radius / _MAP_M), 0.5, -1)
        cv2.circle(self.glow, at, round(0.5 * radius / _MAP_M), 0.9, -1)

    def sampled(
        self, x: NDArray[np.float32], z: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return shade and glow at places on the ground: float32 (H, W) all."""
        column = (x - np.float32(self._origin[0])) / np.float32(_MAP_M)
        row = (z - np.float32(self._origin[1])) / np.float32(_MAP_M)
        return _soft_at(self.shade, 1.6, column, row), _soft_at(self.glow, 9.0, column, row)


def finish_ground(
    image: Image,
    labels: ClassMap,
    depth: NDArray[np.float32],
    camera: PinholeCamera,
    ground: GroundMap,
    light: Light,
    paving_kind: int,
) -> None:
    """Put grain and shadows on road, sidewalk and terrain, and their depth, in place.

    image: uint8 (H, W, 3) BGR. labels: uint8 (H, W). depth: float32 (H, W) metres.
    paving_kind: as `paving` takes it.
    """  # fmt: skip
    rays = camera.rays()
    below = np.flatnonzero((rays[..., 1] < -2e-3).any(1))
    if not len(below):
        return
    top = int(below[0])
    ray, kinds = rays[top:], labels[top:]
    on_ground = (kinds == ROAD) | (kinds == SIDEWALK) | (kinds == TERRAIN)
    height = np.where(kinds == ROAD, camera.centre[1], camera.centre[1] - KERB_M)
    reach = (height / np.maximum(-ray[..., 1], 2e-3)).astype(np.float32)
    x = np.float32(camera.centre[0]) + ray[..., 0] * reach
    z = np.float32(camera.centre[2]) + ray[..., 2] * reach
    forward = reach * (ray @ camera.rotation[2].astype(np.float32))
    np.copyto(depth[top:], forward, where=on_ground)
    # Grain finer than a pixel would flicker: it fades where a pixel covers more than its grain.
    near = np.clip(camera.focal_px * 1.4 / np.maximum(forward, 1) ** 2 / 3, 0, 1)
    grain = _grain(kinds, x, z, paving_kind)
    shade, glow = ground.sampled(x, z)
    tone = 1 + (grain.astype(np.float32) - 128) / 128 * near
    wide = np.float32(TILE / 60.0)
    patches = cv2.remap(_patches(), (x * wide) % TILE, (z * wide) % TILE, cv2.INTER_LINEAR)
    tone *= 1 + 0.045 * patches * (kinds != SIDEWALK)
    lit = (1 - shade)[..., None] * np.ones(3, np.float32)
    lit += glow[..., None] * np.array([0.35, 0.62, 0.85], np.float32)
    if light.rain:
        tone *= 1 - 0.22 * light.rain
    part = image[top:]
    changed = np.clip(part * (tone[..., None] * lit), 0, 255).astype(np.uint8)
    np.copyto(part, changed, where=on_ground[..., None])


def reflect(image: Image, labels: ClassMap, camera: PinholeCamera, light: Light) -> None:
    """Mirror the street in the wet road, smeared downwards, in place.

    A mirrored point lies as far below the horizon as the point itself lies above it.
    """
    height, width = image.shape[:2]
    _, down, forward = camera.rotation
    horizon = height / 2 - camera.focal_px * float(forward[1] / down[1])
    rows = np.arange(max(0, int(horizon)), height)
    if not len(rows):
        return
    source = np.clip(2 * horizon - rows, 0, height - 1).astype(int)
    mirrored = cv2.blur(image[source], (5, max(3, height // 14) | 1))
    column = np.tile(np.linspace(0, 200, width, dtype=np.float32), (len(rows), 1))
    row = np.tile(((rows - horizon) * 1.3).astype(np.float32)[:, None], (1, width))
    wet = cv2.remap(_patches(), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    share = light.rain * np.clip(0.42 + 0.10 * wet, 0.15, 0.7)
    kinds = labels[rows]
    share = share * ((kinds == ROAD) + 0.6 * (kinds == SIDEWALK))
    part = image[rows[0] :]
    part[:] = np.clip(part * (1 - share[..., None]) + mirrored * share[..., None], 0, 255)


def _grain(
    kinds: ClassMap, x: NDArray[np.float32], z: NDArray[np.float32], paving_kind: int
) -> NDArray[np.uint8]:
    scale = np.float32(TILE / _GRAIN_M)
    column, row = (x * scale) % TILE, (z * scale) % TILE
    grain = cv2.remap(asphalt(), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    for label, tile in ((SIDEWALK, paving(paving_kind)), (TERRAIN, grass())):
        chosen = kinds == label
        if chosen.any():
            other = cv2.remap(tile, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            np.copyto(grain, other, where=chosen)
    return np.asarray(grain, np.uint8)


def _patches() -> NDArray[np.float32]:
    return noise((5, 11, 23), 31)


def _soft_at(
    layer: NDArray[np.float32], by: float, column: NDArray[np.float32], row: NDArray[np.float32]
) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(layer, (0, 0), by) if layer.any() else layer
    return np.asarray(cv2.remap(soft, column, row, cv2.INTER_LINEAR, borderValue=0), np.float32)

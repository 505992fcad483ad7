"""Projection of points of the street's space into an image, by the pinhole model.

World: x to the right, y up, z along the street, in metres; the road's middle is x = 0, y = 0.
Camera: x to the right, y down, z forward, in metres. Picture: x to the right, y down, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin, tan
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points: TypeAlias = NDArray[np.float64]

NEAR_M = 0.4  # what is nearer is cut off


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """A camera: its place, its direction and its focal length.

    centre: float64 (3,) metres. rotation: float64 (3, 3), world to camera.
    """

    size_wh: tuple[int, int]
    focal_px: float
    centre: Points
    rotation: Points

    def to_camera(self, points: Points) -> Points:
        """Move points into the camera's space: float64 (N, 3) both."""
        return np.asarray((points - self.centre) @ self.rotation.T)

    def to_pixels(self, points: Points) -> Points:
        """Project points of the camera's space that lie before it: (N, 3) to (N, 2)."""
        width, height = self.size_wh
        return points[:, :2] * (self.focal_px / points[:, 2:]) + (width / 2, height / 2)

    def scaled(self, factor: int) -> PinholeCamera:
        """Return the same view with more pixels."""
        width, height = self.size_wh
        size_wh = (width * factor, height * factor)
        return replace(self, size_wh=size_wh, focal_px=self.focal_px * factor)

    def plane_to_pixels(self, origin: ArrayLike, across: ArrayLike, down: ArrayLike) -> Points:
        """Return the homography from a plane's own coordinates to pixels: float64 (3, 3).

        The point (u, v) of the plane is origin + u * across + v * down in the world.
        """
        width, height = self.size_wh
        focal = self.focal_px
        lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
        axes = np.stack([np.asarray(across), np.asarray(down), np.asarray(origin) - self.centre], 1)
        return np.asarray(lens @ self.rotation @ axes)

    def rays(self) -> Points:
        """Return the direction of each pixel's ray in the world: float32 (H, W, 3)."""
        width, height = self.size_wh
        x = (np.arange(width) + 0.5 - width / 2) / self.focal_px
        y = (np.arange(height) + 0.5 - height / 2) / self.focal_px
        right, down, forward = self.rotation
        ray = (y[:, None] * down + forward)[:, None] + (x[:, None] * right)[None]
        return np.asarray(ray, np.float32)


def look(
    size_wh: tuple[int, int],
    centre: tuple[float, float, float],
    *,
    fov_deg: float = 60.0,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
) -> PinholeCamera:
    """Place a camera that looks along the street.

    fov_deg: across the image's width. yaw_deg: to the right. pitch_deg: upwards.
    """
    yaw, pitch = radians(yaw_deg), radians(pitch_deg)
    forward = np.array([sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch)])
    right = np.array([cos(yaw), 0.0, -sin(yaw)])
    down = -np.cross(forward, right)
    focal_px = size_wh[0] / 2 / tan(radians(fov_deg) / 2)
    return PinholeCamera(size_wh, focal_px, np.array(centre), np.stack([right, down, forward]))


def clip_near(points: Points) -> Points:
    """Cut a polygon of the camera's space off before the camera: (N, 3) to (M, 3), M may be 0.

    Source: Sutherland and Hodgman, Reentrant polygon clipping, 1974.
    """
    inside = points[:, 2] >= NEAR_M
    if inside.all():
        return points
    if not inside.any():
        return points[:0]
    kept = []
    for here, there, is_in, will_be in zip(
        points, np.roll(points, -1, 0), inside, np.roll(inside, -1), strict=True
    ):
        if is_in:
            kept.append(here)
        if is_in != will_be:
            share = (NEAR_M - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept)

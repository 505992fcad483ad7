"""Painting of polygons and textures with their labels and depths, far ones first.

Everything is painted at twice the size and reduced at the end, which smooths the edges of the
colours; a label is that of one of the four points, so no label is ever mixed.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge_app.frame import ClassMap, Image
from host_tools.synthetic_streets.pinhole_camera import NEAR_M, PinholeCamera, Points, clip_near

Colour: TypeAlias = "tuple[float, float, float] | Points"
FINER = 2
_SHIFT = 4  # OpenCV draws to a sixteenth of a pixel
_LEVELS = 7


class Canvas:
    """The image that is being painted.

    pixels: uint8 (2H, 2W, 4) of blue, green, red and trainId.
    depth: float32 (2H, 2W) metres before the camera, infinite where nothing was painted.
    """

    def __init__(self, camera: PinholeCamera) -> None:
        self.camera = camera.scaled(FINER)
        width, height = self.camera.size_wh
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self.depth = np.full((height, width), np.inf, np.float32)

    def world_polygon(self, points: Points, colour: Colour, label: int) -> None:
        """Paint a flat polygon given in the world: float64 (N, 3)."""
        seen = clip_near(self.camera.to_camera(points))
        if len(seen) >= 3:
            depth = float(seen[:, 2].mean())
            self.polygon(self.camera.to_pixels(seen), colour, label, depth)

    def polygon(self, corners: Points, colour: Colour, label: int, depth: float) -> None:
        """Paint a polygon given in pixels: float64 (N, 2)."""
        if not self._in_sight(corners):
            return
        fixed = [_fixed(corners)]
        cv2.fillPoly(self.pixels, fixed, (*colour, label), cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self.depth, fixed, depth, cv2.LINE_8, _SHIFT)

    def claim(self, corners: Points, label: int, depth: float) -> None:
        """Set the label and depth of everything seen through a polygon.

        Cityscapes labels what shows through holes of a fence, a wheel or a crown as the thing
        in front; source: the labelling policy of the Cityscapes paper's supplement.
        """
        area = self._area(corners)
        if area is None:
            return
        top, left, bottom, right = area
        chosen = _mask(corners, area).view(bool)
        self.pixels[top:bottom, left:right, 3][chosen] = label
        self.depth[top:bottom, left:right][chosen] = depth

    def line(self, corners: Points, colour: Colour, label: int, depth: float, wide: float) -> None:
        """Paint a line through points in pixels: float64 (N, 2); wide in pixels."""
        if not self._in_sight(corners):
            return
        fixed, thick = [_fixed(corners)], max(1, round(wide))
        cv2.polylines(self.pixels, fixed, False, (*colour, label), thick, cv2.LINE_8, _SHIFT)
        cv2.polylines(self.depth, fixed, False, depth, thick, cv2.LINE_8, _SHIFT)

    def texture(
        self, levels: Pyramid, origin: ArrayLike, across: ArrayLike, down: ArrayLike, label: int
    ) -> None:
        """Paint a textured rectangle: from origin, `across` and `down` are its sides in metres."""
        start, side, fall = (np.asarray(edge, np.float64) for edge in (origin, across, down))
        corners = np.stack([start, start + side, start + side + fall, start + fall])
        seen = clip_near(self.camera.to_camera(corners))
        if len(seen) < 3:
            return
        outline = self.camera.to_pixels(seen)
        area = self._area(outline)
        if area is None:
            return
        top, left, bottom, right = area
        image = levels.fitting(*np.ptp(outline, axis=0))
        rows, columns = image.shape[:2]
        homography = self.camera.plane_to_pixels(start, side / columns, fall / rows)
        to_area = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ homography
        if abs(np.linalg.det(to_area)) < 1e-9:
            return
        size_wh = (right - left, bottom - top)
        warped = cv2.warpPerspective(
            image, to_area, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        mask = _mask(outline, area)
        # 1 / depth is linear in the image, so the depth follows from the plane itself.
        normal = self.camera.rotation @ np.cross(side, fall)
        offset = float(normal @ self.camera.to_camera(start[None])[0])
        width, height = self.camera.size_wh
        x = (np.arange(left, right) - width / 2) / self.camera.focal_px
        y = (np.arange(top, bottom) - height / 2) / self.camera.focal_px
        slope = (normal[0] * x + normal[2])[None] + (normal[1] * y)[:, None]
        with np.errstate(divide="ignore"):
            depth = np.clip(offset / slope, NEAR_M, 1e4)
        labelled = cv2.merge([warped, np.full(warped.shape[:2], label, np.uint8)])
        cv2.copyTo(labelled, mask, self.pixels[top:bottom, left:right])
        part, chosen = self.depth[top:bottom, left:right], mask.view(bool)
        np.copyto(part, depth, where=chosen, casting="same_kind")

    def sprite(self, levels: Pyramid, at: Points, radius_m: float, label: int) -> None:
        """Paint a square cut-out that faces the camera; at: float64 (3,) in the camera's space."""
        if at[2] < NEAR_M + radius_m:
            return
        radius = radius_m * self.camera.focal_px / at[2]
        centre = self.camera.to_pixels(at[None])[0]
        area = self._area(np.stack([centre - radius, centre + radius]))
        if area is None or radius < 0.5:
            return
        top, left, bottom, right = area
        image = levels.fitting(2 * radius, 2 * radius)
        zoom = 2 * radius / image.shape[0]
        move = np.array([[zoom, 0, centre[0] - radius - left], [0, zoom, centre[1] - radius - top]])
        warped = cv2.warpAffine(image, move, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        solid = (warped[..., 3] > 127).astype(np.uint8)
        warped[..., 3] = label
        cv2.copyTo(warped, solid, self.pixels[top:bottom, left:right])
        self.depth[top:bottom, left:right][solid.view(bool)] = at[2]

    def reduced(self) -> tuple[Image, ClassMap, NDArray[np.float32]]:
        """Return colours (H, W, 3) uint8, labels (H, W) uint8 and depths (H, W) float32."""
        height, width = self.depth.shape
        size_wh = (width // FINER, height // FINER)
        colours = cv2.resize(self.pixels[..., :3], size_wh, interpolation=cv2.INTER_AREA)
        labels = np.ascontiguousarray(self.pixels[::FINER, ::FINER, 3])
        return np.asarray(colours, np.uint8), labels, self.depth[::FINER, ::FINER].copy()

    def _area(self, corners: Points) -> tuple[int, int, int, int] | None:
        """Return top, left, bottom, right of the part inside the image, or None."""
        width, height = self.camera.size_wh
        (x, y), (x_end, y_end) = corners.min(0), corners.max(0)
        left, right = max(0, int(x) - 1), min(width, int(min(x_end, width)) + 2)
        top, bottom = max(0, int(y) - 1), min(height, int(min(y_end, height)) + 2)
        return (top, left, bottom, right) if left < right and top < bottom else None

    def _in_sight(self, corners: Points) -> bool:
        width, height = self.camera.size_wh
        (x, y), (x_end, y_end) = corners.min(0), corners.max(0)
        return bool(x_end >= 0 and y_end >= 0 and x < width and y < height)


class Pyramid:
    """A texture in halved sizes, each axis separately, made when first used.

    A facade along the street is squeezed far more across than down; halving both alike would
    blur it.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._levels = {(0, 0): image}

    def fitting(self, wide: float, high: float) -> NDArray[np.uint8]:
        """Return the level whose size comes next above the size in pixels."""
        rows, columns = self._levels[0, 0].shape[:2]
        across, down = (
            min(_LEVELS, int(np.log2(max(have / max(want, 1.0), 1.0))))
            for have, want in ((columns, wide), (rows, high))
        )
        if (across, down) not in self._levels:
            size_wh = (max(1, columns >> across), max(1, rows >> down))
            smaller = cv2.resize(self._levels[0, 0], size_wh, interpolation=cv2.INTER_AREA)
            self._levels[across, down] = np.asarray(smaller, np.uint8)
        return self._levels[across, down]


def _mask(outline: Points, area: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return 1 where a polygon covers an area of top, left, bottom, right, else 0."""
    top, left, bottom, right = area
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [_fixed(outline - (left, top))], 1, cv2.LINE_8, _SHIFT)
    return mask


def _fixed(corners: Points) -> NDArray[np.int32]:
    # Half a pixel, because OpenCV takes whole numbers for the pixels' middles.
    return np.rint(np.clip((corners - 0.5) * (1 << _SHIFT), -1e8, 1e8)).astype(np.int32)

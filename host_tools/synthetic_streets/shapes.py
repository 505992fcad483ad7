"""Solid things of faces, rounded limbs and wires, and their painting.

A thing's own space: x to its right, y up, z where it heads, in metres; it stands on y = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike

from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import NEAR_M, Points, clip_near
from host_tools.synthetic_streets.raster import Canvas, Pyramid

_CIRCLE = np.array([(cos(a), sin(a)) for a in np.arange(14) * (2 * pi / 14)])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands and heads; yaw in radians, 0 along the street."""

    x: float
    z: float
    yaw: float = 0.0
    y: float = 0.0

    def turn(self) -> Points:
        """Return the rotation from the thing's space to the world: (3, 3)."""
        c, s = cos(self.yaw), sin(self.yaw)
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

    def to_world(self, points: Points) -> Points:
        """Move points from the thing's space into the world: (N, 3) both."""
        return np.asarray(points @ self.turn().T + (self.x, self.y, self.z))


@dataclass(frozen=True, slots=True)
class Mesh:
    """Flat faces, in the order in which they are painted.

    points: (M, 3) of all faces in turn. ends: where each face ends.
    normals, colours: (F, 3). glows: (F,) bool, lit from within.
    """

    points: Points
    ends: tuple[int, ...]
    normals: Points
    colours: Points
    glows: Points
    label: int


class Faces:
    """Builder of a mesh; `centre` is inside it, so that normals point outwards."""

    def __init__(self, label: int, centre: ArrayLike = (0.0, 0.8, 0.0)) -> None:
        self._label = label
        self._centre = np.asarray(centre, np.float64)
        self._points: list[Points] = []
        self._normals: list[Points] = []
        self._colours: list[Points] = []
        self._glows: list[bool] = []

    def face(self, points: ArrayLike, colour: ArrayLike, *, glows: bool = False) -> None:
        """Add a flat face: (N, 3)."""
        corners = np.asarray(points, np.float64)
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        if normal @ (corners.mean(0) - self._centre) < 0:
            normal = -normal
        self._points.append(corners)
        self._normals.append(normal / max(float(np.linalg.norm(normal)), 1e-9))
        self._colours.append(np.asarray(colour, np.float64))
        self._glows.append(glows)

    def box(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, colour: ArrayLike) -> None:
        """Add a box without its bottom; x, y, z: (2,) from and to."""
        for end in np.asarray(z):
            self.across(x, y, end, colour)
        for end in np.asarray(x):
            self.along(end, y, z, colour)
        self.level(x, np.asarray(y)[1], z, colour)

    def across(
        self, x: ArrayLike, y: ArrayLike, z: float, colour: ArrayLike, *, glows: bool = False
    ) -> None:
        """Add an upright rectangle that faces along the street."""
        (x0, x1), (y0, y1) = np.asarray(x), np.asarray(y)
        self.face([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], colour, glows=glows)

    def along(
        self, x: float, y: ArrayLike, z: ArrayLike, colour: ArrayLike, *, glows: bool = False
    ) -> None:
        """Add an upright rectangle that faces sideways."""
        (y0, y1), (z0, z1) = np.asarray(y), np.asarray(z)
        self.face([(x, y0, z0), (x, y0, z1), (x, y1, z1), (x, y1, z0)], colour, glows=glows)

    def level(
        self, x: ArrayLike, y: float, z: ArrayLike, colour: ArrayLike, *, glows: bool = False
    ) -> None:
        """Add a level rectangle."""
        (x0, x1), (z0, z1) = np.asarray(x), np.asarray(z)
        self.face([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)], colour, glows=glows)

    def disc(
        self,
        at: ArrayLike,
        radius: float,
        colour: ArrayLike,
        axis: str = "x",
        *,
        glows: bool = False,
    ) -> None:
        """Add a round face; axis: x faces sideways, z along the street."""
        x, y, z = np.asarray(at, np.float64)
        u, v = radius * _CIRCLE.T
        still = np.zeros_like(u)
        points = np.stack([x + still, y + v, z + u] if axis == "x" else [x + u, y + v, z + still])
        self.face(points.T, colour, glows=glows)

    def mesh(self) -> Mesh:
        """Return what was collected."""
        ends = np.cumsum([len(points) for points in self._points])
        return Mesh(
            np.concatenate(self._points), tuple(int(end) for end in ends),
            np.array(self._normals), np.array(self._colours),
            np.array(self._glows, np.float64), self._label,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limb:
    """A rounded part: the hull of balls, or a wire through points, or a hole to be claimed.

    points: (N, 3). radii: (N,) metres.
    """

    points: Points
    radii: Points
    colour: Points
    label: int
    kind: str = "hull"


@dataclass(frozen=True, slots=True)
class Foliage:
    """Tufts of leaves: where (N, 3), how large (N,), and which cut-out each one is."""

    points: Points
    radii: Points
    tufts: tuple[Pyramid, ...]
    label: int


@dataclass(frozen=True, slots=True)
class FlatPanel:
    """A textured rectangle: a corner and two sides, (3,) each; its light is painted in."""

    levels: Pyramid
    origin: Points
    across: Points
    down: Points
    label: int


Part: TypeAlias = "Mesh | Foliage | FlatPanel | tuple[Limb, ...]"
Model: TypeAlias = tuple[Part, ...]


def limb(balls: Sequence[Sequence[float]], colour: ArrayLike, label: int) -> Limb:
    """Make a rounded part from balls of (x, y, z, radius)."""
    rows = np.asarray(balls, np.float64)
    return Limb(rows[:, :3], rows[:, 3], np.asarray(colour, np.float64), label)


def wire(points: ArrayLike, radius: float, colour: ArrayLike, label: int) -> Limb:
    """Make a wire through points (N, 3)."""
    rows = np.asarray(points, np.float64)
    return Limb(rows, np.full(len(rows), radius), np.asarray(colour, np.float64), label, "wire")


def hole(points: ArrayLike, label: int) -> Limb:
    """Make a polygon (N, 3) through which one sees, yet which belongs to the thing."""
    rows = np.asarray(points, np.float64)
    return Limb(rows, np.zeros(len(rows)), np.zeros(3), label, "hole")


def ring(centre: ArrayLike, radius: float, count: int = 20) -> Points:
    """Return the points of an upright wheel that rolls along z: (count + 1, 3)."""
    angles = np.linspace(0, 2 * pi, count + 1)
    circle = np.stack([np.zeros_like(angles), np.sin(angles), np.cos(angles)], 1)
    return np.asarray(np.asarray(centre) + radius * circle)


def paint(canvas: Canvas, light: Light, model: Model, place: Place) -> None:
    """Paint a thing where it stands; of solid parts, as a truck's, the far one first."""
    meshes = [part for part in model if isinstance(part, Mesh)]
    if len(meshes) == len(model):
        eye = (canvas.camera.centre - (place.x, place.y, place.z)) @ place.turn()
        meshes.sort(key=lambda mesh: -float(np.linalg.norm(mesh.points.mean(0) - eye)))
        model = tuple(meshes)
    for part in model:
        if isinstance(part, Mesh):
            _paint_mesh(canvas, light, part, place)
        elif isinstance(part, Foliage):
            _paint_foliage(canvas, part, place)
        elif isinstance(part, FlatPanel):
            turn = place.turn()
            origin = place.to_world(part.origin[None])[0]
            across, down = turn @ part.across, turn @ part.down
            canvas.texture(part.levels, origin, across, down, part.label)
        else:
            _paint_limbs(canvas, light, part, place)


def _paint_mesh(canvas: Canvas, light: Light, mesh: Mesh, place: Place) -> None:
    camera = canvas.camera
    world = place.to_world(mesh.points)
    normals = mesh.normals @ place.turn().T
    starts = (0, *mesh.ends[:-1])
    facing = ((camera.centre - world[list(starts)]) * normals).sum(1) > 0
    shares = np.where(mesh.glows[:, None] > 0, 1.0, light.on(normals))
    colours = np.minimum(mesh.colours * shares, 255.0)
    seen = camera.to_camera(world)
    whole = bool((seen[:, 2] > NEAR_M).all())
    corners = camera.to_pixels(seen) if whole else seen
    for index in np.flatnonzero(facing):
        part = slice(starts[index], mesh.ends[index])
        kept = seen[part] if whole else clip_near(seen[part])
        if len(kept) >= 3:
            outline = corners[part] if whole else camera.to_pixels(kept)
            depth = float(kept[:, 2].mean())
            canvas.polygon(outline, colours[index], mesh.label, depth)


def _paint_foliage(canvas: Canvas, part: Foliage, place: Place) -> None:
    seen = canvas.camera.to_camera(place.to_world(part.points))
    for index in np.argsort(-seen[:, 2]):
        tuft = part.tufts[index % len(part.tufts)]
        canvas.sprite(tuft, seen[index], float(part.radii[index]), part.label)


def _paint_limbs(canvas: Canvas, light: Light, limbs: Sequence[Limb], place: Place) -> None:
    camera = canvas.camera
    seen = camera.to_camera(place.to_world(np.concatenate([part.points for part in limbs])))
    if seen[:, 2].min() < NEAR_M + 0.3:
        return
    corners = camera.to_pixels(seen)
    scales = camera.focal_px / seen[:, 2]
    ends = np.cumsum([len(part.points) for part in limbs])
    ranges = [slice(end - len(part.points), end) for part, end in zip(limbs, ends, strict=True)]
    depths = [float(seen[where, 2].mean()) for where in ranges]
    base = light.ambient_bgr + 0.25 * light.sun_bgr
    bright = light.ambient_bgr + 0.75 * light.sun_bgr
    # The sun's side in the image: right and down are positive there.
    aside, down, _ = camera.rotation @ light.sun
    nearest_last = sorted(zip(limbs, ranges, depths, strict=True), key=lambda each: -each[2])
    for part, where, depth in nearest_last:
        points, radii = corners[where], part.radii * scales[where]
        if part.kind == "hole":
            canvas.claim(points, part.label, depth)
        elif part.kind == "wire":
            colour = np.minimum(part.colour * bright, 255)
            canvas.line(points, colour, part.label, depth, 2 * float(radii.mean()))
        else:
            dark = np.minimum(part.colour * base, 255)
            canvas.polygon(_hull(points, radii), dark, part.label, depth)
            if radii.max() > 1.5:
                lit = np.minimum(part.colour * bright, 255)
                offset = radii[:, None] * (0.34 * aside, 0.34 * down)
                canvas.polygon(_hull(points + offset, 0.56 * radii), lit, part.label, depth)


def _hull(points: Points, radii: Points) -> Points:
    """Return the outline around circles: (M, 2)."""
    rims = (points[:, None] + np.maximum(radii, 0.5)[:, None, None] * _CIRCLE).reshape(-1, 2)
    outline = cv2.convexHull(rims.astype(np.float32))
    return np.asarray(outline[:, 0], np.float64)

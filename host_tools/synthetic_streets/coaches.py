"""Buses and trams."""

from __future__ import annotations

import numpy as np

from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Faces, Model
from host_tools.synthetic_streets.vehicles import (
    DARK,
    GLASS,
    LAMP,
    PLATE,
    RED,
    WHITE,
    livery,
    wheels,
)

BUS, TRAIN = 15, 16


def make_bus(rng: np.random.Generator, *, lamps: bool = False) -> Model:
    """Build a city bus."""
    paint = livery(rng)
    faces = Faces(BUS, (0, 1.6, 0))
    half, wide, high = float(rng.uniform(5.0, 6.0)), 1.27, 3.05
    faces.box((-wide, wide), (0.32, high), (-half, half), paint)
    _bus_sides(faces, wide, half, paint, lamps=lamps)
    _bus_ends(faces, wide, half, paint, lamps=lamps)
    for z in (half - 2.6, -half + 3.0):
        wheels(faces, wide, z, 0.48, paint * 0.5)
    faces.across((-0.9, 0.9), (2.62, 2.92), half + 0.02, DARK)
    faces.across((-0.6, 0.6), (2.68, 2.86), half + 0.03, LAMP, glows=True)
    faces.across((-0.85, 0.85), (0.6, 1.1), -half - 0.02, paint * 0.55)
    return (faces.mesh(),)


def make_tram(rng: np.random.Generator, *, lamps: bool = False) -> Model:
    """Build a tram of three sections, which Cityscapes calls a train."""
    paint = livery(rng)
    wide, parts = 1.25, []
    for z0, z1 in ((-13.0, -4.6), (-4.2, 4.2), (4.6, 13.0)):
        faces = Faces(TRAIN, (0, 1.7, (z0 + z1) / 2))
        faces.box((-wide, wide), (0.28, 3.35), (z0, z1), np.array([214.0, 214, 210]))
        for side in (-1, 1):
            x = side * (wide + 0.01)
            faces.along(x, (0.28, 1.15), (z0, z1), paint)
            faces.along(x * 1.001, (1.35, 2.6), (z0 + 0.2, z1 - 0.2), GLASS * 0.7)
            faces.along(x * 1.002, (2.0, 2.6), (z0 + 0.2, z1 - 0.2), GLASS * 1.05)
            for z in np.arange(z0 + 1.6, z1 - 0.5, 1.5):
                faces.along(x * 1.003, (1.35, 2.6), (z, z + 0.12), DARK)
            door = (z0 + z1) / 2
            faces.along(x * 1.004, (0.42, 2.55), (door - 0.75, door + 0.75), paint * 0.7)
            faces.along(x * 1.005, (0.9, 2.4), (door - 0.6, door - 0.06), GLASS)
            faces.along(x * 1.005, (0.9, 2.4), (door + 0.06, door + 0.6), GLASS)
            faces.along(x * 1.004, (0.26, 0.42), (z0, z1), DARK)
        for z, end in ((z0, -1), (z1, 1)):
            if abs(z) < 12:
                faces.across((-wide + 0.1, wide - 0.1), (0.4, 3.1), z + end * 0.2, DARK)
                continue
            at = z + end * 0.02
            faces.across((-wide, wide), (0.3, 1.2), at, paint)
            faces.across((-wide + 0.1, wide - 0.1), (1.35, 2.75), at, GLASS * 0.75)
            faces.across((-wide + 0.1, wide - 0.1), (2.1, 2.75), at + end * 0.01, GLASS * 1.1)
            faces.across((-0.6, 0.6), (2.9, 3.2), at, DARK)
            faces.across((-0.4, 0.4), (2.95, 3.15), at + end * 0.01, LAMP, glows=True)
            for side in (-1, 1):
                colour = WHITE if end > 0 else RED
                span = (side * 1.05, side * 0.75)
                faces.across(span, (0.7, 0.92), at + end * 0.02, colour, glows=lamps)
        parts.append(faces.mesh())
    return tuple(parts)


def _bus_sides(faces: Faces, wide: float, half: float, paint: Points, *, lamps: bool) -> None:
    """Add windows and doors."""
    low, high = 1.15, 2.45
    for side in (-1, 1):
        x = side * (wide + 0.01)
        glass = np.array([110.0, 170, 205]) if lamps else GLASS * 0.72
        faces.along(x, (low, high), (-half + 0.25, half - 0.3), glass, glows=lamps)
        faces.along(x * 1.001, ((low + high) / 2, high), (-half + 0.25, half - 0.3), glass * 1.3)
        for z in np.arange(-half + 1.6, half - 0.6, 1.45):
            faces.along(x * 1.002, (low, high), (z, z + 0.1), DARK)
        faces.along(x * 1.001, (0.32, 0.5), (-half, half), paint * 0.5)
        faces.along(x * 1.001, (0.85, 1.0), (-half, half), np.minimum(paint * 1.3 + 20, 245))
    for z in (half - 1.5, -0.4):  # doors are on the right
        faces.along(wide + 0.02, (0.36, 2.5), (z - 0.6, z + 0.6), DARK)
        faces.along(wide + 0.022, (0.5, 2.4), (z - 0.52, z - 0.05), GLASS)
        faces.along(wide + 0.022, (0.5, 2.4), (z + 0.05, z + 0.52), GLASS)


def _bus_ends(faces: Faces, wide: float, half: float, paint: Points, *, lamps: bool) -> None:
    """Add windscreen, rear window, lights and plates."""
    front, back = half + 0.01, -half - 0.01
    faces.across((-wide + 0.08, wide - 0.08), (1.05, 2.55), front, GLASS * 0.75)
    faces.across((-wide + 0.08, wide - 0.08), (1.8, 2.55), front + 0.005, GLASS * 1.15)
    faces.across((-wide + 0.2, wide - 0.2), (1.5, 2.5), back, GLASS * 0.9)
    faces.across((-wide, wide), (0.32, 0.5), front, paint * 0.5)
    for side in (-1, 1):
        span = (side * (wide - 0.08), side * (wide - 0.40))
        faces.across(span, (0.60, 0.82), front + 0.01, WHITE, glows=lamps)
        faces.across(span, (0.62, 0.95), back - 0.01, RED * (1.3 if lamps else 1), glows=lamps)
    faces.across((-0.26, 0.26), (0.4, 0.52), back - 0.02, PLATE)
    faces.across((-0.26, 0.26), (0.36, 0.48), front + 0.02, PLATE)

"""Houses, built of their fronts, sides and roofs."""

from __future__ import annotations

import numpy as np

from host_tools.synthetic_streets.facades import House, draw_front
from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.raster import Pyramid
from host_tools.synthetic_streets.shapes import Faces, FlatPanel, Mesh, Model

BUILDING = 2
_DEEP_M = 11.0
_ROOFS = ((58, 66, 116), (70, 76, 84), (50, 52, 96), (88, 84, 82), (60, 80, 130))


def build_house(
    house: House,
    rng: np.random.Generator,
    light: Light,
    side: float,
    wide: float,
    density: float,
    *,
    corner: bool,
) -> Model:
    """Build a house along z from 0 to wide, on one side of the road.

    side: -1 left, 1 right. density: of its front, in pixels per metre. corner: whether its
    near side shows windows, because a side street or a park lies before it.
    """
    high = house.height_m
    front = draw_front(house, wide, light, (-side, 0, 0), density, rng)
    # Seen from the road, the right house's left end is its far one.
    start, step = (wide, -1.0) if side > 0 else (0.0, 1.0)
    detail = density * (0.8 if corner else 0.4)
    flank = draw_front(house, _DEEP_M, light, (0, 0, -1), detail, rng if corner else None)
    left = 0.0 if side > 0 else -_DEEP_M
    panels = (
        FlatPanel(
            Pyramid(image), np.array(origin), np.array(across), np.array([0, -high, 0.0]), BUILDING
        )
        for image, origin, across in (
            (flank, (left, high, 0), (_DEEP_M, 0, 0.0)),
            (front, (0, high, start), (0, 0, step * wide)),
        )
    )
    return (_roof(rng, house, side, wide), *panels)


def _roof(rng: np.random.Generator, house: House, side: float, wide: float) -> Mesh:
    high = house.height_m
    roof = Faces(BUILDING, (side * _DEEP_M / 2, high - 1, wide / 2))
    deep = side * _DEEP_M
    if house.kind in {"glass", "panel"}:
        roof.box((0, deep), (high, high + 0.5), (0, wide), house.trim * 0.9)
        roof.box(
            (side * 3, side * 6), (high + 0.5, high + 2.4), (wide * 0.3, wide * 0.6), house.wall
        )
        return roof.mesh()
    colour = np.array(_ROOFS[rng.integers(len(_ROOFS))]) * rng.uniform(0.85, 1.15)
    up = float(rng.uniform(1.8, 3.4))
    ridge = deep / 2
    eaves, top = -side * 0.35, high + up
    roof.face([(eaves, high, 0), (eaves, high, wide), (ridge, top, wide), (ridge, top, 0)], colour)
    roof.face([(0, high, 0), (deep, high, 0), (ridge, top, 0)], house.wall * 0.95)
    for z in () if house.balconies else np.arange(1.5, wide - 2, 3.4):
        x0, x1 = side * 1.0, side * 2.6
        y = high + up * 0.35
        roof.box((x0, x1), (y, y + 1.3), (z, z + 1.3), colour * 0.8)
        roof.along(x0 - side * 0.02, (y + 0.2, y + 1.1), (z + 0.2, z + 1.1), (110, 96, 84))
    at = float(rng.uniform(0.2, 0.7)) * wide
    roof.box((ridge - 0.4, ridge + 0.4), (top - 0.5, top + 1.1), (at, at + 0.9), (70, 84, 128))
    return roof.mesh()

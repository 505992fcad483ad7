"""The lots beside a street: houses, parks, walls, side streets."""

from __future__ import annotations

import numpy as np

from host_tools.synthetic_streets.facades import House, draw_front, make_house
from host_tools.synthetic_streets.furniture import (
    leaf_colour,
    make_fence,
    make_hedge,
    make_tree,
    make_wall,
)
from host_tools.synthetic_streets.ground import KERB_M, ROAD, TERRAIN
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.raster import Pyramid
from host_tools.synthetic_streets.shapes import Faces, FlatPanel, Mesh, Model, Place
from host_tools.synthetic_streets.street_layout import LINE, LOT, Patch, Span, Street, Thing, still
from host_tools.synthetic_streets.textures import leaves

GRASS = np.array([66.0, 122, 100])
ASPHALT = np.array([98.0, 96, 94])
BUILDING = 2
_DEEP_M = 11.0
_ROOFS = ((58, 66, 116), (70, 76, 84), (50, 52, 96), (88, 84, 82), (60, 80, 130))


class Lots:
    """The lots on one side of a street.

    side: -1 left, 1 right. front: pixels per metre of the fronts. tall: of the houses, 1 is usual.
    """

    def __init__(
        self, street: Street, side: float, rng: np.random.Generator, front: float, tall: float
    ) -> None:
        self.street, self.side, self.rng = street, side, rng
        self.front, self.tall = front, tall
        self._x = side * street.lot_m

    def fill(self, kinds: list[tuple[str, float]]) -> None:
        """Add lots one behind the other: (kind, length) each, stretched to the street's length."""
        total = sum(length for _, length in kinds)
        z, before = 0.0, kinds[-1][0]
        for kind, length in kinds:
            long = length * self.street.length_m / total
            if kind == "house":
                self.house(z, long, corner=before != "house")
            elif kind in {"park", "fenced"}:
                self.park(z, long, fenced=kind == "fenced")
            elif kind == "wall":
                self.walled(z, long)
            else:
                self.side_street(z, long)
            z, before = z + long, kind

    def house(self, z: float, long: float, *, corner: bool) -> None:
        """Add a house; corner: its near side shows windows, since no house is before it."""
        rng, light, side = self.rng, self.street.light, self.side
        house = make_house(rng, self.tall)
        high = house.height_m
        front = draw_front(house, long, light, (-side, 0, 0), self.front, rng)
        detail = self.front * (0.8 if corner else 0.4)
        flank = draw_front(house, _DEEP_M, light, (0, 0, -1), detail, rng if corner else None)
        # Seen from the road, the right house's left end is its far one.
        start, step = (long, -1.0) if side > 0 else (0.0, 1.0)
        left, down = 0.0 if side > 0 else -_DEEP_M, np.array([0, -high, 0.0])
        panels = tuple(
            FlatPanel(Pyramid(image), np.array(origin), np.array(across), down, BUILDING)
            for image, origin, across in (
                (flank, (left, high, 0), (_DEEP_M, 0, 0.0)),
                (front, (0, high, start), (0, 0, step * long)),
            )
        )
        model: Model = (_roof(rng, house, side, long), *panels)
        self._stand(model, z, LOT, (0.0, long, high), far_m=230.0)

    def park(self, z: float, long: float, *, fenced: bool) -> None:
        """Add grass with trees behind a fence, or by chance a hedge or nothing."""
        rng = self.rng
        colour = GRASS * rng.uniform(0.9, 1.15)
        self._lay(self._x, 26, (z, z + long), KERB_M, colour, TERRAIN)
        for _ in range(max(2, round(long / 6))):
            x = self._x + self.side * float(rng.uniform(4, 20))
            self.tree(LOT, x, z + float(rng.uniform(1, long - 1)), float(rng.uniform(6, 11)))
        kind = 0.0 if fenced else rng.random()
        line = long - 0.6
        if kind < 0.62:
            fence = make_fence(rng, line)
            self._stand(fence, z + 0.3, LINE, (0.2, line, 1.5), far_m=150.0, shade=0.5)
        elif kind < 0.85:
            hedge = make_hedge(rng, self._tufts(2), line, 1.3)
            self._stand(hedge, z + 0.3, LINE, (0.2, line, 1.3), far_m=150.0)

    def walled(self, z: float, long: float) -> None:
        """Add a wall with trees behind it."""
        rng = self.rng
        for _ in range(max(1, round(long / 7))):
            x = self._x + self.side * float(rng.uniform(3, 9))
            self.tree(LOT, x, z + float(rng.uniform(1, long - 1)), 7.5)
        wall = make_wall(rng, self.street.light, self.side, long, self.front)
        self._stand(wall, z, LINE, (0.2, long, 2.2), far_m=150.0)

    def side_street(self, z: float, long: float) -> None:
        """Add a side street: asphalt up to the kerb line, nothing beyond."""
        kerb = self.side * self.street.half_m
        self._lay(kerb, 60, (z + 0.4, z + long - 0.4), 0.02, ASPHALT, ROAD)

    def tree(self, strip: int, x: float, z: float, high: float) -> None:
        """Add a tree."""
        rng = self.rng
        tufts = self._tufts(1 if rng.random() < 0.15 else 0)
        wide = high * float(rng.uniform(0.26, 0.36))
        model = make_tree(rng, tufts, high, wide)
        place = Place(x, z, float(rng.uniform(0, 6.28)), KERB_M)
        crown = (1.5 * wide, 1.5 * wide, 0.75 * high)
        self.street.things.append(Thing(still(model), place, strip, crown, far_m=150.0, shade=0.8))

    def _tufts(self, kind: int) -> list[Pyramid]:
        light = self.street.light.of((0.0, 0.8, -0.3))
        return leaves(leaf_colour(self.rng) * light * 1.05, kind, self.rng)

    def _stand(
        self,
        model: Model,
        z: float,
        strip: int,
        size: tuple[float, float, float],
        *,
        far_m: float,
        shade: float = 1.0,
    ) -> None:
        """Add a thing that begins at z along the front of a lot."""
        place = Place(self._x, z, 0.0, KERB_M)
        thing = Thing(still(model), place, strip, size, ahead=True, far_m=far_m, shade=shade)
        self.street.things.append(thing)

    def _lay(self, x: float, wide: float, z: Span, y: float, colour: Points, label: int) -> None:
        """Add a patch of ground from x away from the road."""
        end = x + self.side * wide
        self.street.patches.append(Patch((min(x, end), max(x, end)), z, y, colour, label))


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

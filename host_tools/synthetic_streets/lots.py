"""The lots beside a street: houses, parks, walls, side streets."""

from __future__ import annotations

import numpy as np

from host_tools.synthetic_streets.facades import make_house
from host_tools.synthetic_streets.furniture import (
    leaf_colour,
    make_fence,
    make_hedge,
    make_tree,
    make_wall,
)
from host_tools.synthetic_streets.ground import KERB_M, ROAD, TERRAIN
from host_tools.synthetic_streets.houses import build_house
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.raster import Pyramid
from host_tools.synthetic_streets.shapes import Model, Place
from host_tools.synthetic_streets.street_layout import LINE, LOT, Patch, Span, Street, Thing, still
from host_tools.synthetic_streets.textures import leaves

GRASS = np.array([66.0, 122, 100])
ASPHALT = np.array([98.0, 96, 94])


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
        """Add a house."""
        house = make_house(self.rng, self.tall)
        light = self.street.light
        model = build_house(house, self.rng, light, self.side, long, self.front, corner=corner)
        self._stand(model, z, LOT, (0.0, long, house.height_m), far_m=230.0)

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

"""The lots beside a street: houses, parks, walls, side streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from host_tools.synthetic_streets.shapes import Model, Place
from host_tools.synthetic_streets.street_layout import LINE, LOT, Patch, Street, Thing, still
from host_tools.synthetic_streets.textures import leaves

GRASS = np.array([66.0, 122, 100])
ASPHALT = np.array([98.0, 96, 94])


@dataclass(frozen=True, slots=True)
class Detail:
    """How finely things are drawn; front is in pixels per metre."""

    front: float = 28.0


class Lots:
    """Fill one side of a street; side: -1 left, 1 right."""

    def __init__(
        self, street: Street, side: float, rng: np.random.Generator, detail: Detail, tall: float
    ) -> None:
        self.street, self.side, self.rng = street, side, rng
        self.detail, self.tall = detail, tall
        self._x = side * street.lot_m

    def fill(self, kinds: list[tuple[str, float]]) -> None:
        """Add lots in a row: (kind, length) each, stretched to the street's length."""
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
        """Put a house up."""
        street = self.street
        model, house = build_house(
            self.rng,
            street.light,
            self.side,
            long,
            self.detail.front,
            tall=self.tall,
            corner=corner,
        )
        self._add(model, z, (0.0, long, house.height_m))

    def park(self, z: float, long: float, *, fenced: bool) -> None:
        """Add grass with trees, behind the given fence or else a hedge."""
        rng = self.rng
        x, far = self._x, self._x + self.side * 26
        self.street.patches.append(
            Patch(
                (min(x, far), max(x, far)),
                (z, z + long),
                KERB_M,
                GRASS * rng.uniform(0.9, 1.15),
                TERRAIN,
            )
        )
        for _ in range(max(2, round(long / 6))):
            tree_x = self.side * float(rng.uniform(4, 20))
            self.tree(
                LOT, x + tree_x, z + float(rng.uniform(1, long - 1)), float(rng.uniform(6, 11))
            )
        kind = 0.0 if fenced else rng.random()
        if kind < 0.62:
            self.at_line(make_fence(rng, long - 0.6), z + 0.3, long - 0.6, 1.5, shade=0.5)
        elif kind < 0.85:
            tufts = leaves(self._leaf_light(leaf_colour(rng)), 2, rng)
            self.at_line(make_hedge(rng, tufts, long - 0.6, 1.3), z + 0.3, long - 0.6, 1.3)

    def walled(self, z: float, long: float) -> None:
        """Put up a wall with trees behind it."""
        rng = self.rng
        for _ in range(max(1, round(long / 7))):
            self.tree(
                LOT,
                self._x + self.side * float(rng.uniform(3, 9)),
                z + float(rng.uniform(1, long - 1)),
                7.5,
            )
        model = make_wall(rng, self.street.light, self.side, long, self.detail.front)
        self.at_line(model, z, long, 2.2)

    def side_street(self, z: float, long: float) -> None:
        """Open a side street: asphalt up to the kerb line, nothing beyond."""
        x = self.side * self.street.half_m
        end = x + self.side * 60
        patch = Patch((min(x, end), max(x, end)), (z + 0.4, z + long - 0.4), 0.02, ASPHALT, ROAD)
        self.street.patches.append(patch)

    def tree(self, strip: int, x: float, z: float, high: float) -> None:
        """Plant a tree."""
        rng = self.rng
        kind = 1 if rng.random() < 0.15 else 0
        tufts = leaves(self._leaf_light(leaf_colour(rng)), kind, rng)
        wide = high * float(rng.uniform(0.26, 0.36))
        model = make_tree(rng, tufts, high, wide)
        place = Place(x, z, float(rng.uniform(0, 6.28)), KERB_M)
        crown = (1.5 * wide, 1.5 * wide, 0.75 * high)
        self.street.things.append(Thing(still(model), place, strip, crown, far_m=150.0, shade=0.8))

    def at_line(
        self, model: Model, z: float, long: float, high: float, *, shade: float = 1.0
    ) -> None:
        """Put something along the front of a lot."""
        place = Place(self._x, z, 0.0, KERB_M)
        self.street.things.append(
            Thing(
                still(model), place, LINE, (0.2, long, high), ahead=True, far_m=150.0, shade=shade
            )
        )

    def _leaf_light(self, colour: Points) -> Points:
        share: Points = self.street.light.of((0.0, 0.8, -0.3))
        return np.asarray(colour * share * 1.05)

    def _add(self, model: Model, z: float, size: tuple[float, float, float]) -> None:
        place = Place(self._x, z, 0.0, KERB_M)
        self.street.things.append(Thing(still(model), place, LOT, size, ahead=True, far_m=230.0))

"""Vehicles, riders and people on a street, and the furniture of its pavements."""

from __future__ import annotations

from math import pi

import numpy as np

from host_tools.synthetic_streets.coaches import make_bus, make_tram
from host_tools.synthetic_streets.cycles import (
    frame_colour,
    make_bicycle,
    make_cyclist,
    make_motorcycle,
    make_motorcyclist,
)
from host_tools.synthetic_streets.furniture import (
    make_bin,
    make_bollard,
    make_lamp_post,
    make_sign,
    make_traffic_light,
)
from host_tools.synthetic_streets.ground import KERB_M, ROAD, TERRAIN
from host_tools.synthetic_streets.lots import GRASS
from host_tools.synthetic_streets.people import Moving, make_looks, make_walker
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Model, Place
from host_tools.synthetic_streets.street_layout import (
    KERB,
    WALK,
    Patch,
    Street,
    Thing,
    still,
)
from host_tools.synthetic_streets.vehicles import make_car, make_truck

_WHITE = np.array([206.0, 210, 212])
_SIZES = {
    "car": (1.8, 4.5, 1.5), "truck": (2.4, 7.6, 3.2), "bus": (2.5, 11.5, 3.0),
    "tram": (2.5, 26.0, 3.4), "bicycle": (0.5, 1.8, 1.0), "cyclist": (0.5, 1.8, 1.8),
    "motorcycle": (0.7, 2.1, 1.1), "motorcyclist": (0.7, 2.1, 1.6), "person": (0.5, 0.4, 1.7),
}  # fmt: skip


class Traffic:
    """Add things to a street; positions are metres at the time 0."""

    def __init__(self, street: Street, rng: np.random.Generator) -> None:
        self.street, self.rng = street, rng
        self.lamps = street.light.lamps

    def vehicle(
        self, kind: str, x: float, z: float, strip: int, *, speed: float = 0.0, back: bool = False
    ) -> None:
        """Add a vehicle or a cycle, with its rider where it is called so; back: towards us."""
        yaw = pi if back else 0.0
        raised = KERB_M if strip in {WALK, KERB} else 0.0
        self._add(
            self._made(kind), Place(x, z, yaw, raised), strip, kind, -speed if back else speed
        )

    def _made(self, kind: str) -> Moving:
        rng = self.rng
        if kind == "car":
            return still(make_car(rng, lamps=self.lamps))
        if kind == "truck":
            return still(make_truck(rng, lamps=self.lamps))
        if kind == "bus":
            return still(make_bus(rng, lamps=self.lamps))
        if kind == "tram":
            return still(make_tram(rng, lamps=self.lamps))
        colour: Points = frame_colour(rng)
        if kind == "bicycle":
            return still(make_bicycle(colour, float(rng.uniform(0, 6)), bool(rng.random() < 0.4)))
        if kind == "motorcycle":
            return still(make_motorcycle(colour, bool(rng.random() < 0.5)))
        looks = make_looks(rng)
        helmet = frame_colour(rng)
        if kind == "cyclist":
            return make_cyclist(
                looks, colour, helmet if rng.random() < 0.5 else None, 1.1, float(rng.random())
            )
        return still(make_motorcyclist(looks, colour, helmet, bool(rng.random() < 0.4)))

    def person(
        self, x: float, z: float, strip: int = WALK, *, speed: float = 0.0, yaw: float | None = None
    ) -> None:
        """Add a person who walks along the street, or stands where speed is 0."""
        rng = self.rng
        looks = make_looks(rng, rain=self.street.light.rain > 0)
        stride = abs(speed) / 1.5
        if yaw is None:
            yaw = (0.0 if speed > 0 else pi) if speed else float(rng.uniform(0, 2 * pi))
        raised = KERB_M if strip in {WALK, KERB} else 0.0
        model = make_walker(looks, stride, float(rng.random()))
        self._add(model, Place(x, z, yaw, raised), strip, "person", speed)

    def _add(self, model: Moving, place: Place, strip: int, kind: str, speed: float) -> None:
        self.street.things.append(
            Thing(model, place, strip, _SIZES[kind], speed=speed, far_m=140.0)
        )

    def stand(
        self, model: Model, x: float, z: float, high: float, *, strip: int = KERB, glow: float = 0.0
    ) -> None:
        """Put something slim on the pavement."""
        size = (0.14, 0.14, high)
        place = Place(x, z, 0.0, KERB_M)
        self.street.things.append(
            Thing(still(model), place, strip, size, far_m=120.0, glow_m=glow, shade=0.7)
        )

    def lamp_posts(self, every_m: float, side: float) -> None:
        """Put street lights up."""
        count = max(1, round(self.street.length_m / every_m))
        for number in range(count):
            z = (number + 0.5 + 0.25 * side) * self.street.length_m / count
            model = make_lamp_post(side, lit=self.lamps)
            glow = 6.5 if self.lamps else 0.0
            self.stand(model, side * (self.street.half_m + 0.5), z, 7.0, glow=glow)

    def sign(self, side: float, z: float, large: float = 1.0) -> None:
        """Put a traffic sign up."""
        self.stand(make_sign(self.rng, large), side * (self.street.half_m + 0.55), z, 2.9)

    def lights(self, side: float, z: float, state: int, *, arm: bool) -> None:
        """Put a traffic light up."""
        model = make_traffic_light(side, state, arm=arm)
        self.stand(model, side * (self.street.half_m + 0.45), z, 3.2)

    def bollards(self, side: float, z: float, count: int) -> None:
        """Put a row of bollards up."""
        for number in range(count):
            self.stand(make_bollard(), side * (self.street.half_m + 0.35), z + 1.6 * number, 0.85)

    def litter_bin(self, side: float, z: float) -> None:
        """Put a litter bin up."""
        self.stand(make_bin(self.rng), side * (self.street.half_m + 0.6), z, 0.9)

    def verge(self, side: float, wide: float) -> None:
        """Add a strip of grass along the kerb."""
        x = side * (self.street.half_m + 0.25), side * (self.street.half_m + 0.25 + wide)
        span = (0.0, self.street.length_m)
        self.street.patches.append(Patch((min(x), max(x)), span, KERB_M, GRASS, TERRAIN))

    def dashes(self, x: float, dash: float = 3.0, gap: float = 5.0, wide: float = 0.14) -> None:
        """Paint a broken line along the road."""
        count = max(1, round(self.street.length_m / (dash + gap)))
        step = self.street.length_m / count
        for number in range(count):
            z = number * step
            self._mark((x - wide / 2, x + wide / 2), (z, z + dash))

    def line(self, x: float, wide: float = 0.12) -> None:
        """Paint an unbroken line along the road."""
        self._mark((x - wide / 2, x + wide / 2), (0.0, self.street.length_m))

    def crossing(self, z: float, wide: float = 3.2) -> None:
        """Paint a zebra crossing."""
        half = self.street.half_m
        for x in np.arange(-half + 0.4, half - 0.5, 1.0):
            self._mark((float(x), float(x) + 0.5), (z, z + wide))

    def _mark(self, x: tuple[float, float], z: tuple[float, float]) -> None:
        tone = self.rng.uniform(0.85, 1.05)
        self.street.patches.append(Patch(x, z, 0.001, _WHITE * tone, ROAD))

"""The vehicles, riders and people of a street, and what stands on its pavements."""

from __future__ import annotations

from math import pi

import numpy as np

from host_tools.synthetic_streets.coaches import make_bus, make_tram
from host_tools.synthetic_streets.cycles import (
    bicycle,
    frame_colour,
    make_cyclist,
    make_motorcyclist,
    motorcycle,
)
from host_tools.synthetic_streets.furniture import (
    make_bollard,
    make_lamp_post,
    make_sign,
    make_traffic_light,
)
from host_tools.synthetic_streets.ground import KERB_M, ROAD, TERRAIN
from host_tools.synthetic_streets.lots import GRASS
from host_tools.synthetic_streets.people import Moving, make_looks, make_walker
from host_tools.synthetic_streets.shapes import Model, Place
from host_tools.synthetic_streets.street_layout import KERB, WALK, Patch, Span, Street, Thing, still
from host_tools.synthetic_streets.vehicles import make_car, make_truck

_WHITE = np.array([206.0, 210, 212])
_SIZES = {
    "car": (1.8, 4.5, 1.5), "truck": (2.4, 7.6, 3.2), "bus": (2.5, 11.5, 3.0),
    "tram": (2.5, 26.0, 3.4), "bicycle": (0.5, 1.8, 1.0), "cyclist": (0.5, 1.8, 1.8),
    "motorcycle": (0.7, 2.1, 1.1), "motorcyclist": (0.7, 2.1, 1.6), "person": (0.5, 0.4, 1.7),
}  # fmt: skip
_MAKERS = {"car": make_car, "truck": make_truck, "bus": make_bus, "tram": make_tram}


class Traffic:
    """Additions to a street; positions are metres at the time 0."""

    def __init__(self, street: Street, rng: np.random.Generator) -> None:
        self.street, self.rng = street, rng
        self.lamps = street.light.lamps

    def vehicle(
        self, kind: str, x: float, z: float, strip: int, *, speed: float = 0.0, back: bool = False
    ) -> None:
        """Add one of _SIZES but a person; back: towards the camera."""
        yaw = pi if back else 0.0
        self._add(self._made(kind), x, z, yaw, strip, kind, -speed if back else speed)

    def _made(self, kind: str) -> Moving:
        rng = self.rng
        if kind in _MAKERS:
            return still(_MAKERS[kind](rng, lamps=self.lamps))
        colour = frame_colour(rng)
        if kind == "bicycle":
            return still((bicycle(colour, float(rng.uniform(0, 6)), bool(rng.random() < 0.4)),))
        if kind == "motorcycle":
            return still((motorcycle(colour, bool(rng.random() < 0.5)),))
        looks, helmet = make_looks(rng), frame_colour(rng)
        if kind == "cyclist":
            worn = helmet if rng.random() < 0.5 else None
            return make_cyclist(looks, colour, worn, 1.1, float(rng.random()))
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
        model = make_walker(looks, stride, float(rng.random()))
        self._add(model, x, z, yaw, strip, "person", speed)

    def _add(
        self, model: Moving, x: float, z: float, yaw: float, strip: int, kind: str, speed: float
    ) -> None:
        place = Place(x, z, yaw, KERB_M if strip in {WALK, KERB} else 0.0)
        thing = Thing(model, place, strip, _SIZES[kind], speed=speed, far_m=140.0)
        self.street.things.append(thing)

    def stand(
        self, model: Model, side: float, out: float, z: float, high: float, glow: float = 0.0
    ) -> None:
        """Add something slim on the pavement; out: from the kerb, metres."""
        place = Place(side * (self.street.half_m + out), z, 0.0, KERB_M)
        size = (0.14, 0.14, high)
        thing = Thing(still(model), place, KERB, size, far_m=120.0, glow_m=glow, shade=0.7)
        self.street.things.append(thing)

    def lamp_posts(self, every_m: float, side: float) -> None:
        """Add a row of street lights."""
        count = max(1, round(self.street.length_m / every_m))
        for number in range(count):
            z = (number + 0.5 + 0.25 * side) * self.street.length_m / count
            model = make_lamp_post(side, lit=self.lamps)
            self.stand(model, side, 0.5, z, 7.0, 6.5 if self.lamps else 0.0)

    def sign(self, side: float, z: float, large: float = 1.0) -> None:
        """Add a traffic sign."""
        self.stand(make_sign(self.rng, large), side, 0.55, z, 2.9)

    def lights(self, side: float, z: float, state: int, *, arm: bool) -> None:
        """Add a traffic light."""
        self.stand(make_traffic_light(side, state, arm=arm), side, 0.45, z, 3.2)

    def bollards(self, side: float, z: float, count: int) -> None:
        """Add a row of bollards."""
        for number in range(count):
            self.stand(make_bollard(), side, 0.35, z + 1.6 * number, 0.85)

    def verge(self, side: float, wide: float) -> None:
        """Lay a strip of grass along the kerb."""
        x = sorted(side * (self.street.half_m + out) for out in (0.25, 0.25 + wide))
        span = (0.0, self.street.length_m)
        self.street.patches.append(Patch((x[0], x[1]), span, KERB_M, GRASS, TERRAIN))

    def dashes(self, x: float, dash: float = 3.0, gap: float = 5.0, wide: float = 0.14) -> None:
        """Paint a broken line along the road."""
        count = max(1, round(self.street.length_m / (dash + gap)))
        step = self.street.length_m / count
        for z in np.arange(count) * step:
            self._mark((x - wide / 2, x + wide / 2), (z, z + dash))

    def line(self, x: float, wide: float = 0.12) -> None:
        """Paint an unbroken line along the road."""
        self._mark((x - wide / 2, x + wide / 2), (0.0, self.street.length_m))

    def crossing(self, z: float, wide: float = 3.2) -> None:
        """Paint a zebra crossing."""
        half = self.street.half_m
        for x in np.arange(-half + 0.4, half - 0.5, 1.0):
            self._mark((float(x), float(x) + 0.5), (z, z + wide))

    def _mark(self, x: Span, z: Span) -> None:
        tone = self.rng.uniform(0.85, 1.05)
        self.street.patches.append(Patch(x, z, 0.001, _WHITE * tone, ROAD))

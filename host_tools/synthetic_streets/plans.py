"""Plans of streets: that of the sample clip, and any number of random ones."""

from __future__ import annotations

from math import pi

import numpy as np

from edge_app.frame import ClassMap, Image
from host_tools.synthetic_streets import WEATHERS
from host_tools.synthetic_streets.furniture import make_bin
from host_tools.synthetic_streets.light import Light, make_light
from host_tools.synthetic_streets.lots import Lots
from host_tools.synthetic_streets.pinhole_camera import PinholeCamera, look
from host_tools.synthetic_streets.render import Lens, render
from host_tools.synthetic_streets.street_layout import KERB, LANE, OWN, PARKED, WALK, Street
from host_tools.synthetic_streets.traffic import Traffic

_LANE_M = 3.3
_PARKING_M = 2.2


def clip_street(light: Light, length_m: float, time_s: float, seed: int, front: float) -> Street:
    """Plan the street of the sample clip: every class comes near the camera once.

    front: pixels per metre of the fronts.
    """
    rng = np.random.default_rng(seed)
    street = Street(light, length_m, time_s, 5.7, 4.6, 0)
    left, right = Lots(street, -1, rng, front, 1.0), Lots(street, 1, rng, front, 0.9)
    left.fill(
        [("house", 13), ("house", 11), ("fenced", 24), ("house", 14), ("side", 9), ("house", 12),
         ("wall", 20), ("house", 15)]
    )  # fmt: skip
    right.fill(
        [("house", 14), ("wall", 22), ("house", 12), ("house", 13), ("side", 9), ("fenced", 24),
         ("house", 13), ("house", 12)]
    )  # fmt: skip
    traffic = Traffic(street, rng)
    traffic.dashes(0.0)
    for side in (-1, 1):
        traffic.line(side * (street.half_m - _PARKING_M))
        traffic.lamp_posts(30, side)
    traffic.verge(1, 1.5)
    traffic.crossing(length_m * 0.53)
    for side, part, high in (
        (1, 0.05, 6.5), (1, 0.24, 7.0), (1, 0.44, 6.2), (1, 0.70, 7.2), (1, 0.90, 6.4),
        (-1, 0.12, 6.8), (-1, 0.30, 6.0), (-1, 0.62, 7.0), (-1, 0.82, 6.6),
    ):  # fmt: skip
        lots = right if side > 0 else left
        lots.tree(KERB, side * (street.half_m + 1.0), part * length_m, high)
    for side, parts in ((1, (0.16, 0.36, 0.62, 0.84)), (-1, (0.2, 0.46, 0.74))):
        for part in parts:
            traffic.sign(side, part * length_m, 1.35)
    traffic.lights(1, 0.50 * length_m, 2, arm=True)
    traffic.lights(-1, 0.56 * length_m, 2, arm=False)
    traffic.lights(1, 0.98 * length_m, 2, arm=False)
    traffic.bollards(-1, 0.40 * length_m, 5)
    parked_x = street.half_m - 1.05
    for part, kind in (
        (0.02, "car"), (0.08, "car"), (0.30, "car"), (0.40, "truck"), (0.66, "car"), (0.72, "car"),
        (0.78, "car"), (0.94, "car"),
    ):  # fmt: skip
        traffic.vehicle(kind, parked_x, part * length_m, PARKED)
    for part, kind in (
        (0.06, "car"), (0.16, "car"), (0.34, "car"), (0.68, "truck"), (0.80, "car"), (0.88, "car"),
    ):  # fmt: skip
        traffic.vehicle(kind, -parked_x, part * length_m, PARKED, back=True)
    for start, kind in (
        (30, "car"), (66, "bus"), (112, "car"), (142, "truck"), (176, "motorcyclist"), (196, "car"),
    ):  # fmt: skip
        traffic.vehicle(kind, -1.65, start, LANE, speed=8.0, back=True)
    traffic.vehicle("car", 1.6, 24.0, OWN, speed=street.speed)
    traffic.vehicle("motorcyclist", 2.5, 11.5, OWN, speed=street.speed)
    traffic.vehicle("cyclist", 3.35, 36.0, OWN, speed=4.2)
    traffic.vehicle("cyclist", 3.30, 74.0, OWN, speed=4.4)
    for part in (0.215, 0.225, 0.58, 0.592):
        traffic.vehicle("bicycle", street.half_m + 2.3, part * length_m, WALK)
    traffic.vehicle("motorcycle", street.half_m + 2.2, 0.34 * length_m, WALK)
    for x, part, speed in (
        (2.6, 0.10, 1.3), (3.4, 0.14, -1.2), (2.4, 0.28, 1.4), (3.3, 0.38, -1.3),
        (2.7, 0.48, 1.2), (3.5, 0.60, -1.4), (2.5, 0.76, 1.3), (3.2, 0.86, -1.2),
        (-2.0, 0.08, 1.2), (-3.0, 0.26, -1.3), (-2.2, 0.52, 1.3), (-3.2, 0.66, -1.2),
        (-2.4, 0.9, 1.4), (2.2, 0.53, 0.0), (1.9, 0.545, 0.0),
    ):  # fmt: skip
        kerb = street.half_m if x > 0 else -street.half_m
        traffic.person(kerb + x, part * length_m, speed=speed)
    return street


def clip_camera(street: Street, size_wh: tuple[int, int], time_s: float) -> PinholeCamera:
    """Place the camera of the clip, which sways a little and comes back to where it began."""
    turn = 2 * pi * time_s / street.time_s
    return look(
        size_wh,
        (1.65 + 0.10 * np.sin(turn), 1.45 + 0.012 * np.sin(7 * turn), street.speed * time_s),
        fov_deg=62,
        yaw_deg=float(0.7 * np.sin(turn) - 1.0),
        pitch_deg=float(-1.2 + 0.12 * np.sin(5 * turn)),
    )


def street_scene(seed: int, size_wh: tuple[int, int] = (1024, 512)) -> tuple[Image, ClassMap]:
    """Return an image and its trainIds, the same for the same seed.

    uint8 (H, W, 3) BGR and uint8 (H, W).
    """
    rng = np.random.default_rng([seed, 19])
    light = make_light(str(rng.choice(WEATHERS, p=(0.45, 0.25, 0.15, 0.15))), rng)
    street = _random_street(light, rng, front=size_wh[0] / 50)
    time_s = float(rng.uniform(0, street.time_s))
    x = float(np.clip(rng.normal(1.5, 0.5), 0.4, 2.6))
    camera = look(
        size_wh,
        (x, float(rng.uniform(1.1, 2.4)), street.speed * time_s),
        fov_deg=float(rng.uniform(45, 82)),
        yaw_deg=float(rng.normal(0, 7)),
        pitch_deg=float(rng.normal(-2, 2.5)),
    )
    lens = Lens(
        noise=float(rng.uniform(0.5, 7.0)),
        blur=float(rng.uniform(0.0, 1.3)),
        vignette=float(rng.uniform(0.0, 0.35)),
    )
    image, labels = render(street, camera, time_s, rng, lens)
    tint = rng.uniform(0.92, 1.08, 3) * rng.uniform(0.85, 1.12)
    return np.clip(image * tint, 0, 255).astype(np.uint8), labels


def _random_street(light: Light, rng: np.random.Generator, front: float) -> Street:
    """Return a random street; front: pixels per metre of the fronts."""
    lanes = 2 if rng.random() < 0.75 else 4
    parking = bool(rng.random() < 0.7)
    half = lanes / 2 * _LANE_M + (_PARKING_M if parking else 0.3)
    length = float(rng.uniform(80, 150))
    street = Street(
        light, length, length / 9.0, half, float(rng.uniform(2.2, 6.0)), int(rng.integers(3))
    )
    tall, town = float(rng.uniform(0.4, 1.7)), float(rng.uniform(0.35, 0.9))
    traffic = Traffic(street, rng)
    for side in (-1, 1):
        lots = Lots(street, side, rng, front, tall)
        lots.fill(_random_lots(rng, length, town))
        _fill_pavement(traffic, lots, parking=parking)
    traffic.dashes(0.0) if rng.random() < 0.8 else traffic.line(0.0)
    if lanes == 4:
        for side in (-1, 1):
            traffic.dashes(side * _LANE_M)
    if rng.random() < 0.6:
        traffic.crossing(float(rng.uniform(0, length)))
    _moving(traffic, rng, lanes)
    return street


def _random_lots(rng: np.random.Generator, length: float, town: float) -> list[tuple[str, float]]:
    kinds: list[tuple[str, float]] = []
    choices = (
        (town, "house", (8, 18)), (town + (1 - town) * 0.5, "park", (12, 34)),
        (town + (1 - town) * 0.82, "wall", (8, 26)), (1.0, "side", (6, 11)),
    )  # fmt: skip
    while sum(long for _, long in kinds) < length - 8:
        draw = rng.random()
        kind, ends = next((kind, ends) for limit, kind, ends in choices if draw < limit)
        kinds.append((kind, float(rng.uniform(*ends))))
    return kinds


def _fill_pavement(traffic: Traffic, lots: Lots, *, parking: bool) -> None:
    """Fill one side's pavement and parking."""
    street, rng, side = lots.street, lots.rng, lots.side
    length, half, walk = street.length_m, street.half_m, street.walk_m
    if rng.random() < 0.7:
        traffic.lamp_posts(float(rng.uniform(20, 40)), side)
    if walk > 3 and rng.random() < 0.4:
        traffic.verge(side, float(rng.uniform(0.8, walk - 2)))
    if rng.random() < 0.65:
        for z in np.arange(rng.uniform(0, 8), length, rng.uniform(8, 20)):
            lots.tree(KERB, side * (half + 0.9), float(z), float(rng.uniform(4.5, 9)))
    for _ in range(rng.poisson(length / 26)):
        traffic.sign(side, float(rng.uniform(0, length)), float(rng.uniform(0.9, 1.6)))
    for _ in range(rng.poisson(1.2)):
        z = float(rng.uniform(0, length))
        traffic.lights(side, z, int(rng.integers(3)), arm=bool(side > 0 and rng.random() < 0.5))
    if rng.random() < 0.3:
        traffic.bollards(side, float(rng.uniform(0, length)), int(rng.integers(2, 8)))
    for _ in range(rng.poisson(1.0)):
        z = float(rng.uniform(0, length))
        traffic.stand(make_bin(rng), side, 0.6, z, 0.9)
    busy = float(rng.choice([1.5, 4, 10]))
    for _ in range(rng.poisson(busy * length / 40)):
        walking = rng.random() < 0.75
        speed = float(rng.choice([-1, 1]) * rng.uniform(0.9, 1.6)) if walking else 0.0
        x = side * (half + float(rng.uniform(0.8, max(1.2, walk - 0.4))))
        traffic.person(x, float(rng.uniform(0, length)), speed=speed)
    for _ in range(rng.poisson(length / 22)):
        kind = "bicycle" if rng.random() < 0.7 else "motorcycle"
        x = side * (half + float(rng.uniform(0.6, max(1.0, walk - 0.5))))
        traffic.vehicle(kind, x, float(rng.uniform(0, length)), WALK)
    if parking:
        z, full = float(rng.uniform(0, 6)), float(rng.uniform(0.3, 0.95))
        while z < length - 9:
            if rng.random() < full:
                kind = str(rng.choice(["car", "truck", "motorcycle"], p=(0.78, 0.15, 0.07)))
                back = bool(side < 0 or rng.random() < 0.1)
                traffic.vehicle(kind, side * (half - 1.1), z + 3, PARKED, back=back)
                z += 3.0 if kind == "truck" else 0.0
            z += float(rng.uniform(5.4, 7.5))


def _moving(traffic: Traffic, rng: np.random.Generator, lanes: int) -> None:
    """Put vehicles on the lanes, and a few people before them."""
    street = traffic.street
    kinds, chances = ("car", "truck", "bus", "tram", "motorcyclist"), (0.53, 0.15, 0.13, 0.05, 0.14)
    for lane in range(lanes // 2):
        x = (lane + 0.5) * _LANE_M
        z = float(rng.uniform(8, 40))
        while z < 200:
            kind = str(rng.choice(kinds, p=chances))
            traffic.vehicle(kind, -x, z, LANE, speed=float(rng.uniform(6, 10)), back=True)
            z += float(rng.uniform(14, 60)) + (18 if kind == "tram" else 0)
        if lane == 0 and rng.random() < 0.75:
            kind = str(rng.choice(kinds, p=(0.51, 0.16, 0.12, 0.03, 0.18)))
            near = float(rng.uniform(9, 32)) + (14 if kind == "tram" else 0)
            traffic.vehicle(kind, x, near, OWN, speed=street.speed)
    for _ in range(rng.poisson(1.6)):
        z = float(rng.uniform(6, 70))
        x = float(rng.uniform(0.9, street.half_m - 0.6))
        kind = "cyclist" if rng.random() < 0.7 else "motorcyclist"
        traffic.vehicle(kind, x, z, OWN, speed=float(rng.uniform(3, 6)))
    if rng.random() < 0.3:
        for _ in range(int(rng.integers(1, 5))):
            z = float(rng.uniform(8, 30)) + street.length_m * float(rng.random())
            x = float(rng.uniform(-street.half_m, street.half_m))
            traffic.person(x, z, OWN, yaw=float(rng.choice([-1, 1]) * pi / 2))

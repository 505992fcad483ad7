"""What stands along a street: trees, hedges, lights, signs, fences, walls, bins."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from numpy.typing import ArrayLike

from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.raster import Pyramid
from host_tools.synthetic_streets.shapes import Faces, FlatPanel, Foliage, Model, hole, limb, wire
from host_tools.synthetic_streets.textures import noise

WALL, FENCE, POLE, LIGHT, SIGN, PLANT, OTHER = 3, 4, 5, 6, 7, 8, 255
_STEEL = np.array([112.0, 112, 110])
_DARK = np.array([52.0, 50, 48])
_BARK = np.array([62.0, 76, 92])
_LEAVES = (
    (62, 128, 88), (50, 112, 72), (70, 142, 112), (56, 102, 84), (60, 140, 150), (44, 96, 60),
)  # fmt: skip


def leaf_colour(rng: np.random.Generator) -> Points:
    """Return a random colour of leaves."""
    kind = rng.choice(6, p=(0.27, 0.25, 0.2, 0.14, 0.05, 0.09))
    return np.array(_LEAVES[kind]) * rng.uniform(0.85, 1.12)


def make_tree(rng: np.random.Generator, tufts: list[Pyramid], high: float, wide: float) -> Model:
    """Build a tree: its trunk and boughs, then its crown; high and wide in metres."""
    bole = high * float(rng.uniform(0.28, 0.36))
    thick = 0.022 * high
    trunk = [limb([(0, 0, 0, thick * 1.25), (0, bole, 0, thick)], _BARK, PLANT)]
    for turn in rng.uniform(0, 2 * pi, 4):
        end = (0.5 * wide * cos(turn), high * 0.62, 0.5 * wide * sin(turn))
        trunk.append(limb([(0, bole * 0.95, 0, thick * 0.7), (*end, thick * 0.3)], _BARK, PLANT))
    count = 12
    turn = rng.uniform(0, 2 * pi) + np.arange(count) * 2.39996
    level = (np.arange(count) + 0.5) / count
    spread = wide * (0.86 - 0.62 * level) * np.sqrt(0.35 + level) * rng.uniform(0.75, 1.1, count)
    radii = wide * (0.66 - 0.16 * level) * rng.uniform(0.85, 1.15, count)
    y = bole + (high - bole) * (0.12 + 0.78 * level)
    points = np.stack([spread * np.cos(turn), y, spread * np.sin(turn)], 1)
    return tuple(trunk), Foliage(points, radii, tuple(tufts), PLANT)


def make_hedge(rng: np.random.Generator, tufts: list[Pyramid], long: float, high: float) -> Model:
    """Build a hedge along z, from 0 to long."""
    step = high * 0.5
    z = np.arange(step / 2, long, step)
    low = np.stack([rng.uniform(-0.15, 0.15, len(z)), np.full(len(z), high * 0.42), z], 1)
    top = low + (0, high * 0.36, 0) + rng.normal(0, 0.05, (len(z), 3)) * high
    radii = np.concatenate([np.full(len(z), high * 0.66), np.full(len(z), high * 0.46)])
    return (Foliage(np.concatenate([low, top]), radii, tuple(tufts), PLANT),)


def make_lamp_post(side: float, *, lit: bool) -> Model:
    """Build a street light whose arm reaches over the road, which lies towards -side."""
    reach = -side * 1.7
    post = [
        limb([(0, 0, 0, 0.11), (0, 0.9, 0, 0.10)], _STEEL * 0.85, POLE),
        limb([(0, 0.9, 0, 0.075), (0, 6.6, 0, 0.05)], _STEEL, POLE),
        limb([(0, 6.6, 0, 0.05), (reach * 0.4, 7.1, 0, 0.045)], _STEEL, POLE),
        limb([(reach * 0.4, 7.1, 0, 0.045), (reach, 7.2, 0, 0.04)], _STEEL, POLE),
        limb([(reach, 7.2, 0, 0.07), (reach * 1.38, 7.22, 0, 0.09)], _STEEL * 0.8, POLE),
    ]
    if not lit:
        return (tuple(post),)
    lamp = Faces(POLE, (reach * 1.2, 7.4, 0))
    lamp.level((reach, reach * 1.4), 7.12, (-0.1, 0.1), (170, 230, 255), glows=True)
    lamp.box((reach - 0.1, reach * 1.4), (7.08, 7.2), (-0.12, 0.12), (170, 230, 255))
    return tuple(post), lamp.mesh()


def make_traffic_light(side: float, state: int, *, arm: bool) -> Model:
    """Build a traffic light; state: 0 red, 1 amber, 2 green; with an arm it hangs over the lane."""
    reach = -side * 3.4 if arm else 0.0
    high = 5.6 if arm else 3.2
    post = [limb([(0, 0, 0, 0.09), (0, high, 0, 0.07)], _STEEL * 0.9, POLE)]
    heads = [(0.0, 2.5)]
    if arm:
        post.append(limb([(0, high - 0.1, 0, 0.06), (reach, high, 0, 0.05)], _STEEL * 0.9, POLE))
        heads.append((reach, 5.0))
    parts = []
    for x, y in heads:
        head = Faces(LIGHT, (x, y, 0))
        head.box((x - 0.21, x + 0.21), (y - 0.55, y + 0.55), (-0.32, -0.08), _DARK * 0.8)
        head.across((x - 0.28, x + 0.28), (y - 0.62, y + 0.62), -0.06, _DARK * 0.55)
        head.box((x - 0.21, x + 0.21), (y - 0.55, y + 0.55), (-0.32, -0.08), _DARK * 0.8)
        for index, colour in enumerate(((40, 40, 245), (40, 170, 250), (130, 230, 60))):
            at = (x, y + 0.34 - 0.34 * index, -0.33)
            if index == state:
                head.disc(at, 0.145, colour, "z", glows=True)
            else:
                head.disc(at, 0.135, np.array(colour) * 0.22 + 10, "z")
        parts.append(head.mesh())
    return (tuple(post), *parts)


def make_sign(rng: np.random.Generator, large: float = 1.0) -> Model:
    """Build a traffic sign on its post: round, triangular, square, octagonal or a guide board."""
    kind = int(rng.integers(7))
    post = [limb([(0, 0, 0.03, 0.035), (0, 2.9, 0.03, 0.035)], _STEEL * 1.1, POLE)]
    red, blue, white, yellow = (48, 40, 196), (176, 84, 20), (236, 238, 238), (40, 190, 240)
    plate = Faces(SIGN, (0, 2.5, 0.5))
    y, r = 2.55, 0.36 * large

    def regular(corners: int, radius: float, colour: ArrayLike, z: float, turn: float = 0) -> None:
        angles = turn + np.arange(corners) * (2 * pi / corners)
        plate.face([(radius * sin(a), y + radius * cos(a), z) for a in angles], colour)

    def bar(x: Sequence[float], low: float, high: float, z: float, colour: ArrayLike) -> None:
        plate.across(x, (y + low, y + high), z, colour)

    if kind == 0:  # an order
        regular(18, r, red, 0)
        regular(18, r * 0.74, white, -0.004)
        bar((-0.13 * large, -0.02), -0.14 * large, 0.14 * large, -0.008, _DARK)
        bar((0.03, 0.14 * large), -0.14 * large, 0.14 * large, -0.008, _DARK)
    elif kind == 1:  # a warning
        regular(3, r * 1.25, red, 0)
        regular(3, r * 0.82, white, -0.004)
        bar((-0.03, 0.03), -0.12 * large, 0.15 * large, -0.008, _DARK)
    elif kind == 2:  # a direction
        regular(18, r, blue, 0)
        bar((-0.04, 0.04), -0.2 * large, 0.1 * large, -0.004, white)
        plate.face(
            [(x, y + up, -0.004) for x, up in ((-0.15, 0.05), (0.15, 0.05), (0, 0.24))], white
        )
    elif kind == 3:  # parking, crossing
        bar((-r, r), -r, r, 0, blue)
        bar((-0.16 * large, -0.07), -0.2 * large, 0.2 * large, -0.004, white)
        bar((-0.07, 0.12 * large), 0, 0.2 * large, -0.004, white)
    elif kind == 4:  # stop
        regular(8, r * 1.05, red, 0, pi / 8)
        bar((-r * 0.6, r * 0.6), -0.07, 0.07, -0.004, white)
    elif kind == 5:  # priority
        regular(4, r * 1.1, white, 0)
        regular(4, r * 0.8, yellow, -0.004)
    else:  # a guide board
        x = 0.9 * large
        post.append(limb([(x, 0, 0.03, 0.035), (x, 2.9, 0.03, 0.035)], _STEEL, POLE))
        colour = rng.permutation([blue, white, yellow])[0]
        plate.across((-0.25, 1.15 * large), (2.0, 3.0), 0, colour)
        plate.across((-0.1, 0.8 * large), (2.25, 2.25 + 0.14), -0.004, _DARK)
        plate.across((-0.1, 0.8 * large), (2.62, 2.62 + 0.14), -0.004, white)
    return tuple(post), plate.mesh()


def make_bollard() -> Model:
    """Build a bollard."""
    post = limb([(0, 0, 0, 0.06), (0, 0.85, 0, 0.06)], _DARK * 1.3, POLE)
    band = limb([(0, 0.72, 0, 0.063), (0, 0.78, 0, 0.063)], (220, 224, 224), POLE)
    return ((post, band),)


def make_bin(rng: np.random.Generator) -> Model:
    """Build a litter bin, which is not scored."""
    colour = np.array([(40, 120, 220), (60, 90, 60), (90, 90, 90)][rng.integers(3)], float)
    return ((limb([(0, 0.35, 0, 0.2), (0, 0.85, 0, 0.22)], colour, OTHER),),)


def make_fence(rng: np.random.Generator, long: float) -> Model:
    """Build a fence along z from 0 to long: pickets, bars or planks."""
    kind = int(rng.integers(3))
    high = float(rng.uniform(1.1, 1.9))
    tone = float(rng.uniform(0.7, 1.15))
    colour = np.array(((216, 222, 224), (58, 62, 50), (92, 128, 164))[kind]) * tone
    if kind == 2:
        planks = Faces(FENCE)
        for z in np.arange(0, long, 0.6):
            shade = colour * rng.uniform(0.86, 1.1)
            for x in (-0.04, 0.04):
                planks.along(x, (0.05, high), (z, min(z + 0.58, long)), shade)
        return (planks.mesh(),)
    wires = [hole([(0, 0.1, 0), (0, 0.1, long), (0, high, long), (0, high, 0)], FENCE)]
    gap, wide = (0.24, 0.055) if kind == 0 else (0.26, 0.022)
    posts = [
        wire([(0, 0.05, z), (0, high, z)], wide, colour, FENCE) for z in np.arange(0, long, gap)
    ]
    rails = [wire([(0, y, 0), (0, y, long)], 0.04, colour * 0.9, FENCE) for y in (0.3, high - 0.2)]
    # Each in a part of its own, because parts are painted in order.
    return tuple(wires), tuple(rails), tuple(posts)


def make_wall(
    rng: np.random.Generator, light: Light, side: float, long: float, density: float
) -> Model:
    """Build a wall along z from 0 to long, seen from the road, which lies towards -side."""
    high = float(rng.uniform(1.4, 2.8))
    rows, columns = max(8, round(high * density)), max(8, round(min(long, 12) * density))
    y, x = np.arange(rows)[:, None] / density, np.arange(columns)[None] / density
    stone = rng.random() < 0.5
    course, brick = (0.32, 0.62) if stone else (0.13, 0.40)
    colours = ((140, 150, 156), (120, 132, 140)) if stone else ((74, 92, 148), (150, 160, 164))
    colour = np.array(colours[rng.integers(2)]) * rng.uniform(0.85, 1.15)
    row = np.floor(y / course)
    joint = ((y / course) % 1 < 0.09) | (((x / brick + 0.5 * row) % 1) < 0.05)
    one = np.modf(np.sin(row * 12.99 + np.floor(x / brick + 0.5 * row) * 78.2) * 437.5)[0]
    grain = noise((60, 128), 41)[np.arange(rows) % 512][:, np.arange(columns) % 512]
    tone = 1 + 0.13 * one - 0.24 * joint + 0.05 * grain - 0.25 * (y > high - 0.3)
    shaded = tone[..., None] * colour * light.of((-side, 0, 0))
    image = Pyramid(np.clip(shaded, 0, 255).astype(np.uint8))
    # Seen from the road, the right wall's left end is its far one.
    start, step = (long, -1) if side > 0 else (0, 1)
    pieces = max(1, round(long / 12))
    across, down = np.array([0, 0, step * long / pieces]), np.array([0, -high, 0.0])
    origins = ((0, high, start + step * long * piece / pieces) for piece in range(pieces))
    parts = [FlatPanel(image, np.array(origin), across, down, WALL) for origin in origins]
    cap = Faces(WALL, (side * 0.2, 0, long / 2))
    cap.box((-side * 0.06, side * 0.5), (high, high + 0.12), (0, long), colour * 1.25)
    cap.across((0, side * 0.4), (0, high), 0, colour * 0.9)
    return (*parts, cap.mesh())

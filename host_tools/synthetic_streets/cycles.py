"""Bicycles and motorcycles, parked or ridden."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from host_tools.synthetic_streets.people import Looks, Moving, rider_on_bicycle, rider_on_motorcycle
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Limb, Model, hole, limb, ring, wire

MOTORCYCLE, BICYCLE = 17, 18
_TYRE = np.array([36.0, 34, 34])
_STEEL = np.array([150.0, 150, 148])
_FRAMES = (
    (40, 36, 160), (150, 90, 30), (60, 120, 50), (40, 40, 40), (190, 190, 186), (30, 120, 200),
    (140, 130, 60),
)  # fmt: skip
_WHEEL = 0.34
_BASE = 0.53  # from the crank to either axle


def frame_colour(rng: np.random.Generator) -> Points:
    """Return a random colour of a frame, a tank or a helmet."""
    return np.array(_FRAMES[rng.integers(len(_FRAMES))]) * rng.uniform(0.85, 1.15, 3)


def make_cyclist(
    looks: Looks, colour: Points, helmet: Points | None, turns_hz: float, start: float
) -> Moving:
    """Build a bicycle with its rider; the model at a time in seconds."""

    def at(time_s: float) -> Model:
        crank = 2 * pi * (turns_hz * time_s + start)
        return ((*bicycle(colour, crank, False), *rider_on_bicycle(looks, crank, helmet)),)

    return at


def make_motorcyclist(looks: Looks, colour: Points, helmet: Points, scooter: bool) -> Model:
    """Build a motorcycle with its rider."""
    return ((*motorcycle(colour, scooter), *rider_on_motorcycle(looks, helmet)),)


def bicycle(colour: Points, crank: float, basket: bool) -> tuple[Limb, ...]:
    """Return a bicycle without its rider; crank: an angle in radians."""
    back, front = (0.0, _WHEEL, -_BASE), (0.0, _WHEEL, _BASE)
    middle, seat, head = (0, 0.29, 0.0), (0, 0.90, -0.22), (0, 0.86, 0.36)
    parts: list[Limb] = []
    for axle in (back, front):
        parts.append(hole(ring(axle, _WHEEL), BICYCLE))
        for spoke in range(4):
            angle = crank * 0.6 + spoke * pi / 4
            arm = np.array([0, sin(angle), cos(angle)]) * _WHEEL
            parts.append(wire([np.array(axle) - arm, np.array(axle) + arm], 0.005, _STEEL, BICYCLE))
        parts.append(wire(ring(axle, _WHEEL), 0.022, _TYRE, BICYCLE))
        parts.append(limb([(*axle, 0.04)], _STEEL, BICYCLE))
    rack = [(-0.06, 0.62, -0.62, 0.02), (0.06, 0.62, -0.62, 0.02), (0, 0.70, -0.3, 0.02)]
    parts += [
        hole([middle, seat, head], BICYCLE),
        wire([back, middle, head, seat, middle], 0.022, colour, BICYCLE),
        wire([back, seat], 0.016, colour, BICYCLE),
        wire([front, head, (0, 1.0, 0.32)], 0.020, colour, BICYCLE),
        wire([(-0.28, 1.02, 0.40), (0, 1.0, 0.34), (0.28, 1.02, 0.40)], 0.018, _TYRE, BICYCLE),
        limb([(0, 0.95, -0.30, 0.05), (0, 0.96, -0.10, 0.03)], _TYRE, BICYCLE),
        limb(rack, _TYRE, BICYCLE),
    ]
    for side in (-1, 1):
        angle = crank + (pi if side < 0 else 0)
        pedal = (side * 0.10, 0.29 + 0.17 * cos(angle), 0.17 * sin(angle))
        parts.append(wire([(side * 0.05, 0.29, 0), pedal], 0.014, _STEEL, BICYCLE))
    if basket:
        balls = [(x, y, z, 0.02) for x in (-0.16, 0.16) for y in (0.80, 1.0) for z in (0.42, 0.66)]
        parts.append(limb(balls, (80, 110, 140), BICYCLE))
    return tuple(parts)


def motorcycle(colour: Points, scooter: bool) -> tuple[Limb, ...]:
    """Return a motorcycle or a scooter without its rider."""
    wheel = 0.24 if scooter else 0.31
    base = 0.62 if scooter else 0.70
    parts: list[Limb] = []
    for z in (-base, base):
        tyre = [(x, wheel, z, wheel * part) for x, part in ((0, 1), (0.05, 0.98), (-0.05, 0.98))]
        rim = [(x, wheel, z, wheel * 0.5) for x in (0.06, -0.06)]
        parts += [limb(tyre, _TYRE, MOTORCYCLE), limb(rim, _STEEL, MOTORCYCLE)]
    if scooter:
        body = [(0, 0.55, -0.55, 0.2), (0, 0.5, -0.1, 0.16), (0, 0.30, 0.1, 0.14)]
        shield = [(-0.14, 0.35, 0.36, 0.08), (0.14, 0.35, 0.36, 0.08), (0, 0.95, 0.42, 0.12)]
        parts += [limb(body, colour, MOTORCYCLE), limb(shield, colour, MOTORCYCLE)]
    else:
        parts += [
            limb([(0, 0.42, -0.12, 0.20), (0, 0.42, 0.18, 0.18)], _STEEL * 0.6, MOTORCYCLE),
            limb([(0, 0.80, 0.26, 0.15), (0, 0.78, -0.05, 0.12)], colour, MOTORCYCLE),
            limb([(0, 0.62, -0.72, 0.07), (0, 0.66, -0.3, 0.11)], colour * 0.9, MOTORCYCLE),
            wire([(0, wheel, base), (0, 0.98, 0.44)], 0.05, _STEEL, MOTORCYCLE),
            limb([(0.16, 0.36, -0.1, 0.05), (0.16, 0.42, -0.75, 0.06)], _STEEL, MOTORCYCLE),
        ]
    fender = [(0, wheel * 1.1, base, 0.06), (0, wheel * 2.0, base - 0.06, 0.07)]
    parts += [
        limb([(0, 0.80, -0.12, 0.09), (0, 0.83, -0.58, 0.10)], _TYRE, MOTORCYCLE),
        limb(fender, colour, MOTORCYCLE),
        limb([(0, 0.92, 0.50, 0.10), (0, 0.92, 0.56, 0.09)], (200, 214, 220), MOTORCYCLE),
        limb([(0, 0.62, -0.80, 0.06)], (40, 40, 190), MOTORCYCLE),
        wire([(-0.36, 1.02, 0.36), (0, 1.0, 0.44), (0.36, 1.02, 0.36)], 0.02, _TYRE, MOTORCYCLE),
    ]
    for side in (-1, 1):
        stem = [(side * 0.3, 1.02, 0.4), (side * 0.36, 1.18, 0.38)]
        parts.append(wire(stem, 0.012, _TYRE, MOTORCYCLE))
        parts.append(limb([(side * 0.36, 1.2, 0.38, 0.05)], _TYRE, MOTORCYCLE))
    return tuple(parts)

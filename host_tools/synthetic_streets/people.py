"""People who walk or stand, and riders on bicycles and motorcycles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import TypeAlias

import numpy as np

from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Limb, Model, limb, wire

PERSON, RIDER = 11, 12
_SKINS = ((150, 178, 222), (130, 160, 208), (96, 128, 178), (66, 92, 140), (48, 66, 104))
_HAIRS = ((30, 28, 30), (40, 52, 70), (60, 90, 120), (110, 160, 190), (130, 130, 130), (36, 44, 90))
_CLOTHES = (
    (50, 46, 44), (110, 70, 44), (140, 100, 70), (64, 60, 150), (70, 96, 60), (190, 190, 188),
    (60, 130, 180), (70, 70, 74), (120, 60, 100), (60, 160, 210), (160, 140, 90), (44, 40, 96),
    (100, 110, 120), (40, 90, 220), (200, 200, 120),
)  # fmt: skip
_TROUSERS = ((70, 52, 40), (96, 72, 54), (44, 42, 42), (92, 96, 100), (110, 130, 146), (60, 60, 58))

Moving: TypeAlias = Callable[[float], Model]


@dataclass(frozen=True, slots=True)
class Looks:
    """A person's looks; colours are BGR."""

    height: float
    build: float
    skin: Points
    hair: Points
    top: Points
    legs: Points
    shoes: Points
    long_hair: bool
    coat: bool
    skirt: bool
    bag: int  # 0 none, 1 backpack, 2 handbag
    umbrella: bool

    @property
    def scale(self) -> float:
        """Height in relation to the usual 1.75 m."""
        return self.height / 1.75


def make_looks(rng: np.random.Generator, *, rain: bool = False) -> Looks:
    """Draw the looks of a person by lot."""

    def pick(colours: tuple[tuple[int, int, int], ...]) -> Points:
        return np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.85, 1.15, 3)

    child = rng.random() < 0.1
    return Looks(
        float(rng.uniform(1.1, 1.4) if child else rng.normal(1.72, 0.08)),
        float(rng.uniform(0.88, 1.22)), pick(_SKINS), pick(_HAIRS), pick(_CLOTHES),
        pick(_TROUSERS), pick(_HAIRS) * 0.8, bool(rng.random() < 0.4), bool(rng.random() < 0.3),
        bool(rng.random() < 0.15), int(rng.choice(3, p=(0.5, 0.25, 0.25))),
        bool(rain and rng.random() < 0.5),
    )  # fmt: skip


def make_walker(looks: Looks, stride_hz: float, start: float) -> Moving:
    """Build a person who walks; the model at a time in seconds. stride_hz 0 stands still."""

    def at(time_s: float) -> Model:
        phase = 2 * pi * (stride_hz * time_s + start)
        if not stride_hz:
            return (_posed(looks, 0.12, 0.0, 0.0),)
        return (_posed(looks, sin(phase), cos(phase), 0.02 * cos(2 * phase)),)

    return at


def _posed(looks: Looks, swing: float, lift: float, bob: float) -> tuple[Limb, ...]:
    """Return a person with the right leg ahead and lifted by shares, and raised by bob metres."""
    k, b = looks.scale, looks.build
    hip_y = (0.92 + bob) * k
    parts: list[Limb] = []
    for side in (-1, 1):
        turn = side * swing * 0.48
        parts += _leg(looks, side * 0.095 * k * b, hip_y, turn, max(0.0, side * lift) * 0.55)
        parts += _arm(looks, side, 1.42 * k + bob, -turn * 0.9)
    parts += _trunk(looks, hip_y)
    parts += _head(looks, 1.60 * k + bob, 0.02, PERSON)
    parts += _carried(looks, k)
    return tuple(parts)


def _leg(looks: Looks, x: float, hip_y: float, turn: float, lift: float) -> list[Limb]:
    k, b = looks.scale, looks.build
    long = 0.44 * k  # of thigh and shin each
    knee = (x, hip_y - long * cos(turn), long * sin(turn))
    bend = turn - lift - 0.04
    y, z = max(knee[1] - long * cos(bend), 0.07 * k), knee[2] + long * sin(bend)
    legs = looks.skin if looks.skirt else looks.legs
    shoe = [(x, y - 0.03 * k, z - 0.04, 0.045 * k), (x, y - 0.04 * k, z + 0.14 * k, 0.035 * k)]
    return [
        limb([(x, hip_y, 0, 0.095 * k * b), (*knee, 0.068 * k * b)], legs, PERSON),
        limb([(*knee, 0.066 * k * b), (x, y, z, 0.045 * k * b)], legs, PERSON),
        limb(shoe, looks.shoes, PERSON),
    ]


def _arm(looks: Looks, side: int, shoulder_y: float, turn: float) -> list[Limb]:
    k, b = looks.scale, looks.build
    x = side * 0.205 * k * b
    elbow = (x * 1.12, shoulder_y - 0.28 * k * cos(turn), 0.28 * k * sin(turn))
    bend = turn + 0.25
    hand = (x * 1.12, elbow[1] - 0.25 * k * cos(bend), elbow[2] + 0.25 * k * sin(bend))
    palm = [(*hand, 0.043 * k), (hand[0], hand[1] - 0.05 * k, hand[2], 0.036 * k)]
    sleeve = looks.top * 0.92
    return [
        limb([(x, shoulder_y, 0, 0.058 * k * b), (*elbow, 0.047 * k * b)], sleeve, PERSON),
        limb([(*elbow, 0.045 * k * b), (*hand, 0.036 * k)], sleeve, PERSON),
        limb(palm, looks.skin, PERSON),
    ]


def _trunk(looks: Looks, hip_y: float) -> list[Limb]:
    k, b = looks.scale, looks.build

    def pair(wide: float, y: float, radius: float) -> list[tuple[float, ...]]:
        return [(side * wide * k * b, y, 0, radius * k) for side in (-1, 1)]

    hips = pair(0.09, hip_y + 0.08, 0.095)
    parts = [limb([*pair(0.155, hip_y + 0.47 * k, 0.075), *hips], looks.top, PERSON)]
    if looks.coat:
        parts.append(limb([*hips, *pair(0.12, hip_y - 0.42 * k, 0.09)], looks.top * 0.96, PERSON))
    elif looks.skirt:
        parts.append(limb([*hips, *pair(0.13, hip_y - 0.40 * k, 0.08)], looks.legs, PERSON))
    return parts


def _head(looks: Looks, y: float, z: float, label: int, helmet: Points | None = None) -> list[Limb]:
    k = looks.scale
    neck = [(0, y - 0.14 * k, z - 0.02, 0.055 * k), (0, y - 0.05 * k, z, 0.055 * k)]
    face = [(0, y + 0.03 * k, z + 0.02, 0.092 * k), (0, y - 0.03 * k, z + 0.04, 0.075 * k)]
    back = [(0, y + 0.065 * k, z - 0.025, 0.100 * k), (0, y, z - 0.05, 0.085 * k)]
    parts = [limb(neck, looks.skin, label), limb(face, looks.skin, label)]
    parts.append(limb(back, looks.hair if helmet is None else helmet, label))
    if helmet is not None:
        parts.append(limb([(0, y + 0.07 * k, z + 0.01, 0.122 * k)], helmet, label))
    elif looks.long_hair:
        fall = [(0, y + 0.03 * k, z - 0.05, 0.095 * k), (0, y - 0.20 * k, z - 0.06, 0.075 * k)]
        parts.append(limb(fall, looks.hair, label))
    return parts


def _carried(looks: Looks, k: float) -> list[Limb]:
    parts = []
    if looks.bag == 1:
        colour = np.flip(looks.top) * 0.7 + 20
        balls = [(x, y * k, -0.20 * k, 0.08 * k) for x in (-0.09, 0.09) for y in (1.05, 1.36)]
        parts.append(limb(balls, colour, PERSON))
    elif looks.bag == 2:
        x, colour = 0.27 * k, np.array([60.0, 70, 100])
        balls = [(x, y * k, z, 0.05 * k) for y in (0.62, 0.78) for z in (-0.12, 0.12)]
        parts.append(limb(balls, colour, PERSON))
        parts.append(wire([(x, 0.8 * k, 0), (x * 0.75, 1.42 * k, 0)], 0.012, colour * 0.7, PERSON))
    if looks.umbrella:
        y = 2.0 * k
        angles = np.arange(8) * (pi / 4)
        rim = [(0.5 * cos(a), y, 0.5 * sin(a), 0.01) for a in angles]
        parts.append(limb([*rim, (0, y + 0.28, 0, 0.02)], np.flip(looks.legs) + 20, PERSON))
        parts.append(wire([(0, y, 0), (0.1, 1.1 * k, 0.15)], 0.012, looks.shoes, PERSON))
    return parts


def rider_on_bicycle(looks: Looks, crank: float, helmet: Points | None) -> tuple[Limb, ...]:
    """Pose a rider on a bicycle whose crank is turned by an angle in radians."""
    seat_y = 0.98
    parts: list[Limb] = []
    for side in (-1, 1):
        angle = crank + (pi if side < 0 else 0)
        foot = np.array([side * 0.11, 0.30 + 0.17 * cos(angle), 0.02 + 0.17 * sin(angle)])
        parts += _bent_leg(looks, np.array([side * 0.09, seat_y, -0.24]), foot, 0.46 * looks.scale)
        parts += _reaching_arm(looks, side, np.array([side * 0.2, 1.42, 0.06]), (0.26, 1.02, 0.44))
    parts += _leaning_trunk(looks, (seat_y, -0.24), (1.42, 0.04))
    parts += _head(looks, 1.62, 0.12, RIDER, helmet)
    return tuple(parts)


def rider_on_motorcycle(looks: Looks, helmet: Points) -> tuple[Limb, ...]:
    """Pose a rider on a motorcycle."""
    parts: list[Limb] = []
    for side in (-1, 1):
        foot = np.array([side * 0.22, 0.34, -0.10])
        parts += _bent_leg(looks, np.array([side * 0.14, 0.84, -0.28]), foot, 0.42)
        parts += _reaching_arm(looks, side, np.array([side * 0.22, 1.30, -0.02]), (0.34, 1.0, 0.42))
    parts += _leaning_trunk(looks, (0.86, -0.28), (1.30, -0.05))
    parts += _head(looks, 1.52, 0.02, RIDER, helmet)
    return tuple(parts)


def _bent_leg(looks: Looks, hip: Points, foot: Points, long: float) -> list[Limb]:
    """Bend a leg's knee forward so that it spans hip and foot."""
    k, b = looks.scale, looks.build
    across = foot - hip
    gap = float(np.linalg.norm(across))
    out = np.sqrt(max(long**2 - (gap / 2) ** 2, 0.0))
    ahead = np.array([0.0, -across[2], across[1]]) / max(gap, 1e-6)
    ahead = ahead if ahead[2] > 0 else -ahead
    knee = (hip + foot) / 2 + ahead * out
    x, y, z = foot
    shoe = [(x, y - 0.02, z - 0.06, 0.045), (x, y - 0.03, z + 0.12, 0.035)]
    return [
        limb([(*hip, 0.095 * k * b), (*knee, 0.068 * k * b)], looks.legs, RIDER),
        limb([(*knee, 0.066 * k * b), (*foot, 0.048 * k * b)], looks.legs * 0.95, RIDER),
        limb(shoe, looks.shoes, RIDER),
    ]


def _reaching_arm(
    looks: Looks, side: int, shoulder: Points, hand: tuple[float, float, float]
) -> list[Limb]:
    b = looks.build
    grip = np.array([side * hand[0], hand[1], hand[2]])
    elbow = (shoulder + grip) / 2 + (side * 0.06, -0.07, -0.02)
    return [
        limb([(*shoulder, 0.060 * b), (*elbow, 0.048 * b)], looks.top * 0.92, RIDER),
        limb([(*elbow, 0.046 * b), (*grip, 0.040)], looks.top * 0.92, RIDER),
        limb([(*grip, 0.045)], looks.skin, RIDER),
    ]


def _leaning_trunk(
    looks: Looks, hip: tuple[float, float], chest: tuple[float, float]
) -> list[Limb]:
    b = looks.build
    balls = [(s * 0.15 * b, chest[0], chest[1], 0.085) for s in (-1, 1)]
    balls += [(s * 0.09 * b, hip[0] + 0.04, hip[1], 0.11) for s in (-1, 1)]
    parts = [limb(balls, looks.top, RIDER)]
    if looks.bag == 1:
        bag = [(s * 0.08, y, z, 0.08) for s in (-1, 1) for y, z in ((1.1, -0.32), (1.38, -0.22))]
        parts.append(limb(bag, np.flip(looks.top) * 0.7 + 20, RIDER))
    return parts

"""A street: lots, pavements, lanes, and what stands and moves on them.

A street repeats along z, and so does everything that moves on it: copy number n of a thing does
what copy 0 did n periods earlier. A camera that covers one length of the street in one period
therefore sees the same image again, whatever speed the things have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil, floor
from typing import TypeAlias

from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Model, Place

# Strips beside the camera, outermost first. What is in an inner one is never hidden by what is
# in an outer one, so they are painted in this order, each from far to near.
LOT, LINE, WALK, KERB, PARKED, LANE, OWN = range(7)
BEHIND_M, AHEAD_M = 14.0, 190.0


Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that stands or moves, and where it is at the time 0.

    model: at a time in seconds. speed: along the street, metres a second.
    size: what it covers of the ground across and along, and its height, metres; a shadow's
        source. The footprint begins at z where `ahead` says so, else z is its middle.
    far_m: from how far it is painted. glow_m: of what a lamp lights.
    """

    model: Callable[[float], Model]
    place: Place
    strip: int
    size: tuple[float, float, float]
    speed: float = 0.0
    ahead: bool = False
    far_m: float = AHEAD_M
    glow_m: float = 0.0
    shade: float = 1.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A flat piece of the ground: x and z from and to, its height, colour and label."""

    x: Span
    z: Span
    y: float
    colour: Points
    label: int


@dataclass(slots=True)
class Street:
    """A street of one period.

    length_m: of the period. time_s: how long the camera takes for it.
    half_m: from the middle to the kerb. walk_m: of a pavement.
    """

    light: Light
    length_m: float
    time_s: float
    half_m: float
    walk_m: float
    paving: int
    things: list[Thing] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)

    @property
    def lot_m(self) -> float:
        """From the middle to where the lots begin."""
        return self.half_m + self.walk_m

    @property
    def speed(self) -> float:
        """The camera's speed, metres a second."""
        return self.length_m / self.time_s


def still(model: Model) -> Callable[[float], Model]:
    """Return what a thing that does not move looks like at any time."""
    return lambda time_s: model  # noqa: ARG005 - at every time the same


def copies(street: Street, thing: Thing, time_s: float) -> Iterator[tuple[Place, float]]:
    """Yield where a thing's copies are around a camera at z = speed * time, and their own time."""
    eye = street.speed * time_s
    gap = street.length_m - thing.speed * street.time_s
    start = thing.place.z + thing.speed * time_s - eye
    long = thing.size[1]
    if abs(gap) < 1e-6:  # as fast as the camera: there is but one
        yield replace(thing.place, z=eye + start), time_s
        return
    ends = -BEHIND_M - long - start, min(AHEAD_M, thing.far_m) - start
    first, last = sorted(end / gap for end in ends)
    for number in range(ceil(first), floor(last) + 1):
        place = replace(thing.place, z=eye + start + number * gap)
        yield place, time_s - number * street.time_s


def repeated(street: Street, patch: Patch, eye: float) -> Iterator[Span]:
    """Yield from where to where a patch's copies lie along the street."""
    length = street.length_m
    first = ceil((eye - BEHIND_M - patch.z[1]) / length)
    last = floor((eye + AHEAD_M - patch.z[0]) / length)
    for number in range(first, last + 1):
        yield patch.z[0] + number * length, patch.z[1] + number * length

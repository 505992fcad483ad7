"""Cars, vans and trucks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.shapes import Faces, Model

CAR, TRUCK = 13, 14
GLASS = np.array([92.0, 80, 70])
_RUBBER = np.array([38.0, 36, 36])
_RIM = np.array([150.0, 148, 146])
DARK = np.array([46.0, 44, 44])
RED, WHITE = np.array([40.0, 36, 190]), np.array([226.0, 236, 238])
PLATE = np.array([225.0, 228, 228])
LAMP = np.array([60.0, 190, 250])
_PAINTS = (
    (54, 48, 46), (40, 36, 34), (208, 208, 206), (190, 188, 184), (132, 130, 128), (110, 62, 36),
    (150, 90, 44), (44, 38, 150), (36, 30, 120), (92, 104, 110), (74, 92, 58), (60, 140, 196),
    (228, 226, 222), (98, 94, 92),
)  # fmt: skip
_LIVERIES = (
    (60, 180, 236), (52, 48, 190), (190, 120, 40), (90, 150, 60), (214, 212, 208), (130, 60, 90),
    (40, 120, 226), (120, 110, 60),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    """A car's side view; lengths in metres from the front."""

    long: float
    wide: float
    high: float
    hood: float
    windscreen: float
    roof: float
    rear: float
    belt: float


_SHAPES = (
    _Shape(4.55, 1.80, 1.45, 1.15, 0.85, 1.45, 0.65, 0.92),  # saloon
    _Shape(4.05, 1.76, 1.50, 0.95, 0.75, 1.75, 0.40, 0.94),  # hatchback
    _Shape(4.65, 1.82, 1.50, 1.10, 0.80, 2.30, 0.40, 0.94),  # estate
    _Shape(4.50, 1.88, 1.72, 1.05, 0.70, 2.20, 0.45, 1.06),  # off-roader
    _Shape(3.60, 1.65, 1.50, 0.70, 0.75, 1.65, 0.35, 0.92),  # small
    _Shape(5.00, 1.98, 2.05, 0.65, 0.75, 3.40, 0.15, 1.10),  # van
)


def livery(rng: np.random.Generator) -> Points:
    """Return a random colour of a bus, a truck or a tram."""
    return np.array(_LIVERIES[rng.integers(len(_LIVERIES))]) * rng.uniform(0.85, 1.1, 3)


def make_car(rng: np.random.Generator, *, lamps: bool = False) -> Model:
    """Build a car of some kind and colour."""
    shape = _SHAPES[rng.choice(len(_SHAPES), p=(0.22, 0.24, 0.20, 0.16, 0.12, 0.06))]
    paint = np.array(_PAINTS[rng.integers(len(_PAINTS))]) * rng.uniform(0.9, 1.12, 3)
    faces = Faces(CAR, (0, 0.75 * shape.belt, 0))
    _car_body(faces, shape, paint)
    _car_windows(faces, shape)
    _ends(faces, shape.wide / 2, shape.long / 2, shape.belt, paint, lamps=lamps)
    for z in (shape.long / 2 - 0.82, -shape.long / 2 + 0.80):
        wheels(faces, shape.wide / 2, z, 0.32 if shape.high < 1.6 else 0.36, paint)
    return (faces.mesh(),)


def _car_body(faces: Faces, shape: _Shape, paint: Points) -> None:
    half, belt, high = shape.long / 2, shape.belt, shape.high
    line = _roof_line(shape)
    narrow = shape.wide / 2 * 0.80

    def width_at(y: float) -> float:
        return shape.wide / 2 + (narrow - shape.wide / 2) * max(0.0, y - belt) / (high - belt)

    outline = [(half, 0.24), (half + 0.04, 0.55), (half - 0.06, belt - 0.20), *line]
    outline += [(-half + 0.02, belt - 0.16), (-half - 0.03, 0.55), (-half, 0.26)]
    for (z0, y0), (z1, y1) in pairwise(outline):
        w0, w1 = width_at(y0), width_at(y1)
        colour = paint * 0.55 if max(y0, y1) < 0.6 else paint
        faces.face([(-w0, y0, z0), (w0, y0, z0), (w1, y1, z1), (-w1, y1, z1)], colour)
    (screen, _), (front, _), (back, _), (rear, _) = line[1:5]
    for side in (-1, 1):
        w, n = side * shape.wide / 2, side * narrow
        nose, tail = half - 0.06, -half + 0.02
        low = [(w, 0.24, half), (w, 0.50, half + 0.02), (w, 0.50, -half), (w, 0.26, -half)]
        faces.face(low, paint * 0.62)
        top = [(w, 0.50, half + 0.02), (w, belt - 0.20, nose), (w, belt, screen), (w, belt, rear)]
        faces.face([*top, (w, belt - 0.16, tail), (w, 0.50, -half)], paint)
        z0, z1 = half - 0.1, tail + 0.1
        crease = [(w, 0.66, z0), (w, 0.76, z0), (w, 0.80, z1), (w, 0.70, z1)]
        faces.face(crease, np.minimum(paint * 1.16 + 8, 250))
        faces.face([(w, belt, screen), (n, high, front), (n, high, back), (w, belt, rear)], paint)
    # What the roof shows of the sky.
    sheen = np.minimum(paint * 1.08 + 12, 250)
    faces.level((-0.5, 0.5), high + 0.004, (front - 0.15, back + 0.2), sheen)


def _roof_line(shape: _Shape) -> list[tuple[float, float]]:
    """Return hood's end, windscreen, roof, rear window and tail as (z, y), front first."""
    half, belt, high = shape.long / 2, shape.belt, shape.high
    screen = half - shape.hood
    front = screen - shape.windscreen
    back = front - shape.roof
    rear = max(back - shape.rear, -half + 0.08)
    return [
        (half - 0.18, belt - 0.12), (screen, belt), (front, high), (back, high - 0.02),
        (rear, belt), (-half + 0.05, belt - 0.03),
    ]  # fmt: skip


def _car_windows(faces: Faces, shape: _Shape) -> None:
    line = _roof_line(shape)
    belt, high = shape.belt, shape.high
    (screen, _), (front, _), (back, _), (rear, _) = line[1:5]
    wide, narrow = shape.wide / 2, shape.wide / 2 * 0.80

    def pane(z: float, y: float, side: float, out: float = 0.008) -> tuple[float, float, float]:
        share = (y - belt) / (high - belt)
        return side * (wide + (narrow - wide) * share + out), y, z

    low, top = belt + 0.05, high - 0.10
    shares = np.array([low - belt, top - belt]) / (high - belt)
    front_low, front_top = screen + (front - screen) * shares - (0.14, 0.12)
    back_low, back_top = rear + (back - rear) * shares + (0.14, 0.12)
    pillar = (front_top + back_top) / 2
    middle = (low + top) / 2
    for side in (-1, 1):
        for z0, z0_top, z1, z1_top in (
            (front_low, front_top, pillar + 0.05, pillar + 0.05),
            (pillar - 0.05, pillar - 0.05, back_low, back_top),
        ):
            corners = [pane(z0, low, side), pane(z0_top, top, side), pane(z1_top, top, side)]
            faces.face([*corners, pane(z1, low, side)], GLASS * 0.75)
            half0, half1 = (z0 + z0_top) / 2, (z1 + z1_top) / 2
            corners = [pane(half0, middle, side), pane(z0_top, top, side), pane(z1_top, top, side)]
            faces.face([*corners, pane(half1, middle, side)], GLASS * 1.15)
    for (z0, y0), (z1, y1) in ((line[1], line[2]), (line[4], line[3])):
        away = 0.012 if z0 > 0 else -0.012
        rows = [(z0 + (z1 - z0) * s + away, y0 + (y1 - y0) * s + 0.012) for s in (0.08, 0.55, 0.92)]
        zb, yb = rows[2]
        for (za, ya), tone in ((rows[0], 0.72), (rows[1], 1.12)):
            wa, wb = (pane(0, y, 1, -0.09)[0] for y in (ya, yb))
            faces.face([(-wa, ya, za), (wa, ya, za), (wb, yb, zb), (-wb, yb, zb)], GLASS * tone)


def _ends(
    faces: Faces, half_wide: float, half_long: float, belt: float, paint: Points, *, lamps: bool
) -> None:
    """Add lights, plates and grille."""
    front, back = half_long + 0.05, -half_long - 0.04
    low, high = belt - 0.40, belt - 0.24
    for side in (-1, 1):
        x = (side * (half_wide - 0.06), side * (half_wide - 0.42))
        light = WHITE * 1.1 if lamps else WHITE * 0.9
        faces.across(x, (low, high), front, light, glows=lamps)
        red = np.array([70.0, 60, 250]) if lamps else RED
        faces.across(x, (low, high + 0.06), back, red, glows=lamps)
    faces.across((-half_wide + 0.5, half_wide - 0.5), (low - 0.02, high - 0.02), front, DARK)
    faces.across((-half_wide + 0.25, half_wide - 0.25), (0.27, 0.40), front, DARK)
    faces.across((-half_wide + 0.15, half_wide - 0.15), (0.27, 0.40), back, DARK)
    faces.across((-0.26, 0.26), (0.42, 0.53), front, PLATE)
    faces.across((-0.26, 0.26), (low - 0.02, low + 0.10), back - 0.01, PLATE)
    faces.across((-half_wide + 0.1, half_wide - 0.1), (belt - 0.2, belt - 0.18), back, paint * 0.5)


def wheels(faces: Faces, half_wide: float, z: float, radius: float, paint: Points) -> None:
    """Add a pair of wheels."""
    for side in (-1, 1):
        x = side * half_wide
        faces.disc((x + side * 0.010, radius + 0.02, z), radius * 1.16, paint * 0.25)
        for out, part, colour in ((0.015, 1.0, _RUBBER), (0.020, 0.62, _RIM), (0.025, 0.2, DARK)):
            faces.disc((x + side * out, radius, z), radius * part, colour)


def make_truck(rng: np.random.Generator, *, lamps: bool = False) -> Model:
    """Build a truck with a box."""
    paint, box = livery(rng), livery(rng) if rng.random() < 0.5 else np.array([216.0, 216, 212])
    wide, high = 1.20, float(rng.uniform(3.0, 3.6))
    back, gap, front = -float(rng.uniform(3.4, 4.4)), 1.75, 3.9
    cargo = Faces(TRUCK, (0, 2, (back + gap) / 2))
    cargo.box((-wide + 0.1, wide - 0.1), (0.55, 1.0), (back, front - 0.3), DARK)
    cargo.box((-wide, wide), (1.0, high), (back, gap), box)
    for side in (-1, 1):
        cargo.along(side * (wide + 0.01), (1.5, 2.3), (back + 0.5, gap - 0.6), paint)
        cargo.along(side * (wide + 0.012), (1.0, 1.1), (back, gap), box * 0.6)
        cargo.along(side * (wide - 0.09), (0.5, 0.9), (back + 1.9, gap - 0.6), DARK * 1.6)
    for x0, x1 in ((-wide + 0.06, -0.03), (0.03, wide - 0.06)):
        cargo.across((x0, x1), (1.06, high - 0.08), back - 0.01, box * 0.92)
        cargo.across((x0 + 0.2, x0 + 0.26), (1.1, high - 0.1), back - 0.02, box * 0.6)
    cargo.across((-wide, wide), (0.5, 0.72), back - 0.02, DARK)
    for side in (-1, 1):
        x = (side * 1.1, side * 0.75)
        cargo.across(x, (0.54, 0.70), back - 0.03, RED if not lamps else RED * 1.4, glows=lamps)
    cargo.across((-0.26, 0.26), (0.54, 0.66), back - 0.03, PLATE)
    cab = Faces(TRUCK, (0, 1.4, (gap + front) / 2))
    cab.box((-wide, wide), (0.45, 2.75), (gap + 0.25, front), paint)
    cab.across((-wide + 0.12, wide - 0.12), (1.55, 2.5), front + 0.01, GLASS * 0.8)
    cab.across((-wide + 0.12, wide - 0.12), (2.05, 2.5), front + 0.012, GLASS * 1.2)
    cab.across((-wide + 0.35, wide - 0.35), (0.8, 1.35), front + 0.01, DARK)
    cab.across((-wide, wide), (0.42, 0.66), front + 0.012, DARK)
    for side in (-1, 1):
        cab.along(side * (wide + 0.01), (1.55, 2.4), (gap + 1.0, front - 0.15), GLASS)
        cab.across((side * 1.1, side * 0.75), (0.70, 0.92), front + 0.02, WHITE, glows=lamps)
    for z in (back + 0.9, front - 0.75):
        wheels(cargo if z < 0 else cab, wide, z, 0.48, DARK)
    return cargo.mesh(), cab.mesh()

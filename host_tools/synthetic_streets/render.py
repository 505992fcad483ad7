"""Rendering of a street as a camera sees it, with the class of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.frame import ClassMap, Image
from host_tools.synthetic_streets.ground import (
    KERB_M,
    ROAD,
    SIDEWALK,
    TERRAIN,
    GroundMap,
    finish_ground,
    reflect,
)
from host_tools.synthetic_streets.light import Light, add_haze, paint_sky
from host_tools.synthetic_streets.pinhole_camera import PinholeCamera, Points
from host_tools.synthetic_streets.raster import Canvas
from host_tools.synthetic_streets.shapes import Place, paint
from host_tools.synthetic_streets.street_layout import (
    AHEAD_M,
    BEHIND_M,
    Span,
    Street,
    Thing,
    copies,
    repeated,
)

SKY = 10
_ASPHALT = np.array([96.0, 94, 92])
_STONE = np.array([148.0, 152, 154])
_CURB = np.array([168.0, 172, 174])
_GRASS = np.array([70.0, 124, 104])


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera's faults.

    gain: brightness in relation to the light. noise: standard deviation in grey levels.
    blur: standard deviation in pixels. vignette: share of the light that corners lose.
    """

    gain: float = 1.0
    noise: float = 1.2
    blur: float = 0.35
    vignette: float = 0.12


def render(
    street: Street, camera: PinholeCamera, time_s: float, rng: np.random.Generator, lens: Lens
) -> tuple[Image, ClassMap]:
    """Return the image, uint8 (H, W, 3) BGR, and its trainIds, uint8 (H, W).

    camera: with its z at the street's speed times time_s. rng: for noise and rain alone.
    """
    light, eye = street.light, float(camera.centre[2])
    canvas = Canvas(camera)
    sky = paint_sky(camera, light)
    canvas.pixels[..., :3] = cv2.resize(sky, canvas.camera.size_wh, interpolation=cv2.INTER_LINEAR)
    canvas.pixels[..., 3] = SKY
    _paint_ground(canvas, street, eye)
    ground = GroundMap(float(camera.centre[0]), eye)
    seen = ((thing, *copy) for thing in street.things for copy in copies(street, thing, time_s))
    for thing, place, own_s in sorted(seen, key=lambda each: (each[0].strip, -each[1].z)):
        _shade(ground, light, thing, place)
        paint(canvas, light, thing.model(own_s), place)
    image, labels, depth = canvas.reduced()
    finish_ground(image, labels, depth, camera, ground, light, street.paving)
    if light.rain:
        reflect(image, labels, camera, light)
    return _finished(add_haze(image, depth, light), rng, light.rain, lens), labels


def _paint_ground(canvas: Canvas, street: Street, eye: float) -> None:
    """Paint grass to the horizon, the road, the pavements with their kerbs, and the patches."""
    up = street.light.of((0.0, 1.0, 0.0))
    near, far = eye - BEHIND_M, eye + 2 * AHEAD_M
    half, lot = street.half_m, street.lot_m
    _flat(canvas, (-150, 150), (near, far), KERB_M, _GRASS * up, TERRAIN)
    _flat(canvas, (-half, half), (near, far), 0.0, _ASPHALT * up, ROAD)
    for side in (-1, 1):
        x = (side * half, side * lot)
        _flat(canvas, x, (near, far), KERB_M, _STONE * up, SIDEWALK)
        stone = _CURB * street.light.of((-side, 0.3, 0.0))
        rim = [
            (side * half, y, z) for y, z in ((0.0, near), (0.0, far), (KERB_M, far), (KERB_M, near))
        ]
        canvas.world_polygon(np.array(rim), np.minimum(stone, 255), SIDEWALK)
        edge = (side * half, side * (half + 0.22))
        _flat(canvas, edge, (near, far), KERB_M, _CURB * up, SIDEWALK)
    for patch in street.patches:
        for z in repeated(street, patch, eye):
            _flat(canvas, patch.x, z, patch.y, patch.colour * up, patch.label)


def _flat(canvas: Canvas, x: Span, z: Span, y: float, colour: Points, label: int) -> None:
    corners = [(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])]
    canvas.world_polygon(np.array(corners), np.minimum(colour, 255), label)


def _shade(ground: GroundMap, light: Light, thing: Thing, place: Place) -> None:
    """Add a thing's shadow to the ground, and the light of its lamp."""
    wide, long, high = thing.size
    if thing.glow_m:
        reach = -1.7 if place.x > 0 else 1.7
        ground.lighten(place.x + reach, place.z, thing.glow_m)
    if not (wide and long):
        return
    begin = 0.0 if thing.ahead else -long / 2
    x, z = (-wide / 2, wide / 2), (begin, begin + long)
    foot = np.array([(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])])
    turn = place.turn()[[0, 2]][:, [0, 2]]
    foot = foot @ turn.T + (place.x, place.z)
    if light.sun[1] > 0.05 and light.shadow > 0.02:
        thrown = foot - light.sun[[0, 2]] * (high / light.sun[1])
        both = np.concatenate([foot, thrown]).astype(np.float32)
        outline = cv2.convexHull(both)[:, 0].astype(np.float64)
        ground.darken(outline, light.shadow * thing.shade)
    if thing.strip >= 4:  # vehicles: little light comes under them
        ground.darken(foot, max(0.62, light.shadow))


def _finished(image: Image, rng: np.random.Generator, rain: float, lens: Lens) -> Image:
    """Return an image as a camera takes it: rain, a soft lens, darker corners, noise."""
    height, width = image.shape[:2]
    if lens.gain != 1:
        image = np.asarray(np.clip(image * np.float32(lens.gain), 0, 255), np.uint8)
    if rain:
        image = _streaks(image, rain, rng)
    if lens.blur > 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), lens.blur), np.uint8)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    shade = (1 - lens.vignette * 0.5 * (x * x + y * y)).astype(np.float32)[..., None]
    seen = image * shade
    if lens.noise:
        seen += rng.standard_normal((height, width, 1), np.float32) * lens.noise
        seen += rng.standard_normal((height, width, 3), np.float32) * (0.4 * lens.noise)
    return np.asarray(np.clip(seen + 0.5, 0, 255), np.uint8)


def _streaks(image: Image, rain: float, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    layer = np.zeros((height, width), np.uint8)
    for _ in range(round(420 * rain)):
        x, y = rng.uniform(0, width), rng.uniform(-0.1, 1) * height
        long = rng.uniform(0.02, 0.09) * height
        end = (round(x + 0.12 * long), round(y + long))
        cv2.line(layer, (round(x), round(y)), end, int(rng.uniform(20, 70)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(layer, (0, 0), 0.7)
    return np.asarray(cv2.add(image, cv2.merge([soft] * 3)), np.uint8)

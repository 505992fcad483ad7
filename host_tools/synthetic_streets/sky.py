"""The sky with its clouds, the haze, and the faults of a camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Image
from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import PinholeCamera
from host_tools.synthetic_streets.textures import TILE, clouds


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


def paint_sky(camera: PinholeCamera, light: Light) -> Image:
    """Paint the whole image as sky: uint8 (H, W, 3) BGR."""
    rays = camera.rays()
    rays = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    up = np.clip(rays[..., 1], 0, 1)
    share = np.clip(up / 0.55, 0, 1)[..., None] ** 0.6
    sky = light.horizon_bgr * (1 - share) + light.sky_bgr * share
    sun = np.clip(rays @ light.sun.astype(np.float32), 0, 1)
    sky = sky + (22 * sun**6 + 70 * sun**60)[..., None] * light.sun_bgr
    # Clouds lie on a plane high above, so they grow smaller towards the horizon.
    high = np.maximum(up, 0.02) + 0.06
    column = ((rays[..., 0] / high * 60) % TILE).astype(np.float32)
    row = ((rays[..., 2] / high * 60) % TILE).astype(np.float32)
    thick = cv2.remap(clouds(), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    begins = 1 - light.clouds
    cover = np.clip((thick - begins) / 0.28, 0, 1)
    cover = cover * cover * (3 - 2 * cover) * np.clip(up / 0.05, 0, 1) * 0.9
    underside = np.clip((thick - begins) / max(light.clouds, 0.3), 0, 1)
    cloud = light.cloud_bgr * (1 - 0.22 * underside[..., None])
    sky = sky * (1 - cover[..., None]) + cloud * cover[..., None]
    return np.asarray(np.clip(sky, 0, 255), np.uint8)


def add_haze(image: Image, depth: NDArray[np.float32], light: Light) -> Image:
    """Mix in what the air scatters between, by Koschmieder's law; the sky has it already."""
    share = 1 - np.exp(-np.where(np.isfinite(depth), depth, 0) / np.float32(light.haze_m))
    mixed = image + (light.haze_bgr.astype(np.float32) - image) * share[..., None]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def finish_image(image: Image, rng: np.random.Generator, rain: float, lens: Lens) -> Image:
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

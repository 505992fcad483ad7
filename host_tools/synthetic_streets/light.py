"""The light of a scene: sun, lamps, the sky with its clouds, and haze."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import UsageError
from edge_app.frame import Image
from host_tools.synthetic_streets import WEATHERS
from host_tools.synthetic_streets.pinhole_camera import PinholeCamera, Points
from host_tools.synthetic_streets.textures import TILE, clouds

# Mean and spread by weather: blue, green, red and share of sun_bgr to cloud_bgr; haze_m, clouds and
# shadow with what is added.
_MEANS = {
    "noon": (
        ((0.56, 0.66, 0.72, 0.06), (0.60, 0.56, 0.54, 0.06), (214, 150, 92, 0.10),
         (236, 216, 190, 0.05), (232, 216, 198, 0.05), (250, 250, 250, 0.02)),
        ((330, 120), (0.42, 0.35), (0.52, 0.10)),
    ),
    "overcast": (
        ((0.10, 0.10, 0.10, 0.3), (0.84, 0.82, 0.80, 0.10), (206, 196, 186, 0.10),
         (226, 222, 216, 0.05), (222, 218, 212, 0.05), (232, 230, 228, 0.05)),
        ((240, 110), (0.85, 0.15), (0.12, 0.08)),
    ),
    "dusk": (
        ((0.16, 0.26, 0.42, 0.15), (0.44, 0.37, 0.36, 0.12), (150, 96, 66, 0.12),
         (130, 168, 232, 0.10), (138, 146, 178, 0.10), (150, 150, 216, 0.10)),
        ((260, 100), (0.45, 0.3), (0.25, 0.10)),
    ),
    "rain": (
        ((0.03, 0.03, 0.03, 0.3), (0.70, 0.67, 0.64, 0.10), (168, 160, 150, 0.10),
         (192, 188, 182, 0.06), (190, 186, 180, 0.06), (178, 174, 170, 0.08)),
        ((130, 50), (0.95, 0.05), (0.05, 0.03)),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a scene; colours are BGR, float64 (3,).

    sun: unit vector towards the sun. sun_bgr, ambient_bgr: shares of a surface's own colour.
    sky_bgr, horizon_bgr, haze_bgr, cloud_bgr: 0 to 255. haze_m: where 63 % is haze.
    clouds: share of the sky. shadow: how much of the light a shadow takes.
    lamps: whether lamps and windows are lit. rain: 0 to 1.
    """

    sun: Points
    sun_bgr: Points
    ambient_bgr: Points
    sky_bgr: Points
    horizon_bgr: Points
    haze_bgr: Points
    cloud_bgr: Points
    haze_m: float
    clouds: float
    shadow: float
    lamps: bool
    rain: float

    def on(self, normals: Points) -> Points:
        """Return how much light falls on faces: normals (N, 3) to shares (N, 3)."""
        facing = np.maximum(normals @ self.sun, 0.0)
        # What faces up sees more of the sky than what faces down.
        sky = 0.85 + 0.15 * normals[:, 1]
        return self.ambient_bgr * sky[:, None] + self.sun_bgr * facing[:, None]

    def of(self, normal: tuple[float, float, float]) -> Points:
        """Return how much light falls on one face: (3,)."""
        return np.asarray(self.on(np.array([normal]))[0])


def make_light(weather: str, rng: np.random.Generator, *, vary: float = 1.0) -> Light:
    """Return the light of a weather, by chance up to `vary` times its spread from the mean.

    Raises UsageError for an unknown weather.
    """
    if weather not in WEATHERS:
        raise UsageError(f"there is no weather '{weather}'; choose one of: {', '.join(WEATHERS)}")

    def some(mean: float, by: float) -> float:
        return mean + vary * float(rng.uniform(-by, by))

    def tint(blue: float, green: float, red: float, by: float) -> Points:
        return np.array([blue, green, red]) * (1 + vary * rng.uniform(-by, by, 3))

    side = 1.0 if vary == 0 or rng.random() < 0.5 else -1.0
    high = radians(some(14, 6) if weather == "dusk" else some(48, 16))
    turn = radians(side * some(62, 50))
    sun = np.array([cos(high) * sin(turn), sin(high), cos(high) * cos(turn)])
    colours, numbers = _MEANS[weather]
    sun_bgr, ambient, sky, horizon, haze, cloud = (tint(*mean) for mean in colours)
    haze_m, clouds, shadow = (some(*mean) for mean in numbers)
    wet = weather == "rain"
    lamps = bool(vary and rng.random() < 0.6) if wet else weather == "dusk"
    rain = some(0.6, 0.35) if wet else 0.0
    return Light(
        sun, sun_bgr, ambient, sky, horizon, haze, cloud, haze_m, clouds, shadow, lamps, rain
    )


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

"""The light of a scene: sun, sky, haze, and whether lamps are on."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from edge_app.errors import UsageError
from host_tools.synthetic_streets import WEATHERS
from host_tools.synthetic_streets.pinhole_camera import Points


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
        share: Points = self.on(np.array([normal]))[0]
        return share


def make_light(weather: str, rng: np.random.Generator, *, vary: float = 1.0) -> Light:
    """Make the light of a weather; `vary` says how far from its mean.

    Raises UsageError for a weather that is not known.
    """
    if weather not in WEATHERS:
        raise UsageError(f"there is no weather '{weather}'; choose one of: {', '.join(WEATHERS)}")

    def some(mean: float, by: float) -> float:
        return mean + vary * float(rng.uniform(-by, by))

    def tint(blue: float, green: float, red: float, by: float) -> Points:
        return np.array([blue, green, red]) * (1 + vary * rng.uniform(-by, by, 3))

    side = 1.0 if vary == 0 or rng.random() < 0.5 else -1.0
    low = weather == "dusk"
    high_deg = some(14, 6) if low else some(48, 16)
    turn_deg = side * some(62, 50)
    flat = cos(radians(high_deg))
    sun = np.array(
        [flat * sin(radians(turn_deg)), sin(radians(high_deg)), flat * cos(radians(turn_deg))]
    )
    if weather == "noon":
        return Light(
            sun, tint(0.56, 0.66, 0.72, 0.06), tint(0.60, 0.56, 0.54, 0.06),
            tint(214, 150, 92, 0.10), tint(236, 216, 190, 0.05), tint(232, 216, 198, 0.05),
            tint(250, 250, 250, 0.02), some(330, 120), some(0.42, 0.35), some(0.52, 0.10),
            False, 0.0,
        )  # fmt: skip
    if weather == "overcast":
        return Light(
            sun, tint(0.10, 0.10, 0.10, 0.3), tint(0.84, 0.82, 0.80, 0.10),
            tint(206, 196, 186, 0.10), tint(226, 222, 216, 0.05), tint(222, 218, 212, 0.05),
            tint(232, 230, 228, 0.05), some(240, 110), some(0.85, 0.15), some(0.12, 0.08),
            False, 0.0,
        )  # fmt: skip
    if weather == "dusk":
        return Light(
            sun, tint(0.16, 0.26, 0.42, 0.15), tint(0.44, 0.37, 0.36, 0.12),
            tint(150, 96, 66, 0.12), tint(130, 168, 232, 0.10), tint(138, 146, 178, 0.10),
            tint(150, 150, 216, 0.10), some(260, 100), some(0.45, 0.3), some(0.25, 0.10),
            True, 0.0,
        )  # fmt: skip
    return Light(
        sun, tint(0.03, 0.03, 0.03, 0.3), tint(0.70, 0.67, 0.64, 0.10),
        tint(168, 160, 150, 0.10), tint(192, 188, 182, 0.06), tint(190, 186, 180, 0.06),
        tint(178, 174, 170, 0.08), some(130, 50), some(0.95, 0.05), some(0.05, 0.03),
        bool(vary and rng.random() < 0.6), some(0.6, 0.35),
    )  # fmt: skip

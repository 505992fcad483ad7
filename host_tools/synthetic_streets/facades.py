"""The fronts of houses: walls, windows, doors, shops, cornices."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from host_tools.synthetic_streets.light import Light
from host_tools.synthetic_streets.pinhole_camera import Points
from host_tools.synthetic_streets.textures import noise

FLOOR_M = 3.2
GROUND_M = 3.8
_WALLS = (
    (178, 204, 218), (150, 188, 214), (196, 206, 212), (128, 156, 196), (170, 190, 190),
    (206, 214, 222), (150, 168, 182), (186, 186, 172), (120, 160, 178), (214, 206, 190),
)  # fmt: skip
_BRICKS = ((70, 88, 150), (62, 76, 128), (92, 116, 168), (84, 92, 112), (110, 140, 176))
_SHOPS = (
    (60, 52, 168), (120, 74, 36), (70, 118, 60), (44, 44, 44), (40, 140, 206), (128, 96, 34),
    (92, 60, 120), (190, 186, 176),
)  # fmt: skip
_LIT = np.array([118.0, 196.0, 250.0])


@dataclass(frozen=True, slots=True)
class House:
    """The look of a house.

    wall, trim, shop: BGR. kind: brick, plaster, panel or glass.
    """

    kind: str
    floors: int
    wall: Points
    trim: Points
    shop: Points | None
    column_m: float
    window_wh: tuple[float, float]
    balconies: bool

    @property
    def height_m(self) -> float:
        """The height of the eaves."""
        return GROUND_M + FLOOR_M * (self.floors - 1) + 0.5


def make_house(rng: np.random.Generator, tall: float = 1.0) -> House:
    """Draw the looks of a house by lot."""
    kind = str(rng.choice(["brick", "plaster", "plaster", "plaster", "panel", "glass"]))
    walls = _BRICKS if kind == "brick" else _WALLS
    wall = np.array(walls[rng.integers(len(walls))]) * rng.uniform(0.82, 1.08, 3)
    trim = np.clip(wall * rng.uniform(1.1, 1.4), 0, 240) if rng.random() < 0.6 else wall * 0.62
    shop = np.array(_SHOPS[rng.integers(len(_SHOPS))], float) if rng.random() < 0.5 else None
    if kind == "glass":
        wall = np.array([150.0, 140, 126]) * rng.uniform(0.6, 1.1)
    wide, high = (rng.uniform(0.9, 1.4), rng.uniform(1.4, 1.9))
    return House(
        kind, int(np.clip(round(rng.normal(4 * tall, 1.1)), 1, 9)), wall, trim, shop,
        float(rng.uniform(1.9, 2.8)), (float(wide), float(high)), bool(rng.random() < 0.3),
    )  # fmt: skip


def draw_front(
    house: House,
    width_m: float,
    light: Light,
    normal: tuple[float, float, float],
    density: float,
    rng: np.random.Generator | None,
) -> NDArray[np.uint8]:
    """Return a front with its light: uint8 (H, W, 3) BGR.

    density: pixels per metre. rng: None for a side wall without windows.
    """
    front = _Front(house, width_m, density, lamps=light.lamps, rng=rng or np.random.default_rng(0))
    front.wall()
    if rng is not None:
        front.upper_floors()
        front.ground_floor()
    return front.finished(light.of(normal))


class _Front:
    """A front that is being drawn; x from the left and y from the ground, in metres."""

    def __init__(
        self, house: House, width_m: float, density: float, *, lamps: bool, rng: np.random.Generator
    ) -> None:
        self.house, self.width_m, self.density = house, width_m, density
        self.lamps, self.rng = lamps, rng
        self.rows = max(8, round(house.height_m * density))
        self.columns = max(8, round(width_m * density))
        self.image = np.empty((self.rows, self.columns, 3), np.uint8)
        self.lit: list[tuple[float, float, float, float]] = []

    def rect(self, x: float, y: float, x_end: float, y_end: float, colour: Points) -> None:
        """Fill a rectangle, metres, to a sixteenth of a pixel."""
        d = self.density * 16
        corners = np.array([(x, y), (x_end, y), (x_end, y_end), (x, y_end)]) * d
        corners[:, 1] = self.rows * 16 - corners[:, 1]
        points = np.rint(corners - 8).astype(np.int32)
        cv2.fillPoly(self.image, [points], (*np.clip(colour, 0, 255),), cv2.LINE_AA, 4)

    def wall(self) -> None:
        """Paint the wall: its colour, grain and courses, darker towards the ground."""
        house = self.house
        size_wh = (self.columns, self.rows)
        grain = np.tile(noise((128, 256), 21), (1 + self.rows // 512, 1 + self.columns // 512))
        spots = cv2.resize(noise((8, 16), 22)[:200, :200], size_wh)
        tone = 1 + 0.022 * grain[: self.rows, : self.columns] + 0.035 * spots
        if house.kind == "brick":
            y = (np.arange(self.rows) / self.density)[:, None]
            x = (np.arange(self.columns) / self.density)[None]
            course = np.floor(y / 0.16)
            joint = ((y / 0.16) % 1 < 0.16) | (((x / 0.48 + 0.5 * course) % 1) < 0.06)
            one = np.modf(
                np.sin(course * 12.9898 + np.floor(x / 0.48 + 0.5 * course) * 78.233) * 437.5
            )[0]
            tone = tone + 0.10 * one + 0.20 * joint
        from_ground = (self.rows - np.arange(self.rows))[:, None] / self.density
        tone = tone * (1 - 0.22 * np.exp(-from_ground / 1.6))
        self.image[:] = np.clip(tone[..., None] * house.wall, 0, 255)
        if house.kind == "panel":
            for floor in range(house.floors):
                top = GROUND_M + FLOOR_M * floor
                self.rect(0, top - 0.04, self.width_m, top, house.wall * 0.6)

    def upper_floors(self) -> None:
        """Cut the windows of the upper floors, and put the cornice on."""
        house, wide = self.house, self.width_m
        count = max(1, int(wide / house.column_m))
        step = wide / count
        for floor in range(1, house.floors):
            base = GROUND_M + FLOOR_M * (floor - 1)
            if house.kind == "glass":
                self.window(0.15, base + 0.45, wide - 0.3, 2.3, bars=count * 2)
                continue
            for column in range(count):
                x = (column + 0.5) * step - house.window_wh[0] / 2
                self.window(x, base + 0.95, *house.window_wh)
                if house.balconies and column % 2:
                    self.balcony(x - 0.35, base + 0.12, house.window_wh[0] + 0.7)
        top = house.height_m
        self.rect(0, top - 0.42, wide, top, house.trim)
        self.rect(0, top - 0.50, wide, top - 0.42, house.wall * 0.55)
        if house.kind == "plaster":
            self.rect(0, GROUND_M - 0.06, wide, GROUND_M + 0.16, house.trim)
            self.rect(0, GROUND_M - 0.13, wide, GROUND_M - 0.06, house.wall * 0.62)

    def window(self, x: float, y: float, wide: float, high: float, bars: int = 2) -> None:
        """Cut a window: the reveal, the frame, the glass with sky or curtains in it, the sill."""
        rng, house = self.rng, self.house
        frame = np.array([226.0, 232, 234]) if house.kind != "glass" else np.array([90.0, 86, 80])
        self.rect(x - 0.10, y - 0.08, x + wide + 0.10, y + high + 0.12, house.trim)
        self.rect(x, y, x + wide, y + high, house.wall * 0.42)
        self.rect(x + 0.03, y, x + wide - 0.03, y + high - 0.07, frame)
        glass = np.array([96.0, 82, 70]) * rng.uniform(0.55, 1.25)
        x0, x1, y0, y1 = x + 0.09, x + wide - 0.09, y + 0.07, y + high - 0.14
        for part in range(4):
            share = 0.75 + 0.22 * part
            low = y0 + (y1 - y0) * part / 4
            self.rect(x0, low, x1, y0 + (y1 - y0) * (part + 1) / 4, glass * share)
        if rng.random() < 0.4 and house.kind != "glass":
            drop = rng.uniform(0.15, 1.0) * (y1 - y0)
            self.rect(x0, y1 - drop, x1, y1, np.array([190.0, 200, 204]) * rng.uniform(0.7, 1.05))
        elif self.lamps and rng.random() < 0.35:
            self.lit.append((x0, y0, x1, y1))
        for bar in range(1, bars):
            at = x + wide * bar / bars
            self.rect(at - 0.03, y, at + 0.03, y + high - 0.07, frame)
        self.rect(x - 0.14, y - 0.16, x + wide + 0.14, y - 0.04, house.trim * 1.08)
        self.rect(x - 0.10, y - 0.24, x + wide + 0.10, y - 0.16, house.wall * 0.7)

    def balcony(self, x: float, y: float, wide: float) -> None:
        """Hang a balcony's rail before a window."""
        dark = np.array([60.0, 58, 56])
        self.rect(x, y, x + wide, y + 0.14, self.house.trim)
        self.rect(x, y + 1.0, x + wide, y + 1.07, dark)
        for bar in np.arange(x, x + wide, 0.14):
            self.rect(bar, y + 0.14, bar + 0.035, y + 1.0, dark)

    def ground_floor(self) -> None:
        """Fill the ground floor with a shop, or with a door between windows."""
        house, rng, wide = self.house, self.rng, self.width_m
        if house.shop is None:
            self.rect(0, 0, wide, 0.6, house.wall * 0.66)
            count = max(1, int(wide / (house.column_m * 1.1)))
            door = int(rng.integers(count))
            for column in range(count):
                x = (column + 0.5) * wide / count
                if column == door:
                    self.door(x - 0.6)
                else:
                    self.window(x - house.window_wh[0] / 2, 1.1, *house.window_wh)
            return
        self.rect(0, 0, wide, GROUND_M - 0.3, house.shop * 0.55)
        panes = max(2, int(wide / 2.6))
        for pane in range(panes):
            x, x_end = 0.2 + (wide - 0.4) * pane / panes, (wide - 0.4) * (pane + 1) / panes
            if pane == panes // 2:
                self.door(x + 0.3)
            else:
                self.shop_window(x, x_end + 0.1)
        self.rect(0, GROUND_M - 0.95, wide, GROUND_M - 0.2, house.shop)
        self.lettering(house.shop)
        if rng.random() < 0.5:
            self.awning(house.shop)

    def shop_window(self, x: float, x_end: float) -> None:
        """Glaze a shop window with goods behind it."""
        rng = self.rng
        self.rect(x, 0.5, x_end, 2.75, np.array([70.0, 66, 62]))
        for part in range(3):
            glass = np.array([104.0, 96, 84]) * (0.62 + 0.22 * part)
            self.rect(x + 0.08, 0.58 + 0.7 * part, x_end - 0.08, 1.30 + 0.7 * part, glass)
        for at in np.arange(x + 0.25, x_end - 0.5, 0.45):
            self.rect(at, 0.6, at + 0.3, 0.6 + rng.uniform(0.3, 1.2), rng.uniform(60, 190, 3))
        if self.lamps:
            self.lit.append((x + 0.08, 0.58, x_end - 0.08, 2.68))

    def lettering(self, shop: Points) -> None:
        """Put bars for letters on the shop's board; they are to be seen, not read."""
        ink = np.array([240.0, 244, 246]) if shop.mean() < 120 else np.array([40.0, 36, 36])
        x = self.width_m * self.rng.uniform(0.15, 0.35)
        for _ in range(int(self.rng.integers(4, 9))):
            wide = float(self.rng.uniform(0.16, 0.34))
            if x + wide > self.width_m - 0.4:
                break
            self.rect(x, GROUND_M - 0.78, x + wide, GROUND_M - 0.38, ink)
            self.rect(x + 0.06, GROUND_M - 0.66, x + wide - 0.06, GROUND_M - 0.5, shop)
            x += wide + 0.1

    def awning(self, shop: Points) -> None:
        """Pull a striped awning out above the shop."""
        for index, x in enumerate(np.arange(0.3, self.width_m - 0.4, 0.4)):
            colour = np.array([226.0, 230, 232]) if index % 2 else shop * 1.1
            self.rect(x, 2.35, x + 0.4, 2.85, colour)
        self.rect(0.3, 2.2, self.width_m - 0.3, 2.35, shop * 0.3)

    def door(self, x: float) -> None:
        """Hang a door."""
        rng = self.rng
        colour = np.array(_SHOPS[rng.integers(len(_SHOPS))], float)
        self.rect(x - 0.15, 0, x + 1.35, 2.75, self.house.trim * 0.9)
        self.rect(x, 0, x + 1.2, 2.6, colour * 0.35)
        self.rect(x + 0.06, 0.08, x + 1.14, 2.12, colour)
        self.rect(x + 0.2, 1.2, x + 1.0, 1.95, np.array([90.0, 84, 76]))
        self.rect(x + 0.06, 2.18, x + 1.14, 2.52, np.array([110.0, 100, 90]))

    def finished(self, light: Points) -> NDArray[np.uint8]:
        """Return the front under its light, with the lit windows shining."""
        self.image = np.clip(self.image * light, 0, 255).astype(np.uint8)
        for x, y, x_end, y_end in self.lit:
            self.rect(x, y, x_end, y_end, _LIT * self.rng.uniform(0.62, 1.0))
        return self.image

"""Dark translucent panels: drawn with Pillow, blended into a canvas with OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from edge_app.fonts import Face
from edge_app.frame import Image

XY = tuple[int, int]
Size = tuple[int, int]  # width, height
INK = "#FFFFFF"
SOFT = "#D3D9E0"  # secondary text: still 7 to 1 against a panel over a white image
FAINT = "#AEB7C2"
DARK = "#0B0E11"  # text on a coloured chip
TRACK = "#3B444E"  # the empty part of a bar
_BASE_RGB = (17, 21, 26)
OPACITY = 0.80
SCALE_MIN = 0.45  # letters are unreadable below
_OVERSAMPLE = 4  # Pillow draws round corners without antialiasing


@dataclass(frozen=True, slots=True)
class Scale:
    """Pixels per pixel of the layout, which is drawn for a canvas of 720 rows."""

    factor: float

    def px(self, length: float) -> int:
        """Return a length of the layout in whole pixels."""
        return round(length * self.factor)


@dataclass(frozen=True, slots=True)
class Panel:
    """A finished panel.

    colour: uint8 (h, w, 3) BGR, already multiplied by its opacity.
    keep: uint8 (h, w, 3), how much of the image below shows through, of 255.
    """

    colour: Image
    keep: NDArray[np.uint8]

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.colour.shape[1], self.colour.shape[0]


def blit(canvas: Image, panel: Panel, xy: XY) -> None:
    """Blend a panel into a canvas, in place; clip what lies outside the canvas.

    canvas: uint8 (H, W, 3) BGR.
    """
    x, y = xy
    left, top = max(0, x), max(0, y)
    right = min(canvas.shape[1], x + panel.size_wh[0])
    bottom = min(canvas.shape[0], y + panel.size_wh[1])
    if left >= right or top >= bottom:
        return
    inside = (slice(top - y, bottom - y), slice(left - x, right - x))
    below = canvas[top:bottom, left:right]
    cv2.multiply(below, panel.keep[inside], dst=below, scale=1 / 255)
    cv2.add(below, panel.colour[inside], dst=below)


def dim(canvas: Image, share: float) -> None:
    """Darken a canvas to a share of its brightness, in place.

    canvas: uint8 (H, W, 3) BGR.
    """
    cv2.convertScaleAbs(canvas, dst=canvas, alpha=share)


class Sheet:
    """A panel being drawn: boxes and texts at pixel positions, then `finish`.

    Colour and opacity are two images: on a single one with four channels Pillow blends text
    with the transparent background, which roughens letters.
    """

    def __init__(self, size_wh: Size, radius_px: int, opacity: float = OPACITY) -> None:
        self.size_wh = (max(1, size_wh[0]), max(1, size_wh[1]))
        colour, covered = _ground(self.size_wh, radius_px, opacity)
        self._colour, self._opacity = colour.copy(), covered.copy()

    def bar(self, xy: XY, size_wh: Size, parts: Sequence[tuple[str, int]], radius_px: int) -> None:
        """Fill a rounded box with parts side by side: (colour, width in pixels) each."""
        if min(size_wh) <= 0:
            return
        strip = Pillow.new("RGB", size_wh)
        x = 0
        for colour, width in parts:
            strip.paste(colour, (x, 0, x + width, size_wh[1]))
            x += width
        mask = _round_mask(size_wh, radius_px)
        self._colour.paste(strip, xy, mask)
        self._opacity.paste(255, xy, mask)

    def box(self, xy: XY, size_wh: Size, colour: str, radius_px: int) -> None:
        """Fill a rounded box from its top left corner."""
        self.bar(xy, size_wh, [(colour, size_wh[0])], radius_px)

    def ground(self, xy: XY, size_wh: Size, radius_px: int, opacity: float = OPACITY) -> None:
        """Draw a rounded piece of panel background, for sheets that are transparent otherwise."""
        mask = _round_mask(size_wh, radius_px)
        area = (*xy, xy[0] + size_wh[0], xy[1] + size_wh[1])
        self._colour.paste(tuple(round(value * opacity) for value in _BASE_RGB), area, mask)
        self._opacity.paste(round(255 * opacity), area, mask)

    def text(self, xy: XY, text: str, font: Face, colour: str = INK, anchor: str = "ls") -> None:
        """Write a text; `anchor` is Pillow's: "ls" starts on the baseline, "rs" ends there."""
        mask, (left, top) = _stamp(text, font, anchor)
        place = (xy[0] + left, xy[1] + top)
        self._colour.paste(colour, place, mask)
        self._opacity.paste(255, place, mask)

    def finish(self) -> Panel:
        """Return the panel as arrays for `blit`."""
        colour = cv2.cvtColor(np.asarray(self._colour), cv2.COLOR_RGB2BGR)
        keep = cv2.cvtColor(~np.asarray(self._opacity), cv2.COLOR_GRAY2BGR)
        return Panel(np.asarray(colour, np.uint8), np.asarray(keep, np.uint8))


@lru_cache(maxsize=16)
def _ground(size_wh: Size, radius_px: int, opacity: float) -> tuple[Pillow.Image, Pillow.Image]:
    """Return the colour and the opacity of an empty panel."""
    colour, covered = Pillow.new("RGB", size_wh), Pillow.new("L", size_wh)
    mask = _round_mask(size_wh, radius_px)
    colour.paste(tuple(round(value * opacity) for value in _BASE_RGB), mask=mask)
    covered.paste(round(255 * opacity), mask=mask)
    return colour, covered


@lru_cache(maxsize=256)
def _round_mask(size_wh: Size, radius_px: int) -> Pillow.Image:
    """Return the coverage of a rounded box, smooth at its corners."""
    width, height = size_wh
    radius = min(radius_px, width // 2, height // 2)
    big = Pillow.new("L", (width * _OVERSAMPLE, height * _OVERSAMPLE), 0)
    corner = (0, 0, width * _OVERSAMPLE - 1, height * _OVERSAMPLE - 1)
    ImageDraw.Draw(big).rounded_rectangle(corner, radius * _OVERSAMPLE, fill=255)
    return big.resize(size_wh, Pillow.Resampling.BOX)


@lru_cache(maxsize=1024)
def _stamp(text: str, font: Face, anchor: str) -> tuple[Pillow.Image, tuple[int, int]]:
    """Return the coverage of a text and the offset of its corner from its anchor.

    Cached: most texts of a panel stay the same, and Pillow takes 60 us for each.
    """
    left, top, right, bottom = (int(side) for side in font.getbbox(text, anchor=anchor))
    mask = Pillow.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=font, anchor=anchor)
    return mask, (left, top)

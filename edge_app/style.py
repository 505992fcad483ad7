"""Colours and number formats of HUD, terminal, charts and report."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

# Source: Okabe and Ito, "Color Universal Design": colour-blind people can tell them apart too.
VARIANT_COLOURS = {
    "float32": "#E69F00",
    "float16": "#56B4E9",
    "dynamic_range": "#009E73",
    "int8": "#CC79A7",
}
# For variants of other names. Chosen one after the other from a grid of colours on which dark text
# can be read, each as far from those before it as possible, also as people see it who lack one
# kind of cone (Machado, Oliveira and Fernandes, 2009), and from the colours of stages and signals.
FURTHER_COLOURS = (
    "#A058F4", "#A0DCAC", "#40DCF4", "#94B888", "#F4C458", "#B858B8", "#648834", "#F44C40",
)  # fmt: skip
_START = 9  # the usual schemes (int8-mixed, int16x8, int4) then have the first three, one each
# The rest of the same palette, a grey and a violet, so that no stage looks like a variant.
STAGE_COLOURS = {
    "capture": "#98A4B0",
    "prepare": "#F0E442",
    "invoke": "#0072B2",
    "decode": "#D55E00",
    "overlay": "#9C85D6",
    "end_to_end": "#FFFFFF",
}
NEUTRAL = "#B4BCC6"  # a variant or stage that has no colour of its own
RIGHT = "#3CCB9B"
WRONG = "#FF8A4C"
NOTHING = "\N{EN DASH}"  # shown if a value is not known
REFRESH_S = 0.2  # how often figures change on a screen; faster is unreadable


def variant_colour(name: str, among: Iterable[str] = ()) -> str:
    """Return a variant's colour as #RRGGBB; NEUTRAL for no name.

    A name has the same colour everywhere, but where one before it in `among` has that already.
    among: names of all variants that are shown, which have different colours as long as there are.
    """
    if name in VARIANT_COLOURS or not name:
        return VARIANT_COLOURS.get(name, NEUTRAL)
    further = dict.fromkeys((*(each for each in among if each not in VARIANT_COLOURS), name))
    return _further_colours(tuple(further))[name]


@lru_cache(maxsize=64)
def _further_colours(names: tuple[str, ...]) -> dict[str, str]:
    colours: dict[str, str] = {}
    for name in names:
        start = zlib.crc32(name.encode(), _START) % len(FURTHER_COLOURS)
        order = (*FURTHER_COLOURS[start:], *FURTHER_COLOURS[:start])
        colours[name] = next((c for c in order if c not in colours.values()), order[0])
    return colours


def bgr(colour: str) -> tuple[int, int, int]:
    """Return #RRGGBB as (blue, green, red), 0 to 255 each."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return blue, green, red


def spaced(name: str) -> str:
    """Return a stage's name as it is shown: end to end. Variants are shown as they are named."""
    return name.replace("_", " ")


def significant(value: float | None) -> str:
    """Return a positive value with three digits or its whole integer part: 0.42, 14.4, 1597."""
    if value is None or not math.isfinite(value):
        return NOTHING
    for limit, places in ((9.995, 2), (99.95, 1)):
        if value < limit:
            return f"{value:.{places}f}"
    return f"{value:.0f}"


def milliseconds(value_ms: float | None) -> str:
    """Return a duration in ms; below 0.1 with four places, since a digit's network takes 0.007."""
    if value_ms is not None and 0 < value_ms < 0.0995:
        return f"{value_ms:.4f}"
    return significant(value_ms)


def duration(value_ms: float | None) -> str:
    """Return a duration with its unit: 92.1 ms, or 12.3 s from ten seconds on."""
    if value_ms is None or not math.isfinite(value_ms):
        return NOTHING
    if value_ms >= 10_000:
        return f"{value_ms / 1000:.1f} s"
    return f"{significant(value_ms)} ms"


def file_size(size_bytes: int) -> str:
    """Return a file size in decimal megabytes, or kilobytes below one megabyte."""
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1e3:.1f} kB"
    return f"{size_bytes / 1e6:.2f} MB"


def fraction(value: float | None, places: int = 3) -> str:
    """Return a score between 0 and 1 without its zero, as IoU is quoted: .638, 1.000."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.{places}f}".removeprefix("0")


def miou_text(value: float | None) -> str:
    """Return mIoU with its name, the one way in which it is written: mIoU .638."""
    return f"mIoU {fraction(value)}"


def percent(value: float | None) -> str:
    """Return a share between 0 and 1 in per cent, with one decimal."""
    return NOTHING if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def count(number: int, thing: str) -> str:
    """Return a number with its noun: 1 frame, 10,000 frames."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(parts: Sequence[str]) -> str:
    """Return words or phrases as one list: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

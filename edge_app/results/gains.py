"""What quantization gained and what it lost, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge_app.quality import Quality
from edge_app.style import NOTHING, fraction, listed
from edge_app.timing import Latency

FLOAT = "float32"  # the others are compared with it
_EQUAL = 0.05  # times that differ by less count as equal, since two runs differ as much
# The 95 % notches of a box plot, for the distance of p90 from the median instead of the quartiles:
# 1.57 IQR / sqrt(n), where IQR is 1.349 and p90 - p50 1.282 standard deviations of a normal
# distribution. Source: McGill, Tukey and Larsen, Variations of Box Plots (1978).
_NOTCH = 1.57 * 1.349 / 1.282

Headline = tuple[str, float]  # the name of a measure and its value, 0 to 1


@dataclass(frozen=True, slots=True)
class VariantFigures:
    """Figures of one variant on one machine; None for what is unknown.

    invoke_ms: median time of the network alone; range_ms: what its median is within (95 %).
    fps: frames per second; fps_name: of which kind.
    score: the measure that counts. on: the frames it was measured on, as text.
    """

    variant: str
    bytes: int | None = None
    invoke_ms: float | None = None
    fps: float | None = None
    score: Headline | None = None
    on: str = ""
    range_ms: tuple[float, float] | None = None
    fps_name: str = "end-to-end fps"


@dataclass(frozen=True, slots=True)
class Speed:
    """How many times faster a variant is than float32, and by which figure of the tables.

    measurable: whether the ratio is more than noise.
    """

    ratio: float
    basis: str
    measurable: bool


def median_range(latency: Latency | None) -> tuple[float, float] | None:
    """Return what a median is within (95 %), by the spread of its durations; None without any."""
    if latency is None:
        return None
    half_ms = _NOTCH * (latency.p90_ms - latency.p50_ms) / math.sqrt(latency.n)
    return max(0.0, latency.p50_ms - half_ms), latency.p50_ms + half_ms


def headline(quality: Quality | None) -> Headline | None:
    """Return the measure that counts for the task, by name: mIoU, else top-1, else pixels."""
    if quality is None:
        return None
    for name, value in (
        ("mIoU", quality.miou),
        ("top-1", quality.top1),
        ("pixel accuracy", quality.pixel_accuracy),
    ):
        if value is not None:
            return name, value
    return None


def score_text(score: Headline | None, places: int = 3) -> str:
    """Format a score: mIoU as a fraction of so many places, the others in per cent."""
    if score is None:
        return NOTHING
    name, value = score
    return fraction(value, places) if name == "mIoU" else f"{100 * value:.2f} %"


def gains(figures: Iterable[VariantFigures], *, valid: bool = True) -> list[str]:
    """Return a sentence per variant that compares it with float32 on the same machine.

    "int8 is 2.6x faster than float32 (median network ms), loses 0.3 points of mIoU (.813 to .810)
    and has a file 2.8x smaller." Missing figures are left out; without float32 there are no
    sentences. valid: whether the times are; if not, each sentence on speed says so.
    """
    figures = list(figures)
    base = next((one for one in figures if one.variant == FLOAT), None)
    if base is None:
        return []
    found = []
    for one in figures:
        if one is base:
            continue
        parts = [_faster(base, one, valid=valid), _quality(base, one), _size(base, one)]
        if any(parts):
            found.append(f"{one.variant} {listed([part for part in parts if part])}.")
    return found


def speed(base: VariantFigures, one: VariantFigures) -> Speed | None:
    """Return how many times faster a variant is than float32: its network, else end to end."""
    if base.invoke_ms and one.invoke_ms:
        ratio = base.invoke_ms / one.invoke_ms
        apart = True
        if base.range_ms and one.range_ms:
            (low, high), (own_low, own_high) = base.range_ms, one.range_ms
            apart = low > own_high or high < own_low
        return Speed(ratio, "median network ms", apart and abs(ratio - 1) >= _EQUAL)
    if base.fps and one.fps and base.fps_name == one.fps_name:
        ratio = one.fps / base.fps
        return Speed(ratio, one.fps_name, abs(ratio - 1) >= _EQUAL)
    return None


def lost_points(base: VariantFigures, one: VariantFigures) -> float | None:
    """Return the points (hundredths) of quality a variant lost; a gain is negative.

    None if the scores cannot be compared, as on different frames.
    """
    before, after = base.score, one.score
    if not before or not after or before[0] != after[0] or base.on != one.on:
        return None
    return 100 * (before[1] - after[1])


def _faster(base: VariantFigures, one: VariantFigures, *, valid: bool) -> str:
    found = speed(base, one)
    if found is None:
        return ""
    by = f"({found.basis})" if valid else f"({found.basis}; not a valid measurement)"
    if not found.measurable:
        return f"shows no measurable difference in speed from {FLOAT} {by}"
    if found.ratio > 1:
        return f"is {_times(found.ratio)} faster than {FLOAT} {by}"
    return f"is {_times(1 / found.ratio)} slower than {FLOAT} {by}"


def _quality(base: VariantFigures, one: VariantFigures) -> str:
    lost = lost_points(base, one)
    if lost is None or base.score is None:
        return ""
    before, after = score_text(base.score), score_text(one.score)
    name = base.score[0]
    if before == after and abs(lost) >= 0.005:  # a fourth place shows what was lost
        before, after = score_text(base.score, 4), score_text(one.score, 4)
    if abs(lost) < 0.005:
        return f"has the same {name} ({after})"
    points = f"{abs(lost):.1f}" if abs(lost) >= 0.095 else f"{abs(lost):.2f}"
    return f"{'loses' if lost > 0 else 'gains'} {points} points of {name} ({before} to {after})"


def _size(base: VariantFigures, one: VariantFigures) -> str:
    if not base.bytes or not one.bytes:
        return ""
    ratio = base.bytes / one.bytes
    if abs(ratio - 1) < _EQUAL:
        return "has a file of the same size"
    if ratio > 1:
        return f"has a file {_times(ratio)} smaller"
    return f"has a file {_times(1 / ratio)} larger"


def _times(ratio: float) -> str:
    places = 0 if ratio >= 9.95 else 1 if ratio >= 1.095 else 2
    return f"{ratio:.{places}f}x"

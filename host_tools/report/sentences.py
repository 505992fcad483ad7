"""Sentences on what quantization gained and what it lost."""

from __future__ import annotations

from edge_app.style import NOTHING, significant, spaced
from host_tools.report.figures import FLOAT, Figures, Result

_EQUAL = 0.05  # times that differ by less are called equal, as two runs differ as much


def figure(value: float | None) -> str:
    """Format a positive number with three significant digits: 0.0185, 14.4, 1,597."""
    if value is not None and 0 < value < 0.995:
        return f"{value:#.3g}"
    return f"{value:,.0f}" if value is not None and value >= 999.5 else significant(value)


def quality_text(headline: tuple[str, float] | None, places: int = 3) -> str:
    """Format a score as is usual: mIoU as a fraction of so many places, else in per cent."""
    if headline is None:
        return NOTHING
    name, value = headline
    return f"{value:.{places}f}" if name == "mIoU" else f"{100 * value:.2f} %"


def sentences(result: Result) -> list[str]:
    """Return a sentence per variant that compares it with float32 on the same machine.

    "int8 is 2.6x faster than float32, loses 0.3 points of mIoU (0.8130 to 0.8100) and has a
    file 2.8x smaller." Missing figures are left out; without float32 there are no sentences.
    """
    base = result.figures.get(FLOAT)
    if base is None:
        return []
    found = []
    for one in result.figures.values():
        if one.variant == FLOAT:
            continue
        parts = [part(base, one) for part in (_speed, _quality, _size)]
        if any(parts):
            found.append(f"{spaced(one.variant)} {_listed([part for part in parts if part])}.")
    return found


def speed_ratio(base: Figures, one: Figures) -> float | None:
    """Return how many times faster a variant is than float32, invoke-only, else end to end."""
    if base.invoke_only and one.invoke_only:
        return base.invoke_only.typical_ms / one.invoke_only.typical_ms
    if base.end_to_end_fps and one.end_to_end_fps:
        return one.end_to_end_fps / base.end_to_end_fps
    return None


def lost_points(base: Figures, one: Figures) -> float | None:
    """Return the points (hundredths) of quality a variant lost; a gain is negative."""
    before = base.score.headline if base.score else None
    after = one.score.headline if one.score else None
    if not before or not after or before[0] != after[0]:
        return None
    # Scores on different frames cannot be compared.
    if base.score and one.score and base.score.on != one.score.on:
        return None
    return 100 * (before[1] - after[1])


def _speed(base: Figures, one: Figures) -> str:
    ratio = speed_ratio(base, one)
    if ratio is None:
        return ""
    if abs(ratio - 1) < _EQUAL:
        return f"is as fast as {FLOAT}"
    if ratio > 1:
        return f"is {_times(ratio)} faster than {FLOAT}"
    return f"is {_times(1 / ratio)} slower than {FLOAT}"


def _quality(base: Figures, one: Figures) -> str:
    lost = lost_points(base, one)
    if lost is None or base.score is None or one.score is None:
        return ""
    before, after = base.score.headline, one.score.headline
    if before is None or after is None:
        return ""
    name = before[0]
    pair = f"({quality_text(before, 4)} to {quality_text(after, 4)})"
    if abs(lost) < 0.005:
        return f"has the same {name} ({quality_text(after, 4)})"
    points = f"{abs(lost):.1f}" if abs(lost) >= 0.095 else f"{abs(lost):.2f}"
    verb = "loses" if lost > 0 else "gains"
    return f"{verb} {points} points of {name} {pair}"


def _size(base: Figures, one: Figures) -> str:
    if not base.bytes or not one.bytes:
        return ""
    ratio = base.bytes / one.bytes
    if abs(ratio - 1) < _EQUAL:
        return "has a file of the same size"
    if ratio > 1:
        return f"has a file {_times(ratio)} smaller"
    return f"has a file {_times(1 / ratio)} larger"


def _times(ratio: float) -> str:
    return (
        f"{ratio:.0f}x" if ratio >= 9.95 else f"{ratio:.1f}x" if ratio >= 1.095 else f"{ratio:.2f}x"
    )


def _listed(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

"""Sentences on what quantization gained and what it lost."""

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
    pair = _headlines(base, one)
    return 100 * (pair[0][1] - pair[1][1]) if pair else None


def _headlines(base: Figures, one: Figures) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Return the scores of both; None if they cannot be compared, as on different frames."""
    if not base.score or not one.score or base.score.on != one.score.on:
        return None
    before, after = base.score.headline, one.score.headline
    return (before, after) if before and after and before[0] == after[0] else None


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
    pair, lost = _headlines(base, one), lost_points(base, one)
    if pair is None or lost is None:
        return ""
    before, after = (quality_text(headline, 4) for headline in pair)
    name = pair[0][0]
    if abs(lost) < 0.005:
        return f"has the same {name} ({after})"
    points = f"{abs(lost):.1f}" if abs(lost) >= 0.095 else f"{abs(lost):.2f}"
    return f"{'loses' if lost > 0 else 'gains'} {points} points of {name} ({before} to {after})"


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
    places = 0 if ratio >= 9.95 else 1 if ratio >= 1.095 else 2
    return f"{ratio:.{places}f}x"


def _listed(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

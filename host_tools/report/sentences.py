"""Figures of a report in the words of the live app."""

from edge_app.results import gains
from edge_app.results.gains import Speed, VariantFigures
from edge_app.style import significant
from host_tools.report.figures import Figures, Result


def figure(value: float | None) -> str:
    """Format a positive number with three significant digits: 0.0185, 14.4, 1,597."""
    if value is not None and 0 < value < 0.995:
        return f"{value:#.3g}"
    return f"{value:,.0f}" if value is not None and value >= 999.5 else significant(value)


def sentences(result: Result) -> list[str]:
    """Return a sentence per variant that compares it with float32, as `gains.gains` does."""
    return gains.gains(map(_compared, result.figures.values()), valid=not result.invalid)


def speed(base: Figures, one: Figures) -> Speed | None:
    """Return how many times faster a variant is than float32, invoke-only, else end to end."""
    return gains.speed(_compared(base), _compared(one))


def lost_points(base: Figures, one: Figures) -> float | None:
    """Return the points (hundredths) of quality a variant lost; a gain is negative."""
    return gains.lost_points(_compared(base), _compared(one))


def _compared(one: Figures) -> VariantFigures:
    return VariantFigures(
        one.variant,
        one.bytes,
        one.invoke_only.typical_ms if one.invoke_only else None,
        one.end_to_end_fps,
        one.score.headline if one.score else None,
        one.score.on if one.score else "",
        range_ms=one.range_ms,
    )

"""Read the values that result files hold, each with its bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from edge_app.json_fields import read_field
from host_tools.report.figures import Spread


def spread(value: Any) -> Spread | None:
    """Read a latency record; None where nothing took time."""
    if value is None:
        return None
    typical = read_field(value, "p50_ms", number)
    p90, p95, p99, longest = (
        read_field(value, name, number, None) for name in ("p90_ms", "p95_ms", "p99_ms", "max_ms")
    )
    return Spread(typical, p90, p95, p99, longest) if typical else None


def number(value: Any) -> float | None:
    """Read a number of 0 or more; raise TypeError or ValueError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{json.dumps(value)[:40]} is no number")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value} is below zero or not finite")
    return float(value)


def positive(value: Any) -> float | None:
    """Read a number of which 0 says that nothing was measured."""
    return number(value) or None


def share(value: Any) -> float | None:
    """Read a number from 0 to 1."""
    found = number(value)
    if found is not None and found > 1:
        raise ValueError(f"{value} is not between 0 and 1")
    return found


def a_count(value: Any) -> Any:
    """Read a whole number of 1 or more."""
    found = number(value)
    if found is not None and (found != int(found) or found < 1):
        raise ValueError(f"{value} is no number of things")
    return None if found is None else int(found)


def list_of(make: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Return what reads a list entry by entry."""

    def check(values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise TypeError(f"{json.dumps(values)[:40]} is no list")
        return [make(value) for value in values]

    return check


def no_number(text: str) -> None:
    """Refuse the NaN and Infinity that Python takes for JSON."""
    raise ValueError(f"{text} is no number in JSON")

"""Read the fields of a JSON object, so that a fault names the field it is in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from edge_app.errors import UsageError

T = TypeVar("T")
_NEEDED = object()  # stands for the default of a field that has none


def read_field(fields: Any, name: str, make: Callable[[Any], T], default: Any = _NEEDED) -> T:
    """Make a value of one field; raise ValueError with the field's name where that fails."""
    value = as_object(fields).get(name, default)
    if value is _NEEDED:
        raise ValueError(f"{name}: it is missing")
    try:
        return make(value)
    except (TypeError, ValueError, LookupError, UsageError) as fault:
        raise ValueError(f"{name}: {fault}") from None


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is; raise TypeError for anything else."""
    if not isinstance(value, dict):
        raise TypeError(f"{json.dumps(value)[:40]} is no JSON object")
    return value


def as_text(value: Any) -> str:
    """Return a text as it is; raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{json.dumps(value)[:40]} is no text")
    return value


def as_numbers(values: Any) -> tuple[float, ...]:
    """Return a list of numbers as floats; raise TypeError for anything else."""
    if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
        raise TypeError(f"{json.dumps(values)[:40]} is no list of numbers")
    return tuple(float(value) for value in values)


def one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    """Return a check for one of the known words, which raises ValueError for others."""

    def check(value: Any) -> str:
        if value not in known:
            raise ValueError(f"'{value}' is not one of {', '.join(known)}")
        return str(value)

    return check

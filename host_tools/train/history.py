"""The figures of every epoch of a training, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_app.atomic import write_atomic
from edge_app.errors import ModelError

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class History:
    """One record per epoch: figures by name, any of which may be missing.

    settings: of the training, by name.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[Mapping[str, float], ...] = ()

    def and_then(self, **figures: float) -> History:
        """Return the history with one more record."""
        return History(self.settings, (*self.records, figures))

    def series(self, name: str, over: str) -> tuple[list[float], list[float]]:
        """Return the values of `over` and of `name`, from the records that have both."""
        known = [record for record in self.records if name in record and over in record]
        return [record[over] for record in known], [record[name] for record in known]


def as_json(history: History) -> dict[str, Any]:
    """Return a history as JSON values."""
    return {
        "schema": _SCHEMA,
        "settings": dict(history.settings),
        "records": [dict(record) for record in history.records],
    }


def from_json(values: Any) -> History:
    """Read a history from JSON values; raise ValueError if they are not one."""
    try:
        if values["schema"] != _SCHEMA:
            raise ValueError(f"schema {values['schema']}")
        records = tuple({str(k): float(v) for k, v in one.items()} for one in values["records"])
        return History(dict(values["settings"]), records)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"no history: {fault!r}") from fault


def write_history(history: History, path: Path) -> None:
    """Write a history as JSON, whole or not at all; raise ModelError if that fails."""
    write_atomic(path, json.dumps(as_json(history), indent=2) + "\n", error=ModelError)

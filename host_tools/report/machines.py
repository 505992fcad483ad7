"""The machine of a result: its facts, its state, and warnings on its figures."""

from collections.abc import Iterable, Mapping
from typing import Any

from edge_app.board import UNKNOWN

_BUSY = 0.5  # of the cores


def machine_name(board: Mapping[str, Any]) -> str:
    """Return the board's own name, or a text for a board without one."""
    model = str(board.get("model") or UNKNOWN)
    return "unnamed machine" if model == UNKNOWN else model


def busy(before: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning if other programs were running before the measurement."""
    load, cores = before.get("load_1m"), before.get("cores")
    if not isinstance(load, int | float) or not isinstance(cores, int) or load < _BUSY * cores:
        return ()
    return (
        f"the machine was busy before the measurement (load {load:.1f} on {cores} cores); "
        "stop other programs and measure again",
    )


def facts(board: Mapping[str, Any], versions: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts of a machine by name, in the order they are shown; none without a board."""
    if not board:
        return {}
    return {
        "board": _text(board, "model"),
        "processor": f"{_text(board, 'machine')}, {_text(board, 'cores')} cores",
        "features": ", ".join(_texts(board.get("cpu_features"))) or UNKNOWN,
        "memory": f"{_text(board, 'memory_mb')} MB",
        "system": f"{_text(board, 'os')}, kernel {_text(board, 'kernel')}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or UNKNOWN,
    }


def state(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Return the state of a machine by name; nothing without a board."""
    if not after:
        return {}
    return {
        "governor": _text(after, "governor"),
        "temperature": _change(before, after, "temperature_c", " °C"),
        "throttled": _text(after, "throttled"),
        "load": _change(before, after, "load_1m", ""),
    }


def _text(board: Mapping[str, Any], name: str) -> str:
    return str(board.get(name, UNKNOWN))


def _texts(value: Any) -> Iterable[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _change(before: Mapping[str, Any], after: Mapping[str, Any], name: str, unit: str) -> str:
    first, last = _text(before, name), _text(after, name)
    if UNKNOWN in {first, last}:
        return UNKNOWN
    return f"{last}{unit}" if first == last else f"{first}{unit} before, {last}{unit} after"

"""Whether figures measured on a board are valid, and why not."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.board.throttle import BITS, parse_bits

# Of all cores together: a desktop at rest stays below 2 %, one busy process on four is 25 %.
_CROWDED = 0.10
# A Raspberry Pi lowers its clock from 80 degrees on, laptops somewhat later.
HOT_C = 80.0
_NOW = 0xF
# These drivers' "powersave" follows the load; any other's keeps the lowest clock.
_FOLLOWS_LOAD = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Reasons why figures are not valid, and notes that do not make them so."""

    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    throttled: bool = False

    @property
    def valid(self) -> bool:
        """Whether the figures are valid."""
        return not self.reasons


def judge(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    others_cores: float | None = None,
    between: Sequence[Mapping[str, Any]] = (),
) -> Verdict:
    """Judge a board by its state before and after a measurement; what is unknown is a note.

    others_cores: cores that other programs kept busy meanwhile, None if unknown.
    between: states during the measurement. If the bits since boot were already set, only these
        show throttling that was over at the end.
    """
    throttled, notes = _throttling((before, *between, after))
    reasons = [*throttled, *_governor(before)]
    reasons += _other_load(before, others_cores, notes)
    return Verdict(tuple(reasons), tuple(notes), bool(throttled))


def _throttling(states: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return reasons and notes; states: in the order of time."""
    read = [parse_bits(state.get("throttled")) for state in states]
    first, last = read[0], read[-1]
    hottest = max(
        (
            float(state["temperature_c"])
            for state in states
            if isinstance(state.get("temperature_c"), int | float)
        ),
        default=None,
    )
    if first is None or last is None:
        if hottest is None:
            note = "throttling is unknown: neither throttle bits nor a temperature can be read"
            return [], [note]
        if hottest >= HOT_C:
            return [
                f"the board was at {hottest:.0f} °C, and throttle bits cannot be read; cool it"
            ], []
        return [], ["throttling is unknown: throttle bits cannot be read"]
    # A bit since boot that was set before belongs to another run.
    new = (last & ~first) >> 16 & _NOW
    seen = functools.reduce(operator.or_, (bits or 0 for bits in read))
    during = seen & _NOW | new
    if during:
        what = ", ".join(name for bit, name in BITS.items() if during >> bit & 1)
        advice = (
            "fix the power supply"
            if during & 1 and not during & ~1
            else "cool the board and check its power supply"
        )
        return [f"the board was throttled ({what}; get_throttled {seen:#x}); {advice}"], []
    if last >> 16 & _NOW:
        what = ", ".join(name for bit, name in BITS.items() if last >> 16 >> bit & 1)
        return [], [f"since boot, but not in this run: {what}"]
    return [], []


def _governor(before: Mapping[str, Any]) -> list[str]:
    driver = str(before.get("clock_driver", ""))
    if before.get("governor") == "powersave" and driver not in _FOLLOWS_LOAD:
        return ["the governor keeps the lowest clock (powersave); set ondemand or performance"]
    return []


def _other_load(
    before: Mapping[str, Any], others_cores: float | None, notes: list[str]
) -> list[str]:
    cores = before.get("cores")
    if others_cores is None or not isinstance(cores, int):
        notes.append("the load of other programs is unknown")
        return []
    if others_cores > _CROWDED * cores:
        return [
            f"other programs kept {others_cores:.1f} of {cores} cores busy; "
            "stop them and measure again"
        ]
    return []

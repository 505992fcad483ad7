"""Judge whether figures measured on a board are valid, and say why not."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.board.throttle import BITS, bits_of

# Of all cores together: a desktop at rest stays below 2 %, one busy process on four is 25 %.
_CROWDED = 0.10
# A Raspberry Pi lowers its clock from 80 degrees on, laptops somewhat later.
_HOT_C = 80.0
_NOW = 0xF
# These drivers' "powersave" follows the load; any other's holds the lowest clock.
_FOLLOWS_LOAD = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether figures are valid: reasons against them, and notes that do not count."""

    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    throttled: bool = False

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against the figures."""
        return not self.reasons


def judge(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    others_cores: float | None = None,
    between: Sequence[Mapping[str, Any]] = (),
) -> Verdict:
    """Judge a board by its state before and after measuring; what is unknown is noted.

    others_cores: how many cores other programs kept busy meanwhile, None where unknown.
    between: its states in the midst of measuring: where the bits since boot were set before,
        only these tell of a spell that was over in the end.
    """
    slowed, notes = _throttling((before, *between, after))
    against = [*slowed, *_governor(before)]
    against += _crowd(before, others_cores, notes)
    return Verdict(tuple(against), tuple(notes), bool(slowed))


def _throttling(states: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the reasons and the notes; states: in the order of time."""
    read = [bits_of(state.get("throttled")) for state in states]
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
            note = "neither throttle bits nor a temperature can be read: throttling is unknown"
            return [], [note]
        if hottest >= _HOT_C:
            return [f"it was {hottest:.0f} °C hot, and throttle bits cannot be read; cool it"], []
        return [], ["throttle bits cannot be read: throttling is unknown"]
    # What was set before the run and only remembered since is another run's trouble.
    new = (last & ~first) >> 16 & _NOW
    seen = functools.reduce(operator.or_, (bits or 0 for bits in read))
    during = seen & _NOW | new
    if during:
        what = ", ".join(name for bit, name in BITS.items() if during >> bit & 1)
        advice = (
            "mend the power supply"
            if during & 1 and not during & ~1
            else "cool the board and check its power supply"
        )
        return [f"the board slowed itself down ({what}; get_throttled {seen:#x}); {advice}"], []
    if last >> 16 & _NOW:
        what = ", ".join(name for bit, name in BITS.items() if last >> 16 >> bit & 1)
        return [], [f"since it was started, but not in this run, the board had: {what}"]
    return [], []


def _governor(before: Mapping[str, Any]) -> list[str]:
    driver = str(before.get("clock_driver", ""))
    if before.get("governor") == "powersave" and driver not in _FOLLOWS_LOAD:
        return ["the governor holds the lowest clock (powersave); set ondemand or performance"]
    return []


def _crowd(before: Mapping[str, Any], others_cores: float | None, notes: list[str]) -> list[str]:
    cores = before.get("cores")
    if others_cores is None or not isinstance(cores, int):
        notes.append("the load from other programs is unknown")
        return []
    if others_cores > _CROWDED * cores:
        return [
            f"other programs kept {others_cores:.1f} of {cores} cores busy; "
            "stop what else runs and measure again"
        ]
    return []

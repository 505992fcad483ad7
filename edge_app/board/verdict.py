"""Whether figures measured on a board are valid, and why not."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.board.throttle import SINCE_BOOT, bit_names, parse_bits

# Of all cores together: a desktop at rest stays below 2 %, one busy process on four is 25 %.
_BUSY = 0.10
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
    throttled, note = _throttling((before, *between, after))
    reasons, notes = [throttled, governor_fault(before)], [note]
    cores = before.get("cores")
    if others_cores is None or not isinstance(cores, int):
        notes.append("the load of other programs is unknown")
    elif others_cores > _BUSY * cores:
        busy = f"{others_cores:.1f} of {cores} cores"
        reasons.append(f"other programs kept {busy} busy; stop them and measure again")
    return Verdict(tuple(filter(None, reasons)), tuple(filter(None, notes)), bool(throttled))


def _throttling(states: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return a reason and a note, "" for none; states: in the order of time."""
    read = [parse_bits(state.get("throttled")) for state in states]
    first, last = read[0], read[-1]
    if first is None or last is None:
        read_c = [state.get("temperature_c") for state in states]
        known_c = [value for value in read_c if isinstance(value, int | float)]
        if not known_c:
            return "", "throttling is unknown: neither throttle bits nor a temperature can be read"
        if max(known_c) < HOT_C:
            return "", "throttling is unknown: throttle bits cannot be read"
        heat = f"the board was at {max(known_c):.0f} °C"
        return f"{heat}, and throttle bits cannot be read; cool it", ""
    # A bit since boot that was set before belongs to another run.
    new = (last & ~first) >> SINCE_BOOT & _NOW
    seen = functools.reduce(operator.or_, (bits or 0 for bits in read))
    during = seen & _NOW | new
    if during:
        what = ", ".join(bit_names(during))
        cool = "cool the board and check its power supply"
        advice = "fix the power supply" if what == "under-voltage" else cool
        return f"the board was throttled ({what}; get_throttled {seen:#x}); {advice}", ""
    before = ", ".join(bit_names(last >> SINCE_BOOT))
    return "", f"since boot, but not in this run: {before}" if before else ""


def governor_fault(state: Mapping[str, Any]) -> str:
    """Return what is wrong with the governor of the clock, "" if nothing is."""
    if state.get("governor") != "powersave" or state.get("clock_driver") in _FOLLOWS_LOAD:
        return ""
    return "the governor keeps the lowest clock (powersave); set ondemand or performance"

"""CPU time of other programs while this one measures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class CpuUsage:
    """CPU seconds of the whole machine since boot, and of this program's processes.

    stolen_s: time that a hypervisor gave to other machines. own_s: this program's.
    """

    busy_s: float
    stolen_s: float
    own_s: float
    idle_s: float

    def others_since(self, before: CpuUsage) -> float | None:
        """Return how many cores others kept busy between two readings, with stolen time."""
        busy = self.busy_s + self.stolen_s - before.busy_s - before.stolen_s
        total = busy + self.idle_s - before.idle_s
        cores = os.cpu_count() or 1
        if total <= 0:
            return None
        own = self.own_s - before.own_s
        return max(0.0, busy - own) / total * cores


def read_cpu_usage(root: Path = Path("/")) -> CpuUsage | None:
    """Read the kernel's counters; return None without them.

    The program's own time includes that of children that have ended.
    Source: proc(5), /proc/stat: user nice system idle iowait irq softirq steal.
    """
    try:
        first = (root / "proc/stat").read_text("ascii").splitlines()[0].split()
        ticks = [int(value) for value in first[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    if first[0] != "cpu" or len(ticks) < 8:
        return None
    user, nice, system, idle, iowait, irq, softirq, steal = ticks
    own = os.times()
    return CpuUsage(
        busy_s=(user + nice + system + irq + softirq) / _TICKS,
        stolen_s=steal / _TICKS,
        own_s=own.user + own.system + own.children_user + own.children_system,
        idle_s=(idle + iowait) / _TICKS,
    )

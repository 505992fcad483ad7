"""How many engines a session may keep in memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# Share of the free memory that cached engines may take.
_SHARE = 1 / 8


def affordable(cost_bytes: int, variants: int) -> int:
    """Return how many engines to cache: two, or as many more as fit into free memory.

    cost_bytes: of one engine: its file, its packed weights and its tensors.
    """
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 2
    return max(2, min(variants, int(free * _SHARE / max(1, cost_bytes))))


def resident_bytes() -> int:
    """Return the memory this process holds (Linux; 0 elsewhere)."""
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0

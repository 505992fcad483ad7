"""Processes that have a device open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# These keep the nodes of all cameras open to watch them, mostly without using one.
_WATCHERS = ("pipewire", "wireplumber")


@dataclass(frozen=True, slots=True)
class Holder:
    """Name and number of a process that has a device open."""

    name: str
    pid: int

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def holders(nodes: Iterable[str]) -> list[Holder]:
    """Return the other processes that have one of these device nodes open, by number.

    Only root sees those of other users. Servers that watch all cameras are left out unless they
    are the only ones.
    """
    wanted = {os.path.realpath(node) for node in nodes}
    found = [
        Holder(_name(process), int(process.name))
        for process in (PROC.glob("[0-9]*") if wanted else ())
        if int(process.name) != os.getpid() and not wanted.isdisjoint(_open_files(process))
    ]
    users = [holder for holder in found if holder.name not in _WATCHERS]
    return sorted(users or found, key=lambda holder: holder.pid)


def holder_message(nodes: Iterable[str]) -> str:
    """Return who uses a busy camera, with what to do after a semicolon."""
    found = holders(nodes)
    if found:
        pids = " ".join(str(holder.pid) for holder in found)
        return f"used by {' and '.join(map(str, found))}; close it, or end it with `kill {pids}`"
    return "used by another program; `sudo edge-app cameras` names it"


def _open_files(process: Path) -> Iterator[str]:
    with suppress(OSError):  # the process has ended, or is another user's
        for link in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                yield str(link.readlink())


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "a process that has just ended"

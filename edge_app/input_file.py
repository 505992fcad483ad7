"""Refusing what is no file before it is opened: pipes, devices, sockets, files of the kernel.

A pipe waits for a writer for ever, /dev/zero and /proc/kmsg never end.
"""

from __future__ import annotations

import stat
from pathlib import Path

from edge_app.errors import EdgeError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_KERNEL = {"proc", "sys"}


def check_is_file(path: Path, error: type[EdgeError], *, pipes: bool = False) -> None:
    """Raise an error for what is neither a file nor a folder; a missing path is left to others.

    pipes: accept those that a shell makes, as in `edge-app compare <(zcat a.json.gz) b.json`.
    """
    try:
        mode = path.stat().st_mode
        place = path.resolve().parts[:2]
    except (OSError, RuntimeError):  # what is missing, closed or a loop of links says so when read
        return
    if pipes and stat.S_ISFIFO(mode) and str(path).startswith(("/dev/", "/proc/self/fd/")):
        return
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "")
    if not kind and stat.S_ISREG(mode) and place[-1] in _KERNEL and place[0] == "/":
        kind = "made by the kernel"
    if kind:
        raise error(f"{path} is {kind}, not a file on a disk; give a file")

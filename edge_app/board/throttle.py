"""Throttling as the firmware reports it: by sysfs, else by vcgencmd."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import SubprocessError

from edge_app.child_process import run_program

UNKNOWN = "unknown"

# Source: Raspberry Pi documentation of `vcgencmd get_throttled`. The same bits 16 higher
# stand for what happened since boot.
_BITS = ("under-voltage", "clock capped", "throttled", "soft temperature limit")
SINCE_BOOT = 16
_PLACES = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/axi/axi:firmware/get_throttled",
    "sys/firmware/devicetree/base/soc/firmware/get_throttled",
)


def read_throttled(root: Path) -> str:
    """Return the bits in hexadecimal, or "unknown"; never 0 if nothing could be read.

    root: of the file system; "/" finds vcgencmd by PATH, another one in its usr/bin.
    """
    for place in _PLACES:
        try:
            text = (root / place).read_text("ascii", "replace").strip("\0\n ")
        except OSError:
            continue
        if parse_bits(text) is not None:
            return text
    return _run_vcgencmd(root)


def _run_vcgencmd(root: Path) -> str:
    program = shutil.which("vcgencmd") if root == Path("/") else str(root / "usr/bin/vcgencmd")
    if program is None or not Path(program).is_file():
        return UNKNOWN
    command = [program, "get_throttled"]
    try:
        done = run_program(command, timeout_s=2)
    except (OSError, SubprocessError):
        return UNKNOWN
    name, _, text = done.stdout.strip().partition("=")
    return text if name == "throttled" and parse_bits(text) is not None else UNKNOWN


def parse_bits(text: object) -> int | None:
    """Return the bits as a number; None if the text is not a hexadecimal number."""
    try:
        return int(str(text).rpartition("=")[2], 16)
    except ValueError:
        return None


def bit_names(bits: int) -> list[str]:
    """Return what the lowest bits stand for."""
    return [name for bit, name in enumerate(_BITS) if bits >> bit & 1]

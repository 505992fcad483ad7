"""Read whether the firmware slowed the board down: sysfs first, then vcgencmd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

UNKNOWN = "unknown"

# Source: Raspberry Pi documentation of `vcgencmd get_throttled`. The same bits 16 higher tell
# what happened since the board was started.
BITS = {
    0: "under-voltage",
    1: "clock capped",
    2: "throttled",
    3: "soft temperature limit",
}
_SINCE_BOOT = 16
_PLACES = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/axi/axi:firmware/get_throttled",
    "sys/firmware/devicetree/base/soc/firmware/get_throttled",
)


def read_throttled(root: Path) -> str:
    """Return the bits in hexadecimal, or "unknown"; never 0 where nothing could be read.

    root: "/" asks vcgencmd where sysfs does not tell; a made tree has its own in usr/bin.
    """
    for place in _PLACES:
        try:
            text = (root / place).read_text("ascii", "replace").strip("\0\n ")
        except OSError:
            continue
        if bits_of(text) is not None:
            return text
    return _ask_firmware(root)


def _ask_firmware(root: Path) -> str:
    program = shutil.which("vcgencmd") if root == Path("/") else str(root / "usr/bin/vcgencmd")
    if program is None or not Path(program).is_file():
        return UNKNOWN
    try:
        said = subprocess.run(
            [program, "get_throttled"], capture_output=True, text=True, timeout=2, check=False
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    text = said.rpartition("=")[2]
    return text if said.startswith("throttled=") and bits_of(text) is not None else UNKNOWN


def bits_of(text: object) -> int | None:
    """Return the bits as a number; None for what is no hexadecimal number."""
    try:
        return int(str(text).rpartition("=")[2], 16)
    except ValueError:
        return None


def now(text: object) -> list[str] | str:
    """Name what slows the board at this moment; "unknown" where the bits are."""
    return _named(bits_of(text), 0)


def since_boot(text: object) -> list[str] | str:
    """Name what slowed the board since it was started; "unknown" where the bits are."""
    return _named(bits_of(text), _SINCE_BOOT)


def _named(bits: int | None, shift: int) -> list[str] | str:
    if bits is None:
        return UNKNOWN
    return [name for bit, name in BITS.items() if bits >> (bit + shift) & 1]

"""Hold what a person can change while the program runs, and the keys that do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

VIEWS = ("overlay", "map", "side by side", "picture")
COMPARISONS = ("off", "split", "difference")


@dataclass(frozen=True, slots=True)
class Controls:
    """Hold the settings that keys change.

    alpha: share of the class colours in the overlay, 0 to 1.
    variant: the one wished for, "" for the one the run began with.
    variants: how often the next variant was asked for; threads, tasks: likewise.
    view: how the classes are shown, one of VIEWS. compare: one of COMPARISONS.
    divider: where the split lies, share of the width from the left.
    steps, snapshots: how often one frame, or a picture of it, was asked for.
    """

    alpha: float = 0.55
    legend: bool = True
    hud: bool = True
    variant: str = ""
    variants: int = 0
    threads: int = 0
    tasks: int = 0
    view: str = "overlay"
    compare: str = "off"
    divider: float = 0.5
    help: bool = False
    fullscreen: bool = False
    flip: bool = False
    record: bool = False
    snapshots: int = 0
    paused: bool = False
    steps: int = 0
    quit: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """Bind some keys to a change, with the words that README and help use for it."""

    keys: tuple[str, ...]
    what: str
    change: Callable[[Controls], Controls]


def _step_alpha(by: float) -> Callable[[Controls], Controls]:
    return lambda controls: replace(
        controls, alpha=min(1.0, max(0.0, round(controls.alpha + by, 2)))
    )


KEYS = (
    Key(("+", "="), "more colour", _step_alpha(+0.1)),
    Key(("-", "_"), "less colour", _step_alpha(-0.1)),
    Key(("l",), "legend on or off", lambda c: replace(c, legend=not c.legend)),
    Key(("i",), "figures on or off", lambda c: replace(c, hud=not c.hud)),
    Key(("space",), "pause or go on", lambda c: replace(c, paused=not c.paused)),
    Key(("q", "esc"), "quit", lambda c: replace(c, quit=True)),
)
_CHANGES = {key: entry.change for entry in KEYS for key in entry.keys}


def press(controls: Controls, key: str) -> Controls:
    """Return the controls after a key; unknown keys change nothing."""
    change = _CHANGES.get(key)
    return change(controls) if change else controls


# Function keys of X11 (keysymdef.h) are 0xFF00 and a byte that means something else alone:
# the left arrow is 0xFF51, and 0x51 is Q. Of them only the keypad's and Esc are of use.
_FUNCTION_KEYS = {0x1B: "esc", 0x80: "space", 0xAB: "+", 0xAD: "-", 0xBD: "="}


def key_name(code: int) -> str | None:
    """Name the key of a `cv2.waitKeyEx` code, or return None where none was pressed.

    Backends give -1 or 255 for nothing and add modifier bits above the low two bytes (Num
    Lock on GTK). Windows puts the code of an arrow above a low byte of zero.
    """
    if code in {-1, 255}:
        return None
    low = code & 0xFF
    if code & 0xFF00:
        return _FUNCTION_KEYS.get(low) if code & 0xFF00 == 0xFF00 else None
    if low == 27:
        return "esc"
    if low == 32:
        return "space"
    return chr(low).lower() if 33 <= low < 127 else None

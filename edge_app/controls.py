"""Hold what a person can change while the program runs, and the keys that do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

VIEWS = ("overlay", "map", "side by side", "picture")
ALPHA = 0.55  # share of the class colours, unless chosen
COMPARISONS = ("off", "split", "difference")


@dataclass(frozen=True, slots=True)
class Controls:
    """Hold the settings that keys change.

    alpha: share of the class colours in the overlay, 0 to 1.
    hud: how much of the figures is shown: 2 all, 1 the first lines, 0 none.
    variant: the one asked for by its name, "" where none is, or the next one was.
    variants: how often the next variant was asked for; threads, tasks: likewise.
    view: how the classes are shown, one of VIEWS. compare: one of COMPARISONS.
    divider: where the split lies, share of the width from the left.
    steps, snapshots: how often one frame, or a picture of it, was asked for.
    """

    alpha: float = ALPHA
    legend: bool = True
    hud: int = 2
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


Change = Callable[[Controls], Controls]


@dataclass(frozen=True, slots=True)
class Key:
    """Bind some keys to a change, with the words that README and help use for it."""

    keys: tuple[str, ...]
    what: str
    change: Change


def _with(controls: Controls, name: str, value: Any) -> Controls:
    return replace(controls, **{name: value})


def _step(name: str, by: float) -> Change:
    """Move a share by a step, from 0 to 1."""

    def change(controls: Controls) -> Controls:
        value = min(1.0, max(0.0, round(getattr(controls, name) + by, 2)))
        return _with(controls, name, value)

    return change


def _switch(name: str) -> Change:
    return lambda controls: _with(controls, name, not getattr(controls, name))


def _count(name: str) -> Change:
    return lambda controls: _with(controls, name, getattr(controls, name) + 1)


def _cycle(name: str, values: tuple[Any, ...]) -> Change:
    """Go to the next of some values, from the last one to the first."""

    def change(controls: Controls) -> Controls:
        place = values.index(getattr(controls, name)) + 1
        return _with(controls, name, values[place % len(values)])

    return change


def _one_frame(controls: Controls) -> Controls:
    return replace(controls, paused=True, steps=controls.steps + 1)


def _next_variant(controls: Controls) -> Controls:
    # The name is taken back, so that asking for it again later is a change.
    return replace(controls, variant="", variants=controls.variants + 1)


KEYS = (
    Key(("1",), "float32", lambda c: replace(c, variant="float32")),
    Key(("2",), "float16", lambda c: replace(c, variant="float16")),
    Key(("3",), "dynamic range", lambda c: replace(c, variant="dynamic_range")),
    Key(("4",), "int8", lambda c: replace(c, variant="int8")),
    Key(("v",), "next variant", _next_variant),
    Key(("t",), "more threads, or one again", _count("threads")),
    Key(("m",), "street or digits", _count("tasks")),
    Key(("o",), "overlay, map, side by side, picture", _cycle("view", VIEWS)),
    Key(("c",), "compare: split, difference, off", _cycle("compare", COMPARISONS)),
    Key(("left",), "divider to the left", _step("divider", -0.05)),
    Key(("right",), "divider to the right", _step("divider", +0.05)),
    Key(("+", "="), "more colour", _step("alpha", +0.1)),
    Key(("-", "_"), "less colour", _step("alpha", -0.1)),
    Key(("l",), "legend on or off", _switch("legend")),
    Key(("i",), "figures: all, few, none", _cycle("hud", (2, 1, 0))),
    Key(("r",), "record on or off", _switch("record")),
    Key(("s",), "snapshot", _count("snapshots")),
    Key(("space",), "pause or go on", _switch("paused")),
    Key((".",), "one frame, then pause", _one_frame),
    Key(("b",), "swap red and blue", _switch("flip")),
    Key(("f",), "full screen", _switch("fullscreen")),
    Key(("h", "?"), "help", _switch("help")),
    Key(("q", "esc"), "quit", lambda c: replace(c, quit=True)),
)
_CHANGES = {key: entry.change for entry in KEYS for key in entry.keys}


def press(controls: Controls, key: str) -> Controls:
    """Return the controls after a key; unknown keys change nothing."""
    change = _CHANGES.get(key)
    return change(controls) if change else controls


# Function keys of X11 (keysymdef.h) are 0xFF00 and a byte that means something else alone:
# the left arrow is 0xFF51, and 0x51 is Q. OpenCV's Qt and GTK windows both give these codes.
_FUNCTION_KEYS = {
    0x1B: "esc", 0x51: "left", 0x53: "right", 0x80: "space", 0x96: "left", 0x98: "right",
    0xAB: "+", 0xAD: "-", 0xAE: ".", 0xB1: "1", 0xB2: "2", 0xB3: "3", 0xB4: "4", 0xBD: "=",
}  # fmt: skip
# Windows puts the code of an arrow (winuser.h, VK_LEFT) above two bytes of zeros, macOS has
# function keys from 0xF700 (NSEvent.h).
_OTHER_ARROWS = {0x250000: "left", 0x270000: "right", 0xF702: "left", 0xF703: "right"}


def key_name(code: int) -> str | None:
    """Name the key of a `cv2.waitKeyEx` code, or return None where none was pressed.

    Backends give -1 or 255 for nothing and add modifier bits above the low two bytes (Num
    Lock on GTK).
    """
    if code in {-1, 255}:
        return None
    if code in _OTHER_ARROWS:
        return _OTHER_ARROWS[code]
    low = code & 0xFF
    if code & 0xFF00:
        return _FUNCTION_KEYS.get(low) if code & 0xFF00 == 0xFF00 else None
    return character_name(low)


def character_name(code: int) -> str | None:
    """Name the key of an ASCII character, or return None where it is none of a keyboard's."""
    if code == 27:
        return "esc"
    if code == 32:
        return "space"
    return chr(code).lower() if 33 <= code < 127 else None

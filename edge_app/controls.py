"""What a person can change while the program runs, and the keys for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from edge_app.variant_names import VARIANTS

VIEWS = ("overlay", "map", "side by side", "image")
ALPHA = 0.55  # share of the class colours, unless chosen
COMPARISONS = ("off", "split", "difference")


@dataclass(frozen=True, slots=True)
class Controls:
    """Settings that keys change.

    alpha: share of the class colours in the overlay, 0 to 1.
    hud: how much of the text on the image is shown: 2 all, 1 the first lines, 0 none.
    view: how the classes are shown, one of VIEWS. compare: one of COMPARISONS.
    divider: position of the split, share of the width from the left.
    swap_red_blue: for cameras that mix up their channels; mirroring is a camera option.
    record: whether a recording is wanted; whether one is being written is a State.
    single_frames: how many have been released while paused, or of images that stay.
    images_stay: whether each image stays until a key asks for the next one.
    buttons: whether the window shows buttons for mouse and touch; no key has them.
    panels: False if only small pages show the image, which have all the text beside it.
    """

    alpha: float = ALPHA
    legend: bool = True
    hud: int = 2
    view: str = "overlay"
    compare: str = "off"
    divider: float = 0.5
    help: bool = False
    fullscreen: bool = False
    swap_red_blue: bool = False
    record: bool = False
    paused: bool = False
    single_frames: int = 0
    images_stay: bool = False
    buttons: bool = False
    panels: bool = True


# What a key does, in the order of KEYS.
Action = Enum("Action", (
    "FLOAT32", "FLOAT16", "DYNAMIC_RANGE", "INT8", "NEXT_VARIANT", "NEXT_THREADS", "NEXT_TASK",
    "VIEW", "COMPARE", "DIVIDER_LEFT", "DIVIDER_RIGHT", "MORE_COLOUR", "LESS_COLOUR", "LEGEND",
    "HUD", "RECORD", "SNAPSHOT", "PAUSE", "SINGLE_FRAME", "SWAP_RED_BLUE",
    "FULLSCREEN", "HELP", "QUIT",
))  # fmt: skip
# These change the controls and nothing else: drawing and pacing read them from there.
CONTROLS_ONLY = frozenset({
    Action.VIEW, Action.DIVIDER_LEFT, Action.DIVIDER_RIGHT, Action.MORE_COLOUR,
    Action.LESS_COLOUR, Action.LEGEND, Action.HUD, Action.PAUSE,
    Action.SINGLE_FRAME,
})  # fmt: skip

SELECTS = {name: Action[name.upper()] for name in VARIANTS}  # by the variant, also in buttons

Change = Callable[[Controls], Controls]


@dataclass(frozen=True, slots=True)
class Key:
    """Keys of one action, and how it changes the controls.

    what: text in README and help. short: text in the hints along the lower edge, if shorter.
    """

    keys: tuple[str, ...]
    what: str
    action: Action
    change: Change = replace  # with nothing: the same controls
    short: str = ""


def _add(name: str, by: float) -> Change:
    """Return a change of a share, which stays between 0 and 1."""

    def change(controls: Controls) -> Controls:
        value = min(1.0, max(0.0, round(getattr(controls, name) + by, 2)))
        return replace(controls, **{name: value})

    return change


def _switch(name: str) -> Change:
    return _cycle(name, (False, True))


def _cycle(name: str, values: tuple[Any, ...]) -> Change:
    """Return a change to the next of some values, from the last one to the first."""

    def change(controls: Controls) -> Controls:
        position = values.index(getattr(controls, name)) + 1
        return replace(controls, **{name: values[position % len(values)]})

    return change


def _one_frame(controls: Controls) -> Controls:
    stays = controls.images_stay  # which is a pause already
    return replace(controls, paused=not stays, single_frames=controls.single_frames + 1)


def _pause(controls: Controls) -> Controls:
    if controls.images_stay:
        return _one_frame(controls)
    return replace(controls, paused=not controls.paused)


KEYS = (
    Key(("1",), "float32", Action.FLOAT32),
    Key(("2",), "float16", Action.FLOAT16),
    Key(("3",), "dynamic_range", Action.DYNAMIC_RANGE),
    Key(("4",), "int8", Action.INT8),
    Key(("v",), "next variant", Action.NEXT_VARIANT),
    Key(("t",), "more threads, or one again", Action.NEXT_THREADS),
    Key(("m",), "street or digits", Action.NEXT_TASK),
    Key(("o",), ", ".join(VIEWS), Action.VIEW, _cycle("view", VIEWS), VIEWS[0]),
    Key(
        ("c",), "compare: split, difference, off", Action.COMPARE,
        _cycle("compare", COMPARISONS), "compare",
    ),
    Key(("left",), "divider to the left", Action.DIVIDER_LEFT, _add("divider", -0.05)),
    Key(("right",), "divider to the right", Action.DIVIDER_RIGHT, _add("divider", +0.05)),
    Key(("+", "="), "more colour", Action.MORE_COLOUR, _add("alpha", +0.1)),
    Key(("-", "_"), "less colour", Action.LESS_COLOUR, _add("alpha", -0.1)),
    Key(("l",), "legend on or off", Action.LEGEND, _switch("legend"), "legend"),
    Key(("i",), "figures: all, few, none", Action.HUD, _cycle("hud", (2, 1, 0)), "figures"),
    Key(("r",), "record on or off", Action.RECORD, _switch("record"), "record"),
    Key(("s",), "snapshot", Action.SNAPSHOT),
    Key(("space",), "pause or continue", Action.PAUSE, _pause, "pause"),
    Key((".",), "one frame, then pause", Action.SINGLE_FRAME, _one_frame),
    Key(("b",), "swap red and blue", Action.SWAP_RED_BLUE, _switch("swap_red_blue")),
    Key(("f",), "full screen", Action.FULLSCREEN, _switch("fullscreen")),
    Key(("h", "?"), "help", Action.HELP, _switch("help")),
    Key(("q", "esc"), "quit", Action.QUIT),
)  # fmt: skip
# What a key does while each image stays until a key asks for the next one.
_OF_IMAGES = {Action.PAUSE: "next image", Action.SINGLE_FRAME: "next image"}
_BY_NAME = {name: key for key in KEYS for name in key.keys}
_BY_ACTION = {key.action: key for key in KEYS}


def find_key(name: str, controls: Controls | None = None) -> Key | None:
    """Return the binding of a key by its name, None for one that is not bound.

    controls: as they are when it is pressed: Esc closes the help, then leaves full screen, and
        quits only after that.
    """
    if name == "esc" and controls is not None:
        if controls.help:
            return key_of(Action.HELP)
        if controls.fullscreen:
            return key_of(Action.FULLSCREEN)
    return _BY_NAME.get(name)


def key_of(action: Action) -> Key:
    """Return the binding of an action."""
    return _BY_ACTION[action]


def keys_for(controls: Controls) -> tuple[Key, ...]:
    """Return the bindings with what they do under some controls, for hints and help."""
    if not controls.images_stay:
        return KEYS
    return tuple(
        replace(key, what=_OF_IMAGES[key.action], short="") if key.action in _OF_IMAGES else key
        for key in KEYS
    )


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
    """Return the name of the key of a `cv2.waitKeyEx` code, or None if none was pressed.

    Backends give -1 or 255 for nothing and add modifier bits above the low two bytes (Num
    Lock on GTK).
    """
    if code in _OTHER_ARROWS:
        return _OTHER_ARROWS[code]
    high, low = code & 0xFF00, code & 0xFF
    if high:
        return _FUNCTION_KEYS.get(low) if high == 0xFF00 else None
    return character_name(low)


def character_name(code: int) -> str | None:
    """Return the name of the key of an ASCII character, or None if no key has it."""
    if 33 <= code < 127:
        return chr(code).lower()
    return {27: "esc", 32: "space"}.get(code)

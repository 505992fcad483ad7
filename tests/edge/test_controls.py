"""Each key has one action, and changes the controls as its action says."""

import re
from pathlib import Path

import pytest

from edge_app.controls import KEYS, Action, Controls, find_key, key_name, keys_for

ROOT = Path(__file__).parents[2]


def press(controls: Controls, name: str) -> Controls:
    """Return the controls after a key press."""
    key = find_key(name)
    return key.change(controls) if key else controls


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("+", Controls(alpha=0.65)),
        ("=", Controls(alpha=0.65)),
        ("-", Controls(alpha=0.45)),
        ("_", Controls(alpha=0.45)),
        ("l", Controls(legend=False)),
        ("i", Controls(hud=1)),
        ("1", Controls()),
        ("2", Controls()),
        ("3", Controls()),
        ("4", Controls()),
        ("v", Controls()),
        ("t", Controls()),
        ("m", Controls()),
        ("o", Controls(view="map")),
        ("c", Controls(compare="split")),
        ("left", Controls(divider=0.45)),
        ("right", Controls(divider=0.55)),
        ("r", Controls(record=True)),
        ("s", Controls()),
        (".", Controls(paused=True, single_frames=1)),
        ("b", Controls(swap_red_blue=True)),
        ("f", Controls(fullscreen=True)),
        ("h", Controls(help=True)),
        ("?", Controls(help=True)),
        ("space", Controls(paused=True)),
        ("q", Controls()),
        ("esc", Controls()),
        ("z", Controls()),
        ("", Controls()),
    ],
)
def test_a_key_makes_its_change(key: str, changed: Controls) -> None:
    """Each key changes at most one setting; unknown keys change nothing."""
    assert press(Controls(), key) == changed


@pytest.mark.parametrize(
    ("key", "times"),
    [*((key, 2) for key in ("l", "r", "space", "b", "f", "h")), ("i", 3), ("c", 3), ("o", 4)],
)
def test_a_setting_cycles_through_all_its_values(key: str, times: int) -> None:
    """The last press restores the first value, and none before it does."""
    controls = Controls()
    for number in range(times):
        controls = press(controls, key)
        assert (controls == Controls()) is (number == times - 1)


@pytest.mark.parametrize(("key", "end"), [("+", 1.0), ("-", 0.0), ("left", 0.0), ("right", 1.0)])
def test_shares_stay_between_zero_and_one(key: str, end: float) -> None:
    """Enough steps reach the limit, and further ones stay there."""
    controls = Controls()
    for _ in range(12):
        controls = press(controls, key)
    name = "alpha" if key in {"+", "-"} else "divider"
    assert getattr(controls, name) == end


def test_keys_that_change_no_setting_still_have_an_action() -> None:
    """A variant, a snapshot and the end are actions, not settings."""
    names = ("1", "2", "3", "4", "v", "t", "m", "s", "q", "esc")
    found = [key.action for name in names if (key := find_key(name))]
    assert found == [
        Action.FLOAT32, Action.FLOAT16, Action.DYNAMIC_RANGE, Action.INT8, Action.NEXT_VARIANT,
        Action.NEXT_THREADS, Action.NEXT_TASK, Action.SNAPSHOT, Action.QUIT, Action.QUIT,
    ]  # fmt: skip
    assert find_key("z") is None


def test_no_key_is_bound_twice() -> None:
    """A key in two rows of the table would hide one of them."""
    keys = [key for entry in KEYS for key in entry.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (-1, None),
        (255, None),
        (0, None),
        (13, None),
        (ord("q"), "q"),
        (ord("Q"), "q"),
        (ord("+"), "+"),
        (32, "space"),
        (27, "esc"),
        (0x100000 | ord("l"), "l"),  # Num Lock, GTK 2
        (0x110000 | ord("L"), "l"),  # Num Lock and Shift
        (0x10001B, "esc"),
        (0x1000FF, None),
        (0xFF1B, "esc"),
        (0xFF51, "left"),  # whose low byte is Q
        (0xFF53, "right"),
        (0x10FF51, "left"),
        (0xFF52, None),  # up
        (0xFF96, "left"),  # the keypad
        (0xFFB4, "4"),
        (0xFFAE, "."),
        (ord("."), "."),
        (ord("?"), "?"),
        (0xFF6C, None),
        (0xFFAB, "+"),  # the keypad
        (0xFFAD, "-"),
        (0xFFE1, None),  # Shift alone
        (0x250000, "left"),  # Windows
        (0x270000, "right"),
        (0x260000, None),
        (0xF702, "left"),  # macOS
        (0xF703, "right"),
        (0xF700, None),
        (0x2051, None),  # a character past Latin-1
    ],
)
def test_codes_of_all_backends_are_read(code: int, name: str | None) -> None:
    """Modifier bits are passed over, and an arrow is an arrow, never Q."""
    assert key_name(code) == name


def test_the_readme_lists_every_key() -> None:
    """The table people read is the table the program uses."""
    readme = (ROOT / "edge_app" / "README.md").read_text("utf-8")
    for entry in KEYS:
        keys = " or ".join(f"`{key}`" for key in entry.keys)
        assert f"| {keys} | {entry.what} |" in readme


def test_the_front_page_lists_every_key() -> None:
    """A row of several actions has a text of its own, any other begins with that of its action."""
    table = (ROOT / "README.md").read_text("utf-8").partition("### Keys")[2].partition("##")[0]
    shown = set()
    for cell, text in re.findall(r"\| (`[^|]+`) \| ([^|]+) (?=\|)", table):
        found = [find_key(name) for name in re.findall("`([^`]+)`", cell)]
        assert None not in found
        shown |= {key.action for key in found if key}
        if len(actions := {key.action: key for key in found if key}) == 1:
            assert text.startswith(next(iter(actions.values())).what)
    assert shown == set(Action)


@pytest.mark.parametrize(
    ("controls", "action"),
    [
        (Controls(help=True, fullscreen=True), Action.HELP),
        (Controls(help=True), Action.HELP),
        (Controls(fullscreen=True, buttons=True, paused=True), Action.FULLSCREEN),
        (Controls(buttons=True, compare="split"), Action.QUIT),
    ],
)
def test_esc_leaves_one_thing_after_another(controls: Controls, action: Action) -> None:
    """The help, then full screen, then the program; q quits at once."""
    key = find_key("esc", controls)
    assert key is not None
    assert key.action is action
    assert find_key("q", controls) == find_key("q")


def test_keys_of_images_that_stay_say_what_they_do() -> None:
    """Space turns to the next image there; everywhere else it pauses."""
    texts = {key.action: key.short or key.what for key in keys_for(Controls(images_stay=True))}
    assert texts[Action.PAUSE] == texts[Action.SINGLE_FRAME] == "next image"
    assert keys_for(Controls()) == KEYS

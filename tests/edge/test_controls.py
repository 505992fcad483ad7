"""Keys change the controls, and nothing else does."""

from pathlib import Path

import pytest

from edge_app.controls import KEYS, Controls, key_name, press


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("+", Controls(alpha=0.65)),
        ("=", Controls(alpha=0.65)),
        ("-", Controls(alpha=0.45)),
        ("_", Controls(alpha=0.45)),
        ("l", Controls(legend=False)),
        ("i", Controls(hud=False)),
        ("space", Controls(paused=True)),
        ("q", Controls(quit=True)),
        ("esc", Controls(quit=True)),
        ("z", Controls()),
        ("", Controls()),
    ],
)
def test_a_key_makes_its_change(key: str, changed: Controls) -> None:
    """Each key changes one thing; unknown keys change nothing."""
    assert press(Controls(), key) == changed


@pytest.mark.parametrize("key", ["l", "i", "space"])
def test_a_switch_pressed_twice_is_back(key: str) -> None:
    """Switches go on and off."""
    assert press(press(Controls(), key), key) == Controls()


@pytest.mark.parametrize(("key", "end"), [("+", 1.0), ("-", 0.0)])
def test_colour_stays_between_none_and_all(key: str, end: float) -> None:
    """Ten steps reach the end, and the eleventh stays there."""
    controls = Controls()
    for _ in range(11):
        controls = press(controls, key)
    assert controls.alpha == end


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
        (0xFF51, None),  # the left arrow, whose low byte is Q
        (0x10FF51, None),
        (0xFF6C, None),
        (0xFFAB, "+"),  # the keypad
        (0xFFAD, "-"),
        (0xFFE1, None),  # Shift alone
        (0x250000, None),  # the left arrow on Windows
        (0xF702, None),  # the left arrow on macOS
        (0x2051, None),  # a character past Latin-1
    ],
)
def test_codes_of_all_backends_are_read(code: int, name: str | None) -> None:
    """Modifier bits are passed over, and no arrow quits the program."""
    assert key_name(code) == name


def test_the_readme_lists_every_key() -> None:
    """The table people read is the table the program uses."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for entry in KEYS:
        keys = " or ".join(f"`{key}`" for key in entry.keys)
        assert f"| {keys} | {entry.what} |" in readme

"""Clicks and drags do what keys do; fingers are neither precise nor still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge_app.controls import Action, Controls
from edge_app.pointing import FINGER_PX, Pointer, PointerEvent, PointerKind, Press, Targets

DOWN, MOVE, UP = PointerKind.DOWN, PointerKind.MOVE, PointerKind.UP
# Two buttons beside each other, a small one above, and a divider in an image with bars.
TARGETS = Targets(
    [((100, 400, 180, 450), Action.PAUSE), ((180, 400, 260, 450), Action.QUIT),
     ((20, 20, 60, 40), Action.NEXT_VARIANT)],
    divider=500,
    span=(100, 900),
)  # fmt: skip


class Hand:
    """A pointer whose events a test gives."""

    def __init__(self, targets: Targets = TARGETS) -> None:
        self.targets = targets
        self._events: list[PointerEvent] = []
        self._pointer = Pointer(self._read, lambda: self.targets)

    def _read(self) -> Sequence[PointerEvent]:
        events, self._events = self._events, []
        return events

    def does(self, *events: tuple[PointerKind, tuple[int, int]]) -> list[Press]:
        """Return what some events do."""
        self._events += [PointerEvent(*event) for event in events]
        return self._pointer.presses()

    def tap(self, x: int, y: int) -> list[Action | None]:
        """Return the actions of a tap."""
        return [press.action for press in self.does((DOWN, (x, y)), (UP, (x, y)))]


@pytest.mark.parametrize(
    ("xy", "action"),
    [
        ((100, 400), Action.PAUSE),
        ((179, 449), Action.PAUSE),
        ((180, 420), Action.QUIT),  # also near the other button
        ((40, 30), Action.NEXT_VARIANT),
        ((40, 30 + FINGER_PX // 2 - 1), Action.NEXT_VARIANT),  # it is 20 pixels high
        ((40, 31 + FINGER_PX // 2), None),
        ((300, 420), None),
    ],
)
def test_a_tap_is_the_action_of_its_button(xy: tuple[int, int], action: Action | None) -> None:
    """A small button is hit by a finger beside it, unless another one is there."""
    assert Hand().tap(*xy) == [action]


def test_a_tap_changes_the_controls_as_the_key_does() -> None:
    """Both come from one table."""
    [press] = Hand().does((DOWN, (120, 420)), (UP, (120, 420)))
    assert press.change(Controls()) == Controls(paused=True)


def test_a_tap_on_the_image_shows_the_buttons_and_hides_them() -> None:
    """There is no other way to them."""
    hand = Hand()
    for buttons in (True, False):
        [press] = hand.does((DOWN, (300, 300)), (UP, (302, 305)))
        assert press.action is None
        shown = Controls(buttons=not buttons)
        assert press.change(shown) == Controls(buttons=buttons)


def test_a_finger_that_slips_off_does_nothing() -> None:
    """So a wrong press can be taken back; a tremble still taps."""
    hand = Hand()
    assert hand.does((DOWN, (120, 420)), (MOVE, (120, 300)), (UP, (120, 300))) == []
    assert hand.does((DOWN, (120, 420)), (MOVE, (120, 300)), (UP, (120, 420))) == []
    trembles = ((DOWN, (120, 420)), (MOVE, (125, 424)), (UP, (125, 424)))
    assert [press.action for press in hand.does(*trembles)] == [Action.PAUSE]
    assert hand.does((UP, (120, 420)), (MOVE, (120, 421))) == []  # pressed in another window


def test_the_divider_follows_the_pointer() -> None:
    """It does not jump to where it was gripped, and stays in the image."""
    hand = Hand()
    assert hand.does((DOWN, (510, 200))) == []
    [press] = hand.does((MOVE, (310, 220)))
    assert press.action is Action.DIVIDER_LEFT
    assert press.change(Controls()) == Controls(divider=0.25)
    hand.targets = replace(TARGETS, divider=300)
    [press] = hand.does((MOVE, (600, 200)), (MOVE, (5000, 200)))
    assert press.action is Action.DIVIDER_RIGHT
    assert press.change(Controls(alpha=0.2)) == Controls(divider=1.0, alpha=0.2)
    [press] = hand.does((MOVE, (-20, 200)), (UP, (-20, 200)))
    assert press.change(Controls()) == Controls(divider=0.0)
    assert hand.does((MOVE, (400, 200))) == []


def test_of_many_moves_only_the_last_counts() -> None:
    """A mouse reports hundreds a second, and each would be drawn."""
    hand = Hand()
    presses = hand.does((DOWN, (500, 200)), *((MOVE, (500 + i, 200)) for i in range(1, 41)))
    assert [press.change(Controls()).divider for press in presses] == [0.55]


def test_a_tap_on_the_divider_is_one_on_the_image() -> None:
    """A drag needs a move; a button above the divider comes first."""
    hand = Hand()
    assert hand.tap(505, 200) == [None]
    hand.targets = replace(TARGETS, divider=150)
    assert hand.does((DOWN, (150, 420)), (MOVE, (158, 420))) == []
    assert [press.action for press in hand.does((UP, (158, 420)))] == [Action.PAUSE]
    hand.targets = Targets()
    assert hand.does((DOWN, (500, 200)), (MOVE, (400, 200)), (UP, (400, 200))) == []

"""Mouse and touch: what can be clicked on a canvas, and what clicks and drags on it do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from edge_app.controls import Action, Change, Controls, key_of

XY = tuple[int, int]
Box = tuple[int, int, int, int]  # left, top, right, bottom

FINGER_PX = 44  # the least side of what a finger is to hit


class PointerKind(Enum):
    """What a mouse button or a finger did."""

    DOWN = auto()
    MOVE = auto()
    UP = auto()


class PointerEvent(NamedTuple):
    """A move of the mouse or of a finger; xy: pixels of the canvas that is shown."""

    kind: PointerKind
    xy: XY


class Press(NamedTuple):
    """What a click or a drag does: as a key, it changes the controls and may have a handler."""

    change: Change
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """What can be clicked on a canvas.

    buttons: (box, action) each; where two overlap, the first counts.
    divider: column of the divider; None without one. span: columns between which it moves.
    """

    buttons: Sequence[tuple[Box, Action]] = ()
    divider: int | None = None
    span: tuple[int, int] = (0, 1)

    def action_at(self, xy: XY) -> Action | None:
        """Return the action of the button at a point, or near it if the button is small."""
        exact = (action for box, action in self.buttons if _contains(box, xy))
        near = (action for box, action in self.buttons if _contains(_for_finger(box), xy))
        return next(exact, None) or next(near, None)

    def is_on_divider(self, xy: XY) -> bool:
        """Return whether a drag from a point moves the divider."""
        return self.divider is not None and abs(xy[0] - self.divider) <= FINGER_PX // 2


def _contains(box: Box, xy: XY) -> bool:
    return box[0] <= xy[0] < box[2] and box[1] <= xy[1] < box[3]


def _for_finger(box: Box) -> Box:
    """Return a box that a finger can hit, around the same middle."""
    wide = max(0, FINGER_PX - (box[2] - box[0]) + 1) // 2
    tall = max(0, FINGER_PX - (box[3] - box[1]) + 1) // 2
    return box[0] - wide, box[1] - tall, box[2] + wide, box[3] + tall


@dataclass(slots=True)
class Pointer:
    """Clicks and drags on a canvas as presses.

    read: returns the events since the last call. targets: returns those of the canvas shown.
    """

    read: Callable[[], Sequence[PointerEvent]]
    targets: Callable[[], Targets]
    _down: XY | None = field(default=None, init=False)
    _moved: bool = field(default=False, init=False)
    _grip: int | None = field(default=None, init=False)  # from the divider to the pointer

    def presses(self) -> list[Press]:
        """Return what the events since the last call do; of several moves only the last."""
        presses: list[Press] = []
        for press in self._presses():
            is_move = press.action in _DIVIDER
            if is_move and presses and presses[-1].action in _DIVIDER:
                presses.pop()
            presses.append(press)
        return presses

    def _presses(self) -> Iterator[Press]:
        for kind, xy in self.read():
            targets = self.targets()
            if kind is PointerKind.DOWN:
                self._down, self._moved, self._grip = xy, False, None
                if targets.is_on_divider(xy) and targets.action_at(xy) is None:
                    self._grip = xy[0] - (targets.divider or 0)
            elif self._down is None:
                continue
            elif kind is PointerKind.MOVE:
                far = max(abs(xy[0] - self._down[0]), abs(xy[1] - self._down[1]))
                self._moved |= far > (_SLIP_PX if self._grip is None else 1)
                if self._grip is not None and self._moved:
                    yield _divider_to(xy[0] - self._grip, targets)
            else:
                if not self._moved:
                    yield _tap(targets.action_at(self._down))
                self._down = None


_DIVIDER = (Action.DIVIDER_LEFT, Action.DIVIDER_RIGHT)
_SLIP_PX = 14  # a finger that moves further does not tap


def _divider_to(column: int, targets: Targets) -> Press:
    left, right = targets.span
    share = min(1.0, max(0.0, (column - left) / max(1, right - left)))
    action = _DIVIDER[column > (targets.divider or 0)]
    return Press(partial(replace, divider=share), action)


def _tap(action: Action | None) -> Press:
    if action is None:
        return Press(_switch_buttons)
    return Press(key_of(action).change, action)


def _switch_buttons(controls: Controls) -> Controls:
    return replace(controls, buttons=not controls.buttons)

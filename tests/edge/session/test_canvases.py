"""A window is drawn in its own size, recordings in that of the frame, and nothing twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge_app.controls import Action, Controls
from edge_app.frame import Classification
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.model.card import VARIANTS
from edge_app.session.canvases import FrameOverlays, WindowOverlays
from tests.support.comparisons import noisy_frame, segmentation
from tests.support.steps import status

FRAME = noisy_frame(640, 480)
STREET = segmentation(1, logits=True)
STATUS = status(labels=CITYSCAPES, variants=(*VARIANTS,))


class Room:
    """A window of a fixed size."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.size_wh = size_wh
        self.asked: list[tuple[int, int]] = []

    def canvas_wh(self, own_wh: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the window."""
        self.asked.append(own_wh)
        return self.size_wh


def both(size_wh: tuple[int, int]) -> tuple[Room, WindowOverlays, FrameOverlays]:
    """Return a window, and the overlays of it and of others."""
    room = Room(size_wh)
    in_window = WindowOverlays("auto", room)
    return room, in_window, FrameOverlays("auto", in_window)


def test_canvases_have_the_size_of_who_takes_them() -> None:
    """The window has hints, which nobody needs in a recording."""
    room, in_window, others = both((800, 480))
    drawn_from = (FRAME, STREET, STATUS, Controls(), 0.0, None)
    assert in_window.draw(*drawn_from).shape == (480, 800, 3)
    assert room.asked == [(640, 480)]
    recorded = others.draw(*drawn_from)
    assert recorded.shape == (480, 640, 3)
    assert np.array_equal(recorded, FrameOverlays("auto").draw(*drawn_from))
    assert FrameOverlays("auto").draw(*drawn_from).shape == (480, 640, 3)


def test_what_has_both_sizes_is_drawn_once() -> None:
    """With a new frame, other controls, or buttons on it, it is drawn for the others as well."""
    _, in_window, others = both((640, 480))
    drawn_from: Any = (FRAME, STREET, STATUS, Controls(), 0.0, None)
    canvas = in_window.draw(*drawn_from)
    assert others.draw(*drawn_from) is canvas
    other_frame = (noisy_frame(640, 480), *drawn_from[1:])
    assert others.draw(*other_frame) is not canvas
    tapped = (FRAME, STREET, STATUS, Controls(buttons=True), 0.0, None)
    assert others.draw(*tapped) is not in_window.draw(*tapped)


def test_a_window_that_was_resized_is_noticed() -> None:
    """A still image is then drawn again."""
    room, in_window, _ = both((800, 480))
    assert not in_window.is_resized()
    in_window.draw(FRAME, STREET, STATUS, Controls(), 0.0, None)
    assert not in_window.is_resized()
    room.size_wh = (400, 300)
    assert in_window.is_resized()


@pytest.mark.parametrize("task", ["street", "digits"])
def test_targets_are_those_of_the_last_canvas(task: str) -> None:
    """Each model has an overlay of its own."""
    _, in_window, _ = both((800, 480))
    assert in_window.targets.action_at((400, 440)) is None
    result = STREET if task == "street" else Classification(7, np.eye(10, dtype=np.float32)[7])
    shown = status(labels=CITYSCAPES if task == "street" else DIGITS, variants=(*VARIANTS,))
    in_window.draw(FRAME, result, shown, Controls(buttons=True), 0.0, None)
    actions = {action for _, action in in_window.targets.buttons}
    assert {Action.PAUSE, Action.FLOAT32, Action.NEXT_VARIANT} <= actions
    assert (Action.COMPARE in actions) is (task == "street")

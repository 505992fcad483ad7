"""Panels are placed clear of each other, and redrawn when they are due."""

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.overlay.compose import Composer, Refresh, overlap
from edge_app.overlay.panel import Panel, Scale
from tests.support.steps import status


def panel(width: int, height: int) -> Panel:
    """Return an empty panel."""
    empty = np.zeros((height, width, 3), np.uint8)
    return Panel(empty, empty)


def test_a_panel_is_placed_at_the_first_free_corner() -> None:
    """A corner beyond the margin, or too close to another panel, is not free."""
    composer = Composer((1000, 500), Scale(1.0), status(), Controls())
    assert (composer.margin, composer.gap) == (20, 10)
    first = composer.put(panel(100, 100), [(10, 10), (20, 20)])
    second = composer.put(panel(100, 100), [(20, 20), (129, 20), (130, 20)])
    assert [placed and placed.xy for placed in (first, second)] == [(20, 20), (130, 20)]
    assert composer.put(panel(100, 100), [(881, 20), (20, 381)]) is None
    assert composer.put(None, [(20, 200)]) is None
    assert composer.placed == [first, second]


@pytest.mark.parametrize(
    ("other", "expected"),
    [((10, 0, 20, 10), False), ((9, 9, 20, 20), True), ((0, 10, 10, 20), False)],
)
def test_boxes_that_only_touch_do_not_overlap(
    other: tuple[int, int, int, int], expected: bool
) -> None:
    """The right and the bottom of a box are outside it."""
    assert overlap((0, 0, 10, 10), other) is expected
    assert overlap(other, (0, 0, 10, 10)) is expected


def test_panels_are_due_after_a_while_or_if_something_changes() -> None:
    """Figures wait for 0.2 s; sizes, controls and states do not."""
    refresh = Refresh()
    assert refresh.is_due(5.0, "paused")
    assert not refresh.is_due(5.19, "paused")
    assert refresh.is_due(5.19, "running")
    assert not refresh.is_due(5.38, "running")
    assert refresh.is_due(5.4, "running")

"""Panels are blended exactly, at any place."""

import numpy as np
import pytest

from edge_app.overlay.panel import Panel, Sheet, blit


def test_a_panel_is_blended_by_its_opacity() -> None:
    """Its colour is added to what it lets through, and its corners stay clear."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    sheet = Sheet((20, 20), 6, opacity=0.5)
    sheet.box((8, 8), (4, 4), "#FF8000", 0)
    blit(canvas, sheet.finish(), (10, 10))
    assert canvas[20, 20].tolist() == [0, 128, 255]
    assert canvas[14, 20].tolist() == pytest.approx([100 + 13, 100 + 10, 100 + 8], abs=2)
    assert canvas[10, 10].tolist() == pytest.approx([200] * 3, abs=6)
    assert (canvas[:, :10] == 200).all()


@pytest.mark.parametrize("xy", [(-5, -5), (55, 35), (100, 100), (-50, 0)])
def test_a_panel_beyond_the_canvas_is_clipped(xy: tuple[int, int]) -> None:
    """A panel larger than the space for it is no error."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    panel = Panel(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8))
    blit(canvas, panel, xy)
    rows = max(0, min(40, xy[1] + 20) - max(0, xy[1]))
    columns = max(0, min(60, xy[0] + 20) - max(0, xy[0]))
    assert (canvas == 0).all(axis=2).sum() == rows * columns

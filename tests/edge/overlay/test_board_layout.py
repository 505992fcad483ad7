"""Sizes of letters, and areas for images side by side."""

import pytest

from edge_app.overlay.board_layout import panel_scale, side_by_side
from edge_app.overlay.panel import Scale


def test_images_side_by_side_have_one_size_and_stay_apart() -> None:
    """Both keep the shape of the frame, within the given area."""
    for frame_wh in ((1280, 720), (960, 720), (720, 1280), (2048, 1024), (7, 1000)):
        (x, y, width, height), (other_x, *other) = side_by_side(frame_wh, (26, 150, 1228, 490), 13)
        assert other == [y, width, height]
        assert x >= 26
        assert x + width < other_x
        assert other_x + width <= 26 + 1228
        assert y >= 150
        assert y + height <= 150 + 490
        assert width / height == pytest.approx(frame_wh[0] / frame_wh[1], rel=0.2, abs=0.01)


@pytest.mark.parametrize(
    ("size_wh", "factor"),
    [
        ((1280, 720), 1.0),
        ((1920, 1080), 1.5),
        ((854, 480), 620 / 720),
        ((640, 480), 620 / 720),
        ((720, 1280), 620 / 720),
        ((100, 480), None),
    ],
)
def test_letters_grow_with_the_canvas_and_stay_readable(
    size_wh: tuple[int, int], factor: float | None
) -> None:
    """The layout of 720 rows is scaled down to 620 rows and no further."""
    assert panel_scale(size_wh) == (factor and Scale(factor))

"""Resizing keeps pixel centres in place."""

import numpy as np
import pytest

from edge_app.overlay.resize import nearest


@pytest.mark.parametrize("size_wh", [(640, 480), (1279, 721), (1280, 720), (20, 10)])
@pytest.mark.parametrize("shape_hw", [(64, 128), (33, 65), (129, 250)])
def test_nearest_picks_the_pixel_whose_centre_is_nearest(
    shape_hw: tuple[int, int], size_wh: tuple[int, int]
) -> None:
    """In rows and in columns, no pixel shows one whose centre is more than half a pixel away."""
    y, x = (np.asarray(axis, np.uint8) for axis in np.indices(shape_hw))
    for values, side, axis in ((y, shape_hw[0], 0), (x, shape_hw[1], 1)):
        into = np.empty((size_wh[1], size_wh[0]), np.uint8)
        assert nearest(values, size_wh, into) is into
        assert np.array_equal(nearest(values, size_wh), into)
        length = into.shape[axis]
        centres = (np.arange(length) + 0.5) * side / length
        shown = into[:, 0] if axis == 0 else into[0]
        assert np.abs(shown + 0.5 - centres).max() <= 0.51  # OpenCV 4 rounds in fixed point

"""Digits are normalised as in MNIST."""

import cv2
import numpy as np
import pytest

from edge_app.digits.find import find_digits
from edge_app.digits.normalise import BOX, SIDE, centre, normalise
from tests.support import digit_pages as pages


def mass_centre(digit: np.ndarray) -> tuple[float, float]:
    """Return the centre of mass, x and y, in pixels."""
    moments = cv2.moments(digit)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


@pytest.mark.parametrize("digit", range(10))
def test_an_enlarged_digit_is_restored(digit: int) -> None:
    """Its centre of mass is in the middle, its size 20 pixels, and it looks the same."""
    page, drawn = pages.empty_page(), pages.typical(digit)
    pages.write(page, drawn, (320, 240), 110)
    (thing,) = find_digits(pages.photograph(page))
    assert thing.crop.shape == (SIDE, SIDE)
    assert thing.crop.dtype == np.uint8
    x, y = mass_centre(thing.crop)
    assert max(abs(x - 13.5), abs(y - 13.5)) <= 0.5
    rows, columns = (np.flatnonzero(thing.crop.max(axis=axis) > 20) for axis in (1, 0))
    assert BOX - 1 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= BOX
    one, other = (cv2.GaussianBlur(a, (3, 3), 0).astype(float).ravel() for a in (thing.crop, drawn))
    assert one @ other / (np.linalg.norm(one) * np.linalg.norm(other)) > 0.85


def test_a_hairline_becomes_as_thick_as_in_mnist() -> None:
    """A line of one pixel in 200 would vanish at 20."""
    ink = np.zeros((220, 120), np.uint8)
    cv2.line(ink, (30, 10), (90, 209), 255, 1)
    crop = normalise(ink, 1.0)
    assert crop.max() > 200
    assert (crop > 100).sum() >= 30


def test_a_thick_stroke_becomes_thinner() -> None:
    """A bar as wide as a third of its length is reduced to MNIST's width."""
    ink = np.zeros((220, 120), np.uint8)
    cv2.line(ink, (60, 40), (60, 180), 255, 60)
    thick = int((normalise(ink, 1.0) > 100).sum())
    assert int((normalise(ink, 60.0) > 100).sum()) < thick


def test_the_blur_of_an_edge_does_not_make_a_digit_smaller() -> None:
    """Faint ink around it does not count for the box of 20x20."""
    ink = np.zeros((240, 160), np.uint8)
    cv2.line(ink, (50, 20), (110, 219), 255, 24)
    hazy = np.maximum(ink, cv2.dilate(ink, np.ones((41, 41), np.uint8)) // 4)
    sharp, blurred = (int((normalise(one, 24.0) > 100).any(axis=1).sum()) for one in (ink, hazy))
    assert abs(sharp - BOX) <= 1
    assert abs(blurred - sharp) <= 1


def test_no_ink_is_black() -> None:
    """An empty crop is not an error."""
    assert not normalise(np.zeros((40, 30), np.uint8), 3.0).any()


def test_an_eccentric_digit_stays_in_the_image() -> None:
    """The centre of mass of an L is far from its middle; the rest is cut off, not wrapped."""
    digit = np.zeros((20, 28), np.uint8)
    digit[:, :2] = 255
    digit[-1] = 40
    placed = centre(digit)
    assert placed.shape == (SIDE, SIDE)
    assert placed.any()

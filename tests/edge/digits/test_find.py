"""Digits on a page are found, and nothing else."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.digits.find import find_digits
from tests.support import digit_pages as pages

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
SPOTS = ((120, 120), (320, 120), (520, 120), (120, 340), (320, 340), (520, 340))
DIGITS = (2, 3, 5, 6, 8, 9)


def page_of_six(height: int = 70) -> np.ndarray:
    """Draw six different digits."""
    page = pages.empty_page()
    for digit, spot in zip(DIGITS, SPOTS, strict=True):
        pages.write(page, pages.typical(digit), spot, height)
    return page


def spots_found(image: np.ndarray, reach: int = 25) -> list[tuple[int, int]]:
    """Return which of the six places have a box, and check that there are no other boxes."""
    found = find_digits(image)
    centres = [(x + w / 2, y + h / 2) for x, y, w, h in (thing.box_xywh for thing in found)]
    hit = [
        spot
        for spot in SPOTS
        if any(max(abs(x - spot[0]), abs(y - spot[1])) < reach for x, y in centres)
    ]
    assert len(hit) == len(found), "something was found that is no digit"
    return hit


def test_every_digit_of_a_page_is_found() -> None:
    """Six digits, six boxes, from left to right."""
    image = pages.photograph(page_of_six())
    assert len(spots_found(image)) == 6
    lefts = [thing.box_xywh[0] for thing in find_digits(image)]
    assert lefts == sorted(lefts)


def test_light_ink_on_a_dark_background_is_found() -> None:
    """Crops of chalk on a board are bright on black too."""
    image = 255 - pages.photograph(page_of_six())
    assert len(spots_found(image)) == 6
    for thing in find_digits(image):
        assert thing.crop[0].max() == 0
        assert thing.crop.max() > 200


@pytest.mark.parametrize("soft_px", [3.0, 40.0])
def test_shadows_do_not_matter(soft_px: float) -> None:
    """Uneven light, and the hard or soft edge of a shadow across the page."""
    assert len(spots_found(pages.photograph(pages.shade(page_of_six(), soft_px=soft_px)))) == 6
    assert find_digits(pages.photograph(pages.shade(pages.empty_page(), soft_px=soft_px))) == []


def test_digits_on_a_rotated_page_are_found() -> None:
    """Ten degrees are usual for a page held by hand."""
    assert len(spots_found(pages.photograph(pages.turn(page_of_six(), 10)), reach=70)) == 6


def test_squared_paper_does_not_matter() -> None:
    """Digits are separated from the lines they touch, and lines are not ones."""
    page = pages.empty_page()
    pages.rule(page)
    assert find_digits(pages.photograph(page)) == []
    for digit, spot in zip(DIGITS, SPOTS, strict=True):
        pages.write(page, pages.typical(digit), spot)
    assert len(spots_found(pages.photograph(page))) == 6


@pytest.mark.parametrize("height", [30, 150])
def test_small_and_large_digits_are_found(height: int) -> None:
    """From a sixteenth to a third of the image's height."""
    assert len(spots_found(pages.photograph(page_of_six(height)), reach=40)) == 6


def test_boxes_of_large_images_are_in_their_pixels() -> None:
    """Large images are searched at a smaller size."""
    page = pages.empty_page((1920, 1080))
    pages.write(page, pages.typical(3), (1500, 700), 200)
    (thing,) = find_digits(pages.photograph(page))
    x, y, w, h = thing.box_xywh
    assert abs(x + w / 2 - 1500) < 30
    assert abs(y + h / 2 - 700) < 30
    assert 170 < max(w, h) < 230


def test_a_digit_at_the_border_is_left_out() -> None:
    """Half a digit would be read as another digit."""
    image = pages.photograph(page_of_six())[:, 110:]
    assert len(find_digits(image)) == 4


def test_a_single_one_counts_only_on_plain_paper() -> None:
    """Among lines a bar may be anything."""
    page = pages.empty_page()
    cv2.line(page, (318, 200), (325, 280), pages.INK, 7)
    assert len(find_digits(pages.photograph(page))) == 1
    for x in (270, 280, 380):
        cv2.line(page, (x, 90), (x, 380), 150.0, 3)
    assert find_digits(pages.photograph(page)) == []


def test_a_one_beside_another_digit_counts_on_squared_paper() -> None:
    """Beside another digit a bar is a one."""
    page = pages.empty_page()
    pages.rule(page)
    cv2.line(page, (258, 205), (263, 275), pages.INK, 7)
    pages.write(page, pages.typical(3), (340, 240))
    assert len(find_digits(pages.photograph(page))) == 2


@pytest.mark.parametrize("noise", [0.0, 3.0, 15.0])
def test_an_empty_page_is_empty(noise: float) -> None:
    """Noise is not ink."""
    assert find_digits(pages.photograph(pages.empty_page(), noise=noise)) == []


@pytest.mark.parametrize("size_wh", [(640, 480), (1280, 720)])
@pytest.mark.parametrize("levels", [(60.0, 220.0), (220.0, 60.0), (30.0, 120.0)])
@pytest.mark.parametrize("noise", [8.0, 15.0, 30.0])
def test_an_empty_page_in_shadow_is_empty(
    size_wh: tuple[int, int], levels: tuple[float, float], noise: float
) -> None:
    """Noise is not ink where there is little light either."""
    page = pages.ramp(pages.empty_page(size_wh), levels)
    assert find_digits(pages.photograph(page, noise=noise, soft_px=1.5)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_busy_image_has_no_digits(seed: int) -> None:
    """Blobs and edges of all sizes, as of walls and trees, are not digits."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((480, 640))
    for cell in (4, 8, 16, 32, 64):
        coarse = rng.normal(0, cell**0.5, (480 // cell + 1, 640 // cell + 1))
        picture += cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    picture = 128 + 40 * picture / picture.std()
    assert find_digits(pages.photograph(picture)) == []


def test_an_image_of_one_colour_is_not_an_error() -> None:
    """An image smaller than any digit is not an error either."""
    assert find_digits(np.full((480, 640, 3), 255, np.uint8)) == []
    assert find_digits(np.zeros((9, 9, 3), np.uint8)) == []


def test_the_pencil_photograph_has_eight() -> None:
    """The photograph shows pencil on paper."""
    path = SHARED / "frames" / "digits_photo_1.jpg"
    if not path.exists():
        pytest.skip("the development data is not beside the checkout")
    image = np.asarray(cv2.imread(str(path)), np.uint8)
    assert len(find_digits(image)) == 8

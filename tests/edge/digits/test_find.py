"""Digits are found on a page, and nothing where there are none."""

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
    """Return which of the six spots have a box around, and check that no other has."""
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


def test_light_ink_on_a_dark_ground_is_found_as_well() -> None:
    """Chalk on a board has the other polarity, and its crops are bright on black all the same."""
    image = 255 - pages.photograph(page_of_six())
    assert len(spots_found(image)) == 6
    for thing in find_digits(image):
        assert thing.crop[0].max() == 0
        assert thing.crop.max() > 200


@pytest.mark.parametrize("soft_px", [3.0, 40.0])
def test_shadows_hide_no_digit_and_are_none(soft_px: float) -> None:
    """Light that falls off, and a shadow's hard or soft edge across the page."""
    assert len(spots_found(pages.photograph(pages.shade(page_of_six(), soft_px=soft_px)))) == 6
    assert find_digits(pages.photograph(pages.shade(pages.empty_page(), soft_px=soft_px))) == []


def test_a_turned_page_is_read() -> None:
    """Ten degrees, as a page is held."""
    assert len(spots_found(pages.photograph(pages.turn(page_of_six(), 10)), reach=70)) == 6


def test_squares_on_the_paper_are_seen_through() -> None:
    """Digits that touch the lines of squared paper are parted from them, and lines are no ones."""
    page = pages.empty_page()
    pages.rule(page)
    assert find_digits(pages.photograph(page)) == []
    for digit, spot in zip(DIGITS, SPOTS, strict=True):
        pages.write(page, pages.typical(digit), spot)
    assert len(spots_found(pages.photograph(page))) == 6


@pytest.mark.parametrize("height", [30, 150])
def test_small_and_large_digits_are_found(height: int) -> None:
    """From a sixteenth to a third of the picture's height."""
    assert len(spots_found(pages.photograph(page_of_six(height)), reach=40)) == 6


def test_large_pictures_give_boxes_in_their_own_pixels() -> None:
    """A picture that is searched at a smaller size."""
    page = pages.empty_page((1920, 1080))
    pages.write(page, pages.typical(3), (1500, 700), 200)
    (thing,) = find_digits(pages.photograph(page))
    x, y, w, h = thing.box_xywh
    assert abs(x + w / 2 - 1500) < 30
    assert abs(y + h / 2 - 700) < 30
    assert 170 < max(w, h) < 230


def test_a_digit_at_the_border_is_left_out() -> None:
    """Half a digit would be read as another one."""
    image = pages.photograph(page_of_six())[:, 110:]
    assert len(find_digits(image)) == 4


def test_a_one_alone_counts_on_clean_paper_only() -> None:
    """A bar among lines may be anything."""
    page = pages.empty_page()
    cv2.line(page, (318, 200), (325, 280), pages.INK, 7)
    assert len(find_digits(pages.photograph(page))) == 1
    for x in (270, 280, 380):
        cv2.line(page, (x, 90), (x, 380), 150.0, 3)
    assert find_digits(pages.photograph(page)) == []


def test_a_one_beside_another_digit_counts_on_squared_paper() -> None:
    """Whoever writes one digit writes ones too."""
    page = pages.empty_page()
    pages.rule(page)
    cv2.line(page, (258, 205), (263, 275), pages.INK, 7)
    pages.write(page, pages.typical(3), (340, 240))
    assert len(find_digits(pages.photograph(page))) == 2


@pytest.mark.parametrize("noise", [0.0, 3.0, 15.0])
def test_an_empty_page_is_empty(noise: float) -> None:
    """Grain is not ink."""
    assert find_digits(pages.photograph(pages.empty_page(), noise=noise)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_restless_picture_has_no_digits(seed: int) -> None:
    """Blobs and edges of all sizes, as walls and trees have them."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((480, 640))
    for cell in (4, 8, 16, 32, 64):
        coarse = rng.normal(0, cell**0.5, (480 // cell + 1, 640 // cell + 1))
        picture += cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    picture = 128 + 40 * picture / picture.std()
    assert find_digits(pages.photograph(picture)) == []


def test_a_bright_frame_of_one_colour_is_no_fault() -> None:
    """Nor is a picture smaller than any digit."""
    assert find_digits(np.full((480, 640, 3), 255, np.uint8)) == []
    assert find_digits(np.zeros((9, 9, 3), np.uint8)) == []


@pytest.mark.shared
def test_the_pencil_photograph_has_eight() -> None:
    """Real pencil on real paper."""
    path = SHARED / "frames" / "digits_photo_1.jpg"
    if not path.exists():
        pytest.skip("the development data is not beside the checkout")
    assert len(find_digits(cv2.imread(str(path)))) == 8

"""Boxes and labels of digits on paper: their colours, and what they may not cover."""

from collections.abc import Sequence

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.digits.find import Box
from edge_app.frame import Frame, Reading, Readings
from edge_app.labels import DIGITS
from edge_app.overlay import Overlay
from edge_app.overlay import digit_boxes as boxes
from edge_app.overlay.compose import overlap
from edge_app.overlay.digit_boxes import confidence_colour, place_labels
from edge_app.overlay.panel import Scale
from edge_app.style import RIGHT, WRONG, bgr
from tests.support.steps import status
from tests.support.text_boxes import note_texts

STATUS = status(task="classification", model="MNIST digits", quality=None)


def reading(digit: int, box: tuple[int, int, int, int], confidence: float = 0.97) -> Reading:
    """Return a reading with a confidence."""
    scores = np.full(10, (1 - confidence) / 9, np.float32)
    scores[digit] = confidence
    return Reading(box, digit, confidence, scores)


def draw(
    found: Sequence[Reading],
    size_wh: tuple[int, int] = (1280, 720),
    controls: Controls = Controls(),  # noqa: B008 - frozen
) -> tuple[np.ndarray, np.ndarray]:
    """Return the image and its canvas."""
    image = np.full((size_wh[1], size_wh[0], 3), 200, np.uint8)
    frame = Frame(image, 0, 0.0, 0.0, "page")
    canvas = Overlay(DIGITS, hints=True).draw(frame, Readings(tuple(found)), STATUS, controls, 0.0)
    return image, canvas


def has(canvas: np.ndarray, colour: str, least: int = 200) -> bool:
    """Return whether a canvas has an area of a colour."""
    return int((canvas == bgr(colour)).all(axis=2).sum()) > least


def test_keys_that_need_a_class_map_have_no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page has no class map to compare, and no legend."""
    written = note_texts(monkeypatch)
    draw([reading(3, (600, 300, 60, 90))])
    texts = {text for text, _, _ in written.boxes}
    assert {"v", "space", "r", "m", "q", "h"} <= texts
    assert not {"c", "o", "l"} & texts


def test_colours_show_the_confidence_of_a_reading() -> None:
    """Green, yellow, orange."""
    assert confidence_colour(0.95) == RIGHT
    assert confidence_colour(0.5) == WRONG
    assert len({confidence_colour(p) for p in (0.95, 0.8, 0.5)}) == 3


@pytest.mark.parametrize("size_wh", [(1280, 720), (480, 360), (720, 1280), (120, 144)])
def test_a_digit_has_a_box_in_the_colour_of_its_confidence(size_wh: tuple[int, int]) -> None:
    """This holds at every size of canvas; the image itself is not changed."""
    width, height = size_wh
    box = (width // 2, height // 2, width // 10, height // 8)
    image, canvas = draw([reading(3, box)], size_wh)
    assert has(canvas, RIGHT)
    assert not has(canvas, WRONG)
    assert (image == 200).all()
    assert has(draw([reading(3, box, 0.5)], size_wh)[1], WRONG)


def test_a_label_shows_digit_and_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses the typeface of all other panels."""
    written = note_texts(monkeypatch)
    boxes._draw_label.cache_clear()
    draw([reading(7, (600, 300, 60, 91), 0.613)])
    written.check()
    assert {"7", "61 %"} <= {text for text, _, _ in written.boxes}


def test_a_page_without_digits_has_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty page is no fault of the camera."""
    boxes._draw_note.cache_clear()
    written = note_texts(monkeypatch)
    draw([])
    assert "no digits in view" in {text for text, _, _ in written.boxes}


def test_labels_of_a_row_do_not_overlap() -> None:
    """If space is short, they go below their digit or lose their confidence."""
    found = [reading(i, (60 + 70 * i, 300, 40, 60)) for i in range(8)]
    around = [(x - 5, y - 5, x + w + 5, y + h + 5) for x, y, w, h in (r.box_xywh for r in found)]
    placed = place_labels(found, around, [], Scale(1.0), (1280, 720))
    assert len(placed) == 8
    areas = [label.box for label in placed] + around
    for i, a in enumerate(areas):
        for b in areas[i + 1 :]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


def hidden(one: Box, others: Sequence[Box]) -> bool:
    """Return whether a box overlaps any of others."""
    return any(overlap(one, other) for other in others)


@pytest.mark.parametrize("pitch", [60, 75, 100, 140])
@pytest.mark.parametrize("panels", [[], [(26, 26, 396, 164)]])
def test_on_a_full_page_labels_cover_no_other_reading(pitch: int, panels: list[Box]) -> None:
    """However close the digits are, each that no panel hides has its label, all of one size."""
    rng = np.random.default_rng(0)
    spots = [(x, y) for y in range(40, 660, pitch) for x in range(30, 1230, pitch - 4)]
    found = [
        reading(i % 10, (x + int(rng.integers(6)), y + int(rng.integers(6)), 36, 44))
        for i, (x, y) in enumerate(spots)
    ]
    around = [(x - 5, y - 5, x + w + 5, y + h + 5) for x, y, w, h in (r.box_xywh for r in found)]
    placed = place_labels(found, around, panels, Scale(1.0), (1280, 720))
    seen = sum(not hidden(box, panels) for box in around)
    assert len(found) >= len(placed) >= seen
    assert len({label.panel.size_wh[1] for label in placed}) == 1
    labels = [label.box for label in placed]
    for i, label in enumerate(labels):
        assert not hidden(label, labels[i + 1 :])
        assert not hidden(label, panels)
        assert sum(overlap(label, box) for box in around) <= 1  # its own at most


def test_labels_stay_on_the_canvas() -> None:
    """Even those of a digit in a corner, and of one as high as the image."""
    for box in ((2, 2, 40, 60), (1230, 640, 1270, 710), (500, 0, 900, 720)):
        (label,) = place_labels([reading(1, box)], [box], [], Scale(1.0), (1280, 720))
        left, top, right, bottom = label.box
        assert min(left, top) >= 0
        assert right <= 1280
        assert bottom <= 720


def test_the_hud_gives_way_to_a_digit() -> None:
    """It leaves its corner if a digit is there."""
    box = (100, 100, 80, 120)
    _, canvas = draw([reading(5, box)])
    assert (canvas[110:210, 110:170] == 200).all()


def test_the_picture_view_has_no_boxes() -> None:
    """The view of that name is plain for every task."""
    _, canvas = draw([reading(5, (600, 300, 80, 120))], controls=Controls(view="image", hud=0))
    assert not has(canvas, RIGHT)


def test_help_hides_the_labels() -> None:
    """Nothing is drawn over the help."""
    _, canvas = draw([reading(5, (600, 300, 80, 120))], controls=Controls(help=True))
    assert not has(canvas, RIGHT)

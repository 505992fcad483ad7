"""Boxes and labels of digits on paper: their colours, and what they may not cover."""

from collections.abc import Sequence

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.frame import Frame, Reading, Readings
from edge_app.labels import DIGITS
from edge_app.overlay import Overlay, reading_labels
from edge_app.overlay import digit_boxes as boxes
from edge_app.style import RIGHT, WRONG, bgr
from tests.support.readings import reading
from tests.support.steps import status
from tests.support.text_boxes import note_texts

STATUS = status(task="classification", model="MNIST digits", quality=None)


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
    reading_labels._draw_label.cache_clear()
    draw([reading(7, (600, 300, 60, 91), 0.613)])
    written.check()
    assert {"7", "61 %"} <= {text for text, _, _ in written.boxes}


def test_a_page_without_digits_has_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty page is no fault of the camera."""
    boxes._draw_note.cache_clear()
    written = note_texts(monkeypatch)
    draw([])
    assert "no digits in view" in {text for text, _, _ in written.boxes}


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


@pytest.mark.parametrize("box", [(130, 100, 140, 355), (84, 130, 230, 325), (5, 5, 390, 470)])
def test_the_figures_give_way_to_the_only_digit(
    monkeypatch: pytest.MonkeyPatch, box: tuple[int, int, int, int]
) -> None:
    """On a small photo of one digit its label is seen, and no panel covers the digit."""
    written = note_texts(monkeypatch)
    reading_labels._draw_label.cache_clear()
    image = np.full((480, 402, 3), 200, np.uint8)
    view = Overlay(DIGITS, hints=False)
    found = Readings((reading(9, box),))
    canvas = view.draw(Frame(image, 0, 0.0, 0.0, "photo"), found, STATUS, Controls(), 0.0)
    assert {"9", "97 %"} <= {text for text, _, _ in written.boxes}
    assert has(canvas, RIGHT, least=900)
    x, y, w, h = box
    inner = canvas[y + 8 : y + h - 8, x + 8 : x + w - 8]
    # Of its own label at most, when there is no space beside it.
    assert (inner == 200).all(axis=2).mean() > 0.96


def test_a_small_page_keeps_its_digits_clear_of_the_figures() -> None:
    """Rows of digits leave no corner for figures."""
    found = [reading(i % 10, (30 + 90 * (i % 5), 30 + 80 * (i // 5), 50, 50)) for i in range(25)]
    _, canvas = draw(found, (480, 440), Controls())
    for x, y, w, h in (each.box_xywh for each in found[:20]):  # below are the keys
        inner = canvas[y + 5 : y + h - 5, x + 5 : x + w - 5]
        assert (inner == 200).all(axis=2).mean() > 0.4  # below a panel no pixel keeps its colour


def test_figures_that_gave_way_do_not_flicker() -> None:
    """While digits of a video move, the HUD comes back after a second at the earliest."""
    image = np.full((480, 402, 3), 200, np.uint8)
    view = Overlay(DIGITS, hints=False)
    everywhere = Readings((reading(9, (5, 5, 390, 470)),))
    nowhere = Readings((reading(9, (190, 400, 20, 30)),))

    def has_hud(found: Readings, now_s: float) -> bool:
        frame = Frame(image, 0, 0.0, 0.0, "camera", time_s=now_s)
        canvas = view.draw(frame, found, STATUS, Controls(), now_s)
        return not bool((canvas[60:70, 60:70] == 200).all())

    assert has_hud(nowhere, 0.0)
    assert not has_hud(everywhere, 0.3)
    assert not has_hud(nowhere, 0.6)
    assert has_hud(nowhere, 1.4)

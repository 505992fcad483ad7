"""Labels of digits on paper: their colours, and what they may not cover."""

from collections.abc import Sequence

import numpy as np
import pytest

from edge_app.digits.find import Box
from edge_app.overlay.compose import overlap
from edge_app.overlay.panel import Scale
from edge_app.overlay.reading_labels import _draw_label, confidence_colour, place_labels
from edge_app.style import RIGHT, WRONG
from tests.support.readings import reading
from tests.support.text_boxes import note_texts


def test_colours_show_the_confidence_of_a_reading() -> None:
    """Green, yellow, orange."""
    assert confidence_colour(0.95) == RIGHT
    assert confidence_colour(0.5) == WRONG
    assert len({confidence_colour(p) for p in (0.95, 0.8, 0.5)}) == 3


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


def test_all_labels_show_their_confidence_or_none_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """One digit too close to its neighbours for its confidence hides that of all."""
    written = note_texts(monkeypatch)
    boxes = [(60 + 150 * i, 300, 110 + 150 * i, 370) for i in range(6)]
    for crowded in (False, True):
        if crowded:
            boxes += [(x, 300, x + 24, 370) for x in range(960, 1110, 30)]
        found = [reading(i % 10, box) for i, box in enumerate(boxes)]
        _draw_label.cache_clear()
        written.boxes.clear()
        placed = place_labels(found, boxes, [], Scale(1.0), (1280, 720))
        assert len(placed) == len(boxes)
        widths = {label.panel.size_wh[0] for label in placed}
        assert len(widths) == 1
        assert (min(widths) > 60) is not crowded


def test_a_digit_partly_below_a_panel_has_its_label() -> None:
    """The label is smaller or in the digit's own box, and never below the panel."""
    box, panel = (5, 5, 395, 475), (0, 0, 320, 130)
    (label,) = place_labels([reading(9, box)], [box], [panel], Scale(0.86), (402, 480))
    assert not overlap(label.box, panel)

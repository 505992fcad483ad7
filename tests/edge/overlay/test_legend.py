"""The legend lists what is seen, and can be read."""

import numpy as np
import pytest

from edge_app.labels import CITYSCAPES, PASCAL_VOC
from edge_app.overlay.legend import classes_in_view, draw_legend, smooth_shares, stable_order
from edge_app.overlay.panel import Scale
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


def test_the_legend_keeps_its_order_while_classes_are_about_equal() -> None:
    """A class moves up only once it clearly leads."""
    assert stable_order([3, 5], {3: 0.30, 5: 0.33}) == [3, 5]
    assert stable_order([3, 5], {3: 0.30, 5: 0.40}) == [5, 3]
    assert stable_order([], {3: 0.30, 5: 0.33}) == [5, 3]
    assert stable_order([3, 5], {3: 0.3, 5: 0.2, 8: 0.25}) == [3, 8, 5]
    assert stable_order([3, 5], {5: 0.2}) == [5]


def test_shares_are_remembered_for_a_moment() -> None:
    """A class that flickers for one refresh neither comes nor goes at once."""
    seen = smooth_shares(None, np.array([0.8, 0.2]))
    assert seen.tolist() == [0.8, 0.2]
    assert smooth_shares(seen, np.array([1.0, 0.0])).tolist() == pytest.approx([0.88, 0.12])


def test_classes_out_of_view_and_background_have_no_line() -> None:
    """A line is worth two pixels in a thousand, and a colour."""
    share = np.array([0.5, 0.001, 0.499])
    assert list(classes_in_view(share, PASCAL_VOC.palette_bgr())) == [2]


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_in_the_legend_is_cut_off_or_covered(written: Written, unit: float) -> None:
    """Every line of a full legend is whole."""
    assert draw_legend(range(19), CITYSCAPES, Scale(unit), (2000, 2000))
    assert len(written.boxes) == 19
    written.check(margin_px=int(6 * unit))


def test_a_legend_shows_as_many_classes_as_fit(written: Written) -> None:
    """The largest classes keep their lines where the room ends."""
    panel = draw_legend(range(19), CITYSCAPES, Scale(1.0), (300, 130))
    assert panel is not None
    assert panel.size_wh[1] <= 130
    assert [text for text, _, _ in written.boxes] == list(CITYSCAPES.names[:4])


@pytest.mark.parametrize("room_wh", [(80, 500), (300, 20)])
def test_a_legend_without_room_is_left_out(room_wh: tuple[int, int]) -> None:
    """Half a class name helps nobody."""
    assert draw_legend([0, 1], CITYSCAPES, Scale(1.0), room_wh) is None


def test_an_empty_legend_is_left_out() -> None:
    """A picture of nothing but background has no legend."""
    assert draw_legend([], CITYSCAPES, Scale(1.0), (500, 500)) is None

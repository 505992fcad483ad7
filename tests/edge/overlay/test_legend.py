"""The legend lists the classes in view without flicker, and is readable."""

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


def test_shares_are_averaged_over_refreshes() -> None:
    """A class that flickers for one refresh neither appears nor disappears at once."""
    seen = smooth_shares(None, np.array([0.8, 0.2]))
    assert seen.tolist() == [0.8, 0.2]
    assert smooth_shares(seen, np.array([1.0, 0.0])).tolist() == pytest.approx([0.88, 0.12])


def test_classes_out_of_view_and_background_have_no_line() -> None:
    """A class is listed from two pixels in a thousand on, if it has a colour."""
    share = np.array([0.5, 0.001, 0.499])
    assert list(classes_in_view(share, PASCAL_VOC.palette_bgr())) == [2]


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_in_the_legend_is_cut_off_or_covered(written: Written, unit: float) -> None:
    """Every line of a full legend is whole."""
    assert draw_legend(range(19), CITYSCAPES, Scale(unit), (2000, 2000))
    assert len(written.boxes) == 19
    written.check(margin_px=int(6 * unit))


def test_a_legend_shows_as_many_classes_as_fit(written: Written) -> None:
    """The first classes keep their lines if space is short."""
    panel = draw_legend(range(19), CITYSCAPES, Scale(1.0), (300, 130))
    assert panel is not None
    assert panel.size_wh[1] <= 130
    assert [text for text, _, _ in written.boxes] == list(CITYSCAPES.names[:4])


@pytest.mark.parametrize("max_wh", [(80, 500), (300, 20)])
def test_a_legend_that_does_not_fit_is_left_out(max_wh: tuple[int, int]) -> None:
    """Half a class name is no use."""
    assert draw_legend([0, 1], CITYSCAPES, Scale(1.0), max_wh) is None


def test_an_empty_legend_is_left_out() -> None:
    """An image of background only has no legend."""
    assert draw_legend([], CITYSCAPES, Scale(1.0), (500, 500)) is None

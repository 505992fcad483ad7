"""The legend lists classes in label order, and is readable."""

import pytest

from edge_app.label_sets import label_set
from edge_app.labels import CITYSCAPES
from edge_app.overlay.legend import draw_legend
from edge_app.overlay.panel import Scale
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_in_the_legend_is_cut_off_or_covered(written: Written, unit: float) -> None:
    """Every line of a full legend is whole."""
    assert draw_legend(range(19), CITYSCAPES, Scale(unit), (2000, 2000))
    assert len(written.boxes) == 19
    written.check(margin_px=int(6 * unit))


def test_a_legend_shows_as_many_classes_as_fit(written: Written) -> None:
    """The first classes it is given keep their lines if space is short, in label order."""
    panel = draw_legend([13, 0, 11, 2, 8, 10], CITYSCAPES, Scale(1.0), (300, 130))
    assert panel is not None
    assert panel.size_wh[1] <= 130
    assert [text for text, _, _ in written.boxes] == ["road", "building", "person", "car"]


@pytest.mark.parametrize("max_wh", [(80, 500), (300, 20)])
def test_a_legend_that_does_not_fit_is_left_out(max_wh: tuple[int, int]) -> None:
    """Half a class name is no use."""
    assert draw_legend([0, 1], CITYSCAPES, Scale(1.0), max_wh) is None


def test_an_empty_legend_is_left_out() -> None:
    """An image of background only has no legend."""
    assert draw_legend([], CITYSCAPES, Scale(1.0), (500, 500)) is None


def test_a_legend_counts_the_classes_that_it_has_no_line_for(written: Written) -> None:
    """Of 150 classes in view some fit; the last line says how many do not."""
    labels = label_set("ade20k")
    assert draw_legend(range(150), labels, Scale(1.0), (300, 668))
    texts = [text for text, _, _ in written.boxes]
    assert len(texts) == 25
    assert texts[:2] == ["wall", "building"]
    assert texts[-1] == "126 more"

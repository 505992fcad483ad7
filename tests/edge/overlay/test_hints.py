"""The hints show the most used keys, whole and on one line."""

import pytest

from edge_app.controls import KEYS, Action, Key
from edge_app.overlay.hints import count_fitting, draw_hints, hint_keys
from edge_app.overlay.panel import Scale
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("max_px", [220, 440, 800, 1228, 4000])
def test_hints_fit_on_one_line_whole(written: Written, unit: float, max_px: int) -> None:
    """If space is short, the least used keys are left out; help and quit never are."""
    panel = draw_hints(Scale(unit), int(max_px * unit))
    assert panel is not None
    assert panel.size_wh[0] <= int(max_px * unit)
    assert panel.size_wh[1] == round(40 * unit)
    texts = [text for text, _, _ in written.boxes]
    assert texts[-4:] == ["q", "quit", "h", "help"]
    written.check()


def test_a_wide_canvas_has_hints_for_a_demonstration(written: Written) -> None:
    """At 1280 columns, the line has variants, comparison, views, pause and recording."""
    draw_hints(Scale(1.0), 1228)
    texts = {text for text, _, _ in written.boxes}
    assert {"v", "c", "o", "space", "r", "s", "q", "h"} <= texts


def test_hints_that_do_not_fit_are_left_out() -> None:
    """A canvas narrower than one key and its text has no hints."""
    assert draw_hints(Scale(1.0), 60) is None
    assert draw_hints(Scale(1.0), 1000, []) is None


def test_a_setting_has_one_hint_and_help_ranks_first() -> None:
    """Keys are chosen by what they change, whatever their letters are."""
    renamed = [Key((f"f{i}",), entry.what, entry.action) for i, entry in enumerate(KEYS)]
    whats = [entry.what for entry in hint_keys(renamed)]
    assert whats == [entry.what for entry in hint_keys(KEYS)]
    assert whats[:2] == ["help", "quit"]
    assert len(set(whats)) == len(whats)


@pytest.mark.parametrize(
    "short", ["record", "compare", "overlay", "pause", "legend", "figures", "street or digits"]
)
def test_hints_show_the_short_text(written: Written, short: str) -> None:
    """The help shows the whole description."""
    draw_hints(Scale(1.0), 4000)
    assert short in [text for text, _, _ in written.boxes]


def test_gaps_count_between_items_and_not_after_the_last() -> None:
    """Two items of four and a gap of two are ten wide."""
    assert count_fitting([4, 4, 4], 10, 2) == 2
    assert count_fitting([4, 4, 4], 16, 2) == 3
    assert count_fitting([11], 10, 2) == 0


def test_settings_without_effect_have_no_hint(written: Written) -> None:
    """Digits have neither views nor comparisons, though the help still shows their keys."""
    draw_hints(Scale(1.0), 1228, without=frozenset({Action.COMPARE, Action.VIEW}))
    texts = {text for text, _, _ in written.boxes}
    assert not {"c", "o"} & texts
    assert {"space", "h"} <= texts

"""The help shows every key, readable at any size."""

import pytest

from edge_app.controls import KEYS, Action, Key
from edge_app.overlay.help import caps_of, draw_help, variants_note
from edge_app.overlay.panel import Scale
from edge_app.variant_names import VARIANTS
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("max_wh", [(1228, 668), (768, 434), (390, 900)])
def test_help_shows_every_key_whole(written: Written, unit: float, max_wh: tuple[int, int]) -> None:
    """Each entry of the table has its text, within the available space."""
    max_wh = (int(max_wh[0] * unit), int(max_wh[1] * unit))
    panel = draw_help(Scale(unit), max_wh)
    if panel is None:
        assert unit < 0.5
        return
    assert panel.size_wh[0] <= max_wh[0]
    assert panel.size_wh[1] <= max_wh[1]
    texts = [text for text, _, _ in written.boxes]
    for entry in KEYS:
        assert entry.what in texts
        assert set(caps_of(entry)) <= set(texts)
    written.check(margin_px=int(4 * unit))


@pytest.mark.parametrize(("height", "least_px"), [(720, 18), (360, 11)])
def test_help_stays_readable(written: Written, height: int, least_px: int) -> None:
    """Letters are as large as in the HUD at 720 rows, and never unreadable."""
    width = height * 16 // 9
    unit = max(height, 576) / 720
    draw_help(Scale(unit), (width - width // 25, height - width // 25))
    quit_ = next(box for text, box, _ in written.boxes if text == "help")
    assert quit_[3] - quit_[1] >= 0.7 * least_px


def test_help_that_does_not_fit_is_left_out() -> None:
    """Unreadable letters are no help."""
    assert draw_help(Scale(1.0), (300, 100)) is None


def test_variants_without_a_key_are_named(written: Written) -> None:
    """Below the keys, since v alone reaches them; of very many, the rest is counted."""
    assert variants_note(VARIANTS) == ()
    [line] = variants_note((*VARIANTS, "int8-mixed", "int4"))
    assert line == "v also reaches int8-mixed and int4"
    panel = draw_help(Scale(1.0), (1228, 668), notes=(line,))
    assert panel is not None
    assert line in [text for text, _, _ in written.boxes]
    written.check()
    many = variants_note([f"trial-{number}" for number in range(40)])
    assert many[0].endswith("trial-11 and 28 more")


def test_a_key_looks_like_its_cap() -> None:
    """Arrows are drawn as arrows, and a key with Shift is the same key."""
    assert caps_of(Key(("left",), "", Action.HELP)) == ("\N{LEFTWARDS ARROW}",)
    assert caps_of(Key(("+", "="), "", Action.HELP)) == ("+",)
    assert caps_of(Key(("q", "esc"), "", Action.HELP)) == ("q", "esc")

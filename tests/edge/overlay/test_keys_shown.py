"""The hints name the keys people use most, the help names all, and both can be read."""

import pytest

from edge_app.controls import KEYS, Action, Key
from edge_app.overlay.help import caps_of, draw_help
from edge_app.overlay.hints import count_fitting, draw_hints, hint_keys, short_text
from edge_app.overlay.panel import Scale
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("room_px", [220, 440, 800, 1228, 4000])
def test_hints_fit_on_one_line_whole(written: Written, unit: float, room_px: int) -> None:
    """Where the line is full the least used keys are left out, help and quit never."""
    panel = draw_hints(Scale(unit), int(room_px * unit))
    assert panel is not None
    assert panel.size_wh[0] <= int(room_px * unit)
    assert panel.size_wh[1] == round(40 * unit)
    texts = [text for text, _, _ in written.boxes]
    assert texts[-4:] == ["q", "quit", "h", "help"]
    written.check()


def test_a_wide_canvas_hints_at_what_a_demonstration_needs(written: Written) -> None:
    """At 1280 columns variants, comparing, views, pausing and recording are on the line."""
    draw_hints(Scale(1.0), 1228)
    texts = {text for text, _, _ in written.boxes}
    assert {"v", "c", "o", "space", "r", "s", "q", "h"} <= texts


def test_hints_that_cannot_fit_are_left_out() -> None:
    """A canvas narrower than one key and its words has no hints."""
    assert draw_hints(Scale(1.0), 60) is None
    assert draw_hints(Scale(1.0), 1000, []) is None


def test_a_setting_has_one_hint_and_help_comes_first_in_rank() -> None:
    """Keys are chosen by their actions, whatever their letters are."""
    renamed = [Key((f"f{i}",), entry.what, entry.action) for i, entry in enumerate(KEYS)]
    whats = [entry.what for entry in hint_keys(renamed)]
    assert whats == [entry.what for entry in hint_keys(KEYS)]
    assert whats[:2] == ["help", "quit"]
    assert len(set(whats)) == len(whats)


@pytest.mark.parametrize(
    ("what", "short"),
    [
        ("record on or off", "record"),
        ("compare: split, difference, off", "compare"),
        ("overlay, map, side by side, picture", "overlay"),
        ("pause or go on", "pause"),
        ("street or digits", "street or digits"),
    ],
)
def test_hints_say_the_first_words(what: str, short: str) -> None:
    """Help has room for the rest."""
    assert short_text(Key(("x",), what, Action.HELP)) == short


def test_gaps_count_between_items_and_not_after_the_last() -> None:
    """Two items of four and a gap of two are ten wide."""
    assert count_fitting([4, 4, 4], 10, 2) == 2
    assert count_fitting([4, 4, 4], 16, 2) == 3
    assert count_fitting([11], 10, 2) == 0


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("room_wh", [(1228, 668), (768, 434), (390, 900)])
def test_help_lists_every_key_whole(
    written: Written, unit: float, room_wh: tuple[int, int]
) -> None:
    """Each entry of the table stands there with its words, in the room there is."""
    room_wh = (int(room_wh[0] * unit), int(room_wh[1] * unit))
    panel = draw_help(Scale(unit), room_wh)
    if panel is None:
        assert unit < 0.5
        return
    assert panel.size_wh[0] <= room_wh[0]
    assert panel.size_wh[1] <= room_wh[1]
    texts = [text for text, _, _ in written.boxes]
    for entry in KEYS:
        assert entry.what in texts
        assert set(caps_of(entry)) <= set(texts)
    written.check(margin_px=int(4 * unit))


@pytest.mark.parametrize(("height", "least_px"), [(720, 18), (360, 11)])
def test_help_stays_readable(written: Written, height: int, least_px: int) -> None:
    """Letters are as large as the HUD's at 720 rows, and never smears."""
    width = height * 16 // 9
    unit = max(height, 576) / 720
    draw_help(Scale(unit), (width - width // 25, height - width // 25))
    quit_ = next(box for text, box, _ in written.boxes if text == "help")
    assert quit_[3] - quit_[1] >= 0.7 * least_px


def test_help_without_room_is_left_out() -> None:
    """Letters nobody can read help nobody."""
    assert draw_help(Scale(1.0), (300, 100)) is None


def test_a_key_is_shown_as_its_cap_looks() -> None:
    """Arrows are drawn as arrows, and a key with Shift is the same key."""
    assert caps_of(Key(("left",), "", Action.HELP)) == ("\N{LEFTWARDS ARROW}",)
    assert caps_of(Key(("+", "="), "", Action.HELP)) == ("+",)
    assert caps_of(Key(("q", "esc"), "", Action.HELP)) == ("q", "esc")


def test_settings_without_use_get_no_hint(written: Written) -> None:
    """Digits have neither views nor comparisons, though help still lists their keys."""
    draw_hints(Scale(1.0), 1228, without=frozenset({Action.COMPARE, Action.VIEW}))
    texts = {text for text, _, _ in written.boxes}
    assert not {"c", "o"} & texts
    assert {"space", "h"} <= texts

"""States that need attention are visible, and do not hide the image."""

from dataclasses import replace

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.fonts import ELLIPSIS, REGULAR, face, text_px
from edge_app.frame import Classification, Frame, Segmentation
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.overlay import Overlay
from edge_app.overlay.lines import wrap
from edge_app.overlay.panel import Scale
from edge_app.overlay.states import (
    chip_states,
    draw_banner,
    draw_states,
    lost_state,
    states_px,
)
from edge_app.state import State, StateKind
from edge_app.style import bgr, variant_colour
from tests.support.steps import LOADING, PAUSED, RECORDING, status, texts
from tests.support.steps import LOST as CAMERA_LOST
from tests.support.text_boxes import UNITS, Written, note_texts

ALL = (PAUSED, LOADING, RECORDING)
LOST = (CAMERA_LOST, RECORDING)
SWITCH = "switched to int8 (loaded in 31 ms)"
GRAY = Frame(np.full((720, 1280, 3), 128, np.uint8), 0, 0.0, 1.0, "0")
ROADS = Segmentation(np.zeros((8, 8), np.uint8))
BARE = Controls(alpha=0.0, legend=False, hud=0)
SEVEN = Classification(7, np.eye(10, dtype=np.float32)[7])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("room_px", [280, 600, 2000])
def test_every_state_is_shown_whole(written: Written, unit: float, room_px: int) -> None:
    """Chips that are too wide for one row are wrapped."""
    panel = draw_states(ALL, SWITCH, Scale(unit), int(room_px * unit))
    assert panel is not None
    assert panel.size_wh[0] <= int(room_px * unit)
    assert set(texts(ALL)) <= {text for text, _, _ in written.boxes}
    written.check()


def test_a_state_too_wide_for_a_chip_is_never_cut(written: Written) -> None:
    """Its end says what to press."""
    turned = State(StateKind.NOTE, "image 1 of 4, space: next")
    panel = draw_states((turned,), "", Scale(1.0), 160)
    assert panel is not None
    assert panel.size_wh[0] <= 160
    assert " ".join(text for text, _, _ in written.boxes) == str(turned)


def test_without_states_nothing_is_drawn() -> None:
    """A normal run has no chips."""
    assert draw_states((), "", Scale(1.0), 500) is None
    assert draw_states((), SWITCH, Scale(1.0), 500) is not None


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("room_px", [260, 400])
def test_long_states_are_wrapped_into_lines(written: Written, unit: float, room_px: int) -> None:
    """The reason of a stopped recording is shown whole if it fits, and without a red dot."""
    why = "the disk has 12 MB left; free some space and press r again"
    stopped = State(StateKind.RECORDING_STOPPED, "recording stopped", why)
    panel = draw_states((stopped,), "", Scale(unit), int(room_px * unit))
    assert panel is not None
    assert panel.size_wh[0] <= int(room_px * unit)
    lines = [text for text, _, _ in written.boxes]
    assert len(lines) > 1
    assert str(stopped).startswith(" ".join(lines).removesuffix(ELLIPSIS))
    assert not (panel.colour == bgr("#FF3B30")).all(axis=2).any()
    written.check()


def test_states_px_is_the_width_that_is_drawn() -> None:
    """States that need no wrapping are drawn as wide as they are measured."""
    wide = states_px(ALL, SWITCH, Scale(1.0))
    one, many = (
        draw_states(ALL, SWITCH, Scale(1.0), wide),
        draw_states(ALL, SWITCH, Scale(1.0), wide - 1),
    )
    assert one is not None
    assert many is not None
    assert one.size_wh[0] == wide
    assert many.size_wh[1] > one.size_wh[1]


def test_a_loading_variant_has_its_colour() -> None:
    """The colour is that of the chip in the HUD."""
    panel = draw_states((LOADING,), "", Scale(1.0), 900)
    assert panel is not None
    assert (panel.colour == bgr(variant_colour("dynamic_range"))).all(axis=2).any()


def test_the_banner_shows_the_reason(written: Written) -> None:
    """The reason is below the attempt, however long it is."""
    why = "the camera /dev/video0 has given no image for 2 s; check its cable"
    draw_banner(State(StateKind.RECONNECTING, "reconnecting (attempt 3)", why), Scale(1.0), 1228)
    texts = [text for text, _, _ in written.boxes]
    assert texts[0] == "reconnecting (attempt 3)"
    assert " ".join(texts[1:-1]) == why
    written.check(margin_px=4)


@pytest.mark.parametrize("unit", UNITS)
def test_a_lost_source_has_a_banner(written: Written, unit: float) -> None:
    """Its text is whole, and no chip repeats it."""
    lost = status(states=LOST)
    assert lost_state(lost) == LOST[0]
    assert chip_states(lost) == LOST[1:]
    draw_banner(LOST[0], Scale(unit), int(500 * unit))
    written.check(margin_px=int(4 * unit))


def test_recording_has_a_red_dot() -> None:
    """The dot has one shade of red, and the time is beside it."""
    shown = status(states=(RECORDING,))
    canvas = Overlay(CITYSCAPES).draw(GRAY, ROADS, shown, BARE, 0.0)
    red = (canvas == bgr("#FF3B30")).all(axis=2)
    assert 100 < red.sum() < 400
    assert not (Overlay(CITYSCAPES).draw(GRAY, ROADS, status(), BARE, 0.0) != 128).any()


def test_a_lost_source_dims_its_last_image() -> None:
    """The image is still visible, darker, with the banner in its middle."""
    canvas = Overlay(CITYSCAPES).draw(GRAY, ROADS, status(states=LOST), BARE, 0.0)
    assert (canvas[600:] == round(128 * 0.42)).all()
    middle = canvas[300:440, 500:780]
    assert (middle == 255).any()


@pytest.mark.parametrize("controls", [Controls(), BARE], ids=["figures", "bare"])
@pytest.mark.parametrize("states", [ALL, LOST])
def test_digits_show_the_same_states(
    written: Written, controls: Controls, states: tuple[State, ...]
) -> None:
    """The card shows them over the image."""
    frame = Frame(np.zeros((28, 28, 3), np.uint8), 0, 0.0, 0.1, "0")
    shown = status(task="classification", states=states, switch=SWITCH)
    canvas = Overlay(DIGITS, hints=True).draw(frame, SEVEN, shown, controls, 0.0)
    plain = Overlay(DIGITS, hints=True).draw(frame, SEVEN, replace(shown, states=()), controls, 0.0)
    assert not np.array_equal(canvas, plain)
    texts = [one.text for one in states]
    assert {*texts, SWITCH} <= {text for text, _, _ in written.boxes}


@pytest.mark.parametrize("digits", [False, True])
def test_a_state_is_shown_at_once(digits: bool) -> None:
    """A pause does not wait for the next refresh of the figures: there may be none."""
    overlay = Overlay(DIGITS if digits else CITYSCAPES)
    result = SEVEN if digits else ROADS
    first = overlay.draw(GRAY, result, status(), Controls(), 5.0)
    paused = overlay.draw(GRAY, result, status(states=(PAUSED,)), Controls(), 5.01)
    assert not np.array_equal(first, paused)
    again = overlay.draw(GRAY, result, status(), Controls(), 5.02)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("digits", [False, True])
def test_help_dims_the_canvas_and_disappears_again(digits: bool) -> None:
    """Nothing of it remains."""
    overlay = Overlay(DIGITS if digits else CITYSCAPES, hints=True)
    result = SEVEN if digits else ROADS
    before = overlay.draw(GRAY, result, status(), Controls(), 5.0)
    helped = overlay.draw(GRAY, result, status(), Controls(help=True), 5.01)
    after = overlay.draw(GRAY, result, status(), Controls(), 5.02)
    assert helped[-40:, -40:].mean() < 0.5 * before[-40:, -40:].mean()
    assert np.array_equal(before, after)


@pytest.mark.parametrize("width_px", [120, 150, 200])
def test_a_path_is_wrapped_and_not_cut(width_px: int) -> None:
    """The name of a snapshot can be read in a narrow gap between two panels."""
    text = "kept snapshots/street-dynamic_range-000042.png"
    lines = wrap(text, face(REGULAR, 11), width_px, 3)
    assert 1 < len(lines) <= 3
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(text_px(line, face(REGULAR, 11)) for line in lines) <= width_px

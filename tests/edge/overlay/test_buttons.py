"""Buttons for mouse and touch: large enough for a finger on a small display, and whole."""

from __future__ import annotations

import pytest

from edge_app.controls import Action, Controls
from edge_app.model.card import VARIANTS
from edge_app.overlay.board_layout import panel_scale
from edge_app.overlay.buttons import buttons_of, draw_buttons
from edge_app.overlay.compose import overlap
from edge_app.overlay.hints import NEEDS_CLASS_MAP
from edge_app.style import variant_colour
from tests.support.steps import status
from tests.support.text_boxes import note_texts

STREET = status(variants=(*VARIANTS,))


@pytest.mark.parametrize(
    ("size_wh", "rows"),
    [((800, 480), 2), ((480, 800), 3), ((1280, 720), 1), ((1920, 1080), 1), ((320, 240), 4)],
)
def test_a_finger_hits_every_button(
    monkeypatch: pytest.MonkeyPatch, size_wh: tuple[int, int], rows: int
) -> None:
    """They are at least 44 pixels wide and high and apart, and their texts whole."""
    written = note_texts(monkeypatch)
    scale = panel_scale(size_wh)
    assert scale is not None
    max_px = size_wh[0] - round(0.04 * max(size_wh))
    panel, boxes = draw_buttons(buttons_of(STREET, Controls()), scale, max_px)
    assert panel.size_wh[0] <= max_px
    for i, (box, _) in enumerate(boxes):
        assert min(box[2] - box[0], box[3] - box[1]) >= 44
        assert min(box[:2]) >= 0
        assert box[2] <= panel.size_wh[0]
        assert box[3] <= panel.size_wh[1]
        assert not any(overlap(box, other) for other, _ in boxes[:i])
    assert len({box[1] for box, _ in boxes}) == rows
    actions = [action for _, action in boxes]
    assert len(actions) == len(set(actions)) == 15
    if size_wh[0] >= 480:
        written.check()
        assert min(written.sizes_px)[0] >= 11
        texts = " ".join(text for text, _, _ in written.boxes).replace("_ ", "_")
        for whole in ("dynamic_range", "full screen", "street or digits", "snapshot", "quit"):
            assert whole in texts


def test_what_is_on_is_marked() -> None:
    """The variant that runs, a pause, a recording, a comparison and full screen."""
    on = Controls(paused=True, record=True, compare="split", fullscreen=True)
    variants, actions = buttons_of(STREET, on)
    assert [button.text for button in variants if button.on] == ["int8"]
    assert {button.action for button in actions if button.on} == {
        Action.PAUSE, Action.RECORD, Action.COMPARE, Action.FULLSCREEN,
    }  # fmt: skip
    assert not any(button.on for button in buttons_of(STREET, Controls())[1])


def test_digits_have_no_buttons_without_effect() -> None:
    """There is no class map to compare or to show in another view."""
    _, actions = buttons_of(STREET, Controls(), NEEDS_CLASS_MAP)
    assert not NEEDS_CLASS_MAP & {button.action for button in actions}


@pytest.mark.parametrize(
    ("names", "actions"),
    [
        (("int8",), [Action.INT8]),
        (("float32", "pruned"), [Action.FLOAT32, Action.NEXT_VARIANT]),
        (("float32", "record", "quit"), [Action.FLOAT32, Action.NEXT_VARIANT]),
        ((), []),
    ],
)
def test_each_variant_of_the_model_has_a_button(
    names: tuple[str, ...], actions: list[Action]
) -> None:
    """Variants of other names have none of their own, but one for the next of them."""
    variants, _ = buttons_of(status(variants=names), Controls())
    assert [button.action for button in variants] == actions


def test_the_button_of_the_next_variant_shows_one_without_a_button() -> None:
    """It has the colour of the variant that runs, and is marked as the others are."""
    names = ("float32", "int8", "int8-mixed", "int4")
    for active, colour in (("int4", variant_colour("int4")), ("int8", "")):
        variants, _ = buttons_of(status(variant=active, variants=names), Controls())
        [on] = [button for button in variants if button.on]
        assert (on is variants[-1]) == bool(colour)
        if colour:
            assert (on.action, on.colour) == (Action.NEXT_VARIANT, colour)

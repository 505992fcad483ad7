"""No key is silent: a change of the image is printed where the image is not seen."""

import pytest

from edge_app.controls import KEYS, Action, Controls, key_of
from edge_app.session.key_notes import image_change, key_note

SILENT = (
    Action.VIEW, Action.MORE_COLOUR, Action.LESS_COLOUR, Action.LEGEND, Action.HUD,
)  # fmt: skip


@pytest.mark.parametrize("action", SILENT)
def test_a_terminal_says_what_a_key_has_changed(action: Action) -> None:
    """And where that would be seen, unless something takes the image."""
    controls = key_of(action).change(Controls())
    alone = key_note(action, controls, "segmentation", seen=False, watched=False)
    assert alone == f"{image_change(action, controls)}; {alone.partition('; ')[2]}"
    assert "a window, a browser (--serve) or a recording (r)" in alone
    recorded = key_note(action, controls, "segmentation", seen=False, watched=True)
    assert recorded == image_change(action, controls)
    assert not key_note(action, controls, "segmentation", seen=True, watched=True)


def test_changes_are_printed_as_they_are_after_the_key() -> None:
    """With the new value."""
    after = {action: key_of(action).change(Controls()) for action in SILENT}
    assert {action.name: image_change(action, after[action]) for action in SILENT} == {
        "VIEW": "view: map",
        "MORE_COLOUR": "class colours 65 %",
        "LESS_COLOUR": "class colours 45 %",
        "LEGEND": "legend off",
        "HUD": "figures on the image: few",
    }


@pytest.mark.parametrize("seen", [False, True])
def test_keys_without_any_effect_say_why(seen: bool) -> None:
    """Digits have no class colours, and without a comparison there is no divider."""
    digits = key_note(Action.LEGEND, Controls(), "classification", seen=seen, watched=seen)
    assert digits.startswith("no effect")
    arrow = key_note(Action.DIVIDER_LEFT, Controls(), "segmentation", seen=seen, watched=seen)
    assert arrow.startswith("no divider: press c")


def test_other_keys_have_messages_or_effects_of_their_own() -> None:
    """A pause is a state, a variant is loaded, help is shown."""
    others = {key.action for key in KEYS} - {*SILENT, Action.DIVIDER_LEFT, Action.DIVIDER_RIGHT}
    for action in others:
        assert not key_note(action, Controls(), "segmentation", seen=False, watched=False)

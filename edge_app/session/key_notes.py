"""What to say of a key whose effect cannot be seen where it is pressed."""

from __future__ import annotations

from edge_app.controls import Action, Controls
from edge_app.style import percent

_DIVIDER = frozenset({Action.DIVIDER_LEFT, Action.DIVIDER_RIGHT})
_ON_CLASSES = _DIVIDER | {
    Action.VIEW, Action.LEGEND, Action.MORE_COLOUR, Action.LESS_COLOUR,
}  # fmt: skip
_FIGURES = {2: "all", 1: "few", 0: "none"}
_UNSEEN = "seen in a window, a browser (--serve) or a recording (r)"


def key_note(action: Action, controls: Controls, task: str, *, seen: bool, watched: bool) -> str:
    """Return the message to show, empty if the effect can be seen.

    controls: as they are after the key. task: of the model that runs.
    seen: whether who presses keys sees the image. watched: whether any output takes it.
    """
    if action in _ON_CLASSES and task == "classification":
        return "no effect: this network names classes, it paints none"
    if action in _DIVIDER and controls.compare != "split":
        return "no divider: press c for two variants side by side"
    change = image_change(action, controls)
    if seen or not change:
        return ""
    return change if watched else f"{change}; {_UNSEEN}"


def image_change(action: Action, controls: Controls) -> str:
    """Return what an action has changed of the image; empty for actions that change none of it."""
    share = f"{100 * controls.alpha:.0f} %"
    return {
        Action.VIEW: f"view: {controls.view}",
        Action.DIVIDER_LEFT: f"divider at {percent(controls.divider)}",
        Action.DIVIDER_RIGHT: f"divider at {percent(controls.divider)}",
        Action.MORE_COLOUR: f"class colours {share}",
        Action.LESS_COLOUR: f"class colours {share}",
        Action.LEGEND: f"legend {'on' if controls.legend else 'off'}",
        Action.HUD: f"figures on the image: {_FIGURES[controls.hud]}",
    }.get(action, "")

"""Values of the training recipe as written on the command line: NAME=VALUE."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from edge_app.errors import UsageError
from host_tools.train.street.optimizer import TrainingRecipe

# The lowest and highest value of each number.
_LIMITS: dict[str, tuple[float, float]] = {
    "batch": (1, 64),
    "rate": (1e-7, 1),
    "encoder_rate": (0, 10),
    "warmup": (0.001, 0.5),
    "decay": (0, 1),
    "mean": (0, 0.99999),
    "frozen": (0, 17),
    "soft": (0, 10),
    "lovasz": (0, 10),
    "auxiliary": (0, 10),
    "sure": (0.01, 2),
    "hard": (0.01, 1),
    "zoom": (0.1, 10),
}


def read_recipe(texts: Sequence[str]) -> TrainingRecipe:
    """Return the recipe with values changed; raise UsageError for one that cannot be."""
    recipe = TrainingRecipe()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in _LIMITS:
            raise UsageError(f"--set {text}: write NAME=VALUE; names: {', '.join(_LIMITS)}")
        if name == "zoom":
            low, colon, high = value.partition(":")
            pair = _number(text, name, low), _number(text, name, high if colon else low)
            if pair[0] > pair[1]:
                raise UsageError(f"--set {text}: give the lower one first, as in zoom=0.5:2.5")
            recipe = replace(recipe, zoom=pair)
        elif name in asdict(recipe.losses):
            changed: dict[str, Any] = {name: _number(text, name, value)}
            recipe = replace(recipe, losses=replace(recipe.losses, **changed))
        else:
            kind = int if name in {"batch", "frozen"} else float
            changed = {name: _number(text, name, value, kind)}
            recipe = replace(recipe, **changed)
    return recipe


def recipe_lines() -> list[str]:
    """Return NAME=VALUE of every value, as it is without --set."""
    recipe = TrainingRecipe()
    own = {**asdict(recipe), **asdict(recipe.losses)}
    return [
        f"{name}={own[name][0]:g}:{own[name][1]:g}" if name == "zoom" else f"{name}={own[name]:g}"
        for name in _LIMITS
    ]


def _number(text: str, name: str, value: str, kind: Callable[[str], Any] = float) -> Any:
    low, high = _LIMITS[name]
    try:
        found = kind(value)
    except ValueError:
        found = None
    if found is None or not low <= found <= high:
        whole = "a whole number" if kind is int else "a number"
        raise UsageError(f"--set {text}: give {whole} from {low:g} to {high:g}")
    return found

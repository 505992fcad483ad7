"""Recipes in JSON files, from which variants are made again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge_app.errors import UsageError
from edge_app.model.recipe import SCHEMES, Recipe
from edge_app.results.json_file import read_file

_WAY = f'write at least {{"scheme": "..."}}, with one of {", ".join(SCHEMES)}'


def read_recipe(path: Path) -> Recipe:
    """Read a recipe, as it stands in the file or in a card's variant.

    Raises SourceError in one line, naming the field that is wrong.
    """
    return read_file(path, _parse, "a recipe", _WAY)


def _parse(content: bytes) -> Recipe:
    """Return the recipe of a JSON object; raise ValueError."""
    try:
        record = msgspec.convert(json.loads(content), dict[str, Any])
    except msgspec.ValidationError:
        raise ValueError("it is no object with fields") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise ValueError(f"invalid JSON ({fault})") from None
    return Recipe.from_record(record)


def read_recipes(texts: Sequence[str]) -> dict[str, Recipe]:
    """Return the recipes of several --recipe, by the names of their variants.

    Raises UsageError for a name that is given twice, and as `named_recipe`.
    """
    recipes: dict[str, Recipe] = {}
    for text in texts:
        name, recipe = named_recipe(text)
        if name in recipes:
            raise UsageError(f"--recipe {text}: '{name}' is named twice; give NAME=FILE")
        recipes[name] = recipe
    return recipes


def named_recipe(text: str) -> tuple[str, Recipe]:
    """Return the name of a variant and its recipe of NAME=FILE, or of FILE, named as the file.

    Raises UsageError for an empty name, SourceError for a file without a recipe.
    """
    name, separator, file = text.partition("=")
    if not separator:
        name, file = Path(text).stem, text
    if not name or not file:
        raise UsageError(f"--recipe {text}: give a file, or NAME=FILE")
    return name, read_recipe(Path(file))

"""The classes of a JSON file: a list of names, or a map from ids to names or back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_app.errors import UsageError
from edge_app.labels import Rgb

# Keys below which other programs keep them: transformers, YOLO, COCO, labelme.
_WITHIN = ("id2label", "names", "categories", "classes", "labels", "label2id")
_NAMES = ("name", "label", "class", "title", "class_name")
_IDS = ("id", "index", "class_id")
_COLOURS = ("color", "colour", "rgb", "palette")
_FORMS = "give a list of names, or a map from ids to names"


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """One class of a label file, JSON or text.

    where: its place, for messages: "line 3". id: None if the file has none.
    """

    where: str
    name: str
    id: int | None = None
    colour: Rgb | None = None


def json_value(text: str) -> Any:
    """Return the value of a JSON text; raise UsageError naming the line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        raise UsageError(
            f"line {fault.lineno} is no valid JSON ({fault.msg}); correct it"
        ) from None
    except (RecursionError, ValueError):
        raise UsageError(f"it is JSON of another kind; {_FORMS}") from None


def json_entries(text: str) -> list[LabelEntry]:
    """Return the classes of a JSON text in their order. Raises UsageError naming the entry."""
    value = json_value(text)
    for _ in range(2):
        if isinstance(value, dict):
            value = next((value[key] for key in _WITHIN if _holds(value.get(key))), value)
    if isinstance(value, list):
        pairs = [(None, one) for one in value]
    elif isinstance(value, dict):
        pairs = list(value.items())
    else:
        pairs = []
    if not pairs:
        raise UsageError(f"it has no names; {_FORMS}")
    return [_entry(f"entry {place}", key, one) for place, (key, one) in enumerate(pairs, 1)]


def json_colour(value: Any, where: str) -> Rgb:
    """Return the colour of [r, g, b] or "#rrggbb"; raise UsageError naming the entry."""
    if isinstance(value, str) and re.fullmatch(r"#?[0-9a-fA-F]{6}", value.strip()):
        number = int(value.strip().removeprefix("#"), 16)
        return number >> 16, number >> 8 & 255, number & 255
    if isinstance(value, list) and len(value) in {3, 4}:
        channels = [one for one in value[:3] if isinstance(one, int) and not isinstance(one, bool)]
        if len(channels) == 3 and all(0 <= one <= 255 for one in channels):
            return channels[0], channels[1], channels[2]
    raise UsageError(f"{where}: {str(value)[:60]} is no colour; give [r, g, b] from 0 to 255")


def _holds(value: Any) -> bool:
    return isinstance(value, list | dict) and bool(value)


def _entry(where: str, key: str | None, value: Any) -> LabelEntry:
    own_id = _id_of(key)
    if isinstance(value, dict):
        name = _first(value, _NAMES)
        name = key if name is None and own_id is None else name
        found = _first(value, _IDS)
        colour = _first(value, _COLOURS)
        own_id = found if isinstance(found, int) else own_id
        shown = None if colour is None else json_colour(colour, where)
        return _checked(where, name, own_id, shown)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = value[-1]  # Keras' imagenet_class_index.json: ["n01440764", "tench"]
    if key is None or own_id is not None:
        return _checked(where, value, own_id, None)
    if isinstance(value, int) and not isinstance(value, bool):
        return _checked(where, key, value, None)
    if isinstance(value, list):
        return _checked(where, key, None, json_colour(value, where))
    return _checked(where, None, None, None)


def _checked(where: str, name: Any, number: int | None, colour: Rgb | None) -> LabelEntry:
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)  # of digits
    if not isinstance(name, str) or (number is not None and number < -1):
        raise UsageError(f"{where} has no name, or an id that is none; {_FORMS}")
    return LabelEntry(where, name.strip(), number, colour)


def _id_of(key: str | None) -> int | None:
    return int(key[:9]) if key is not None and key.isascii() and key.isdecimal() else None


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)

"""Seeded changes of bytes and of JSON: what a disk, a network or an attacker makes of a file."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

# Numbers that readers trip over: signs, limits of 16, 32 and 64 bits.
EDGES = (0, 1, -1, 2, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, -(2**31), 2**32 - 1, 2**63)
# Texts that reach terminals, file systems, fonts and encodings.
TEXTS = (
    "", "\0", "a\0b", "\ud800", "[/]", "[bold", "[red]x[/]", "\x1b]0;title\x07", "\x1b[2J\x1b[31m",
    "a\nb", "\r", "\x9b2J", "\u202egnp.exe", "../../../tmp/x", "/etc/passwd", "..", ".", "a" * 300,
    "a" * 50_000, "%s%n", "{0}", "é", "\U0001f600", "NaN", "con", "-", "a/b", "a\\b",
)  # fmt: skip
# JSON that no encoder writes: it is put in as it stands.
TOKENS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 4301, "-0", "1e-400", "0.1e1",
    "9" * 400, "[" * 5_000 + "]" * 5_000, '{"a":' * 2_000 + "1" + "}" * 2_000, '"\\ud800"', "+1",
    "'a'", "01", "",
)  # fmt: skip
_MARK = "\ue000token\ue001"


def mutated_bytes(data: bytes, draw: Random) -> bytes:
    """Return data with one to six changes."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        _change_bytes(changed, draw)
    return bytes(changed)


def _change_bytes(data: bytearray, draw: Random) -> None:
    if not data:
        data += draw.randbytes(draw.randrange(64))
        return
    # Headers decide what readers do, so half of the changes are near the start.
    at = draw.randrange(len(data) if draw.random() < 0.5 else min(len(data), 256))
    size = draw.choice((1, 2, 4, 8, 16, 64))
    kind = draw.randrange(8)
    if kind == 0:
        data[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        data[at : at + size] = draw.randbytes(size)
    elif kind == 2:
        width = draw.choice((1, 2, 4, 8))
        order = draw.choice(("little", "big"))
        number = draw.choice(EDGES) % (1 << 8 * width)
        data[at : at + width] = number.to_bytes(width, order)  # type: ignore[arg-type]
    elif kind == 3:
        del data[at:]
    elif kind == 4:
        del data[at : at + size]
    elif kind == 5:
        data[at:at] = draw.randbytes(size)
    elif kind == 6:
        other = draw.randrange(len(data))
        data[at:at] = data[other : other + size * 4]
    else:
        data[at : at + size] = bytes([draw.choice((0, 255))]) * size


def mutated_json(value: Any, draw: Random) -> bytes:
    """Return a JSON document with one to four changes of its values, and sometimes of its bytes."""
    value = copy.deepcopy(value)
    tokens: list[str] = []
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        value = _change_value(value, draw, tokens)
    text = json.dumps(value)
    for token in tokens:
        text = text.replace(json.dumps(_MARK), token, 1)
    content = text.encode("utf-8", "surrogatepass")
    return mutated_bytes(content, draw) if draw.random() < 0.15 else content


def _change_value(value: Any, draw: Random, tokens: list[str]) -> Any:
    """Change one place of a document, chosen evenly among its fields."""
    places: dict[str, list[tuple[Any, Any]]] = {}
    _collect(value, "", places)
    if not places:
        return draw.choice(TEXTS)
    # A card has sixty expected classes for each variant, and one name.
    parent, key = draw.choice(places[draw.choice(sorted(places))])
    changed = _hostile(parent[key], draw, tokens)
    if changed is _REMOVED:
        del parent[key]
    elif changed is _RENAMED and isinstance(parent, dict):
        parent[f"{key}\x1b[/]\ud800"] = parent.pop(key)
    elif changed is not _RENAMED:
        parent[key] = changed
    return value


def _collect(value: Any, path: str, places: dict[str, list[tuple[Any, Any]]]) -> None:
    """Collect the places of a document, as parent and key, by their fields."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in list(entries):
        field = f"{path}.{key}" if isinstance(value, dict) else f"{path}[]"
        places.setdefault(field, []).append((value, key))
        if isinstance(entry, dict | list):
            _collect(entry, field, places)


_REMOVED, _RENAMED = object(), object()


def _hostile(value: Any, draw: Random, tokens: list[str]) -> Any:
    kind = draw.randrange(7)
    if kind == 0:
        return _REMOVED if draw.random() < 0.7 else _RENAMED
    if kind == 1:
        tokens.append(draw.choice(TOKENS))
        return _MARK
    if kind == 2:
        return draw.choice((None, True, False, [], {}, [[]], {"": None}, [None] * 1000))
    if kind == 3 or (kind > 3 and isinstance(value, str)):
        return draw.choice(TEXTS)
    if kind == 5 and isinstance(value, list) and value:
        return value * draw.choice((2, 100)) if draw.random() < 0.5 else value[:-1]
    if isinstance(value, int | float) and draw.random() < 0.5:
        return value * draw.choice((-1, 0, 1000, 1e9, 0.5))
    return draw.choice(EDGES)

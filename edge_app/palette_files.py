"""Palette files: the colours of classes as text, JSON, 768 bytes, or the palette of a PNG."""

from __future__ import annotations

import re
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.input_file import check_is_file
from edge_app.label_json import json_colour, json_value
from edge_app.label_text import decoded, lines_of, parse_entries
from edge_app.labels import Rgb

_MAX_BYTES = 4_000_000
_BINARY = (768, 772)  # 256 colours; Photoshop's .act may state their number after them
_PNG = b"\x89PNG\r\n\x1a\n"
_HEADS = ("gimp palette", "name:", "columns:", "#")  # of GIMP's .gpl
_LINE = re.compile(r"(\d{1,9})(?:\s*[,;]\s*|\s+)(\d{1,9})(?:\s*[,;]\s*|\s+)(\d{1,9})([\s,;]+\D.*)?")
_HEX = re.compile(r"(?:0x|#)?([0-9a-fA-F]{6})")
_FORMS = "give lines of r g b, a JSON list, a .act file, or a PNG with a palette"


def read_palette(path: Path) -> tuple[Rgb, ...]:
    """Return the colours of a file, RGB, the first for class 0. Raises UsageError."""
    content = read_option_file(path, "--palette")
    try:
        colours = _colours(content, path.suffix.lower())
    except UsageError as fault:
        raise UsageError(f"the palette {path}: {fault}") from None
    if not colours:
        raise UsageError(f"the palette {path} has no colours; {_FORMS}")
    return colours


def read_option_file(path: Path, option: str) -> bytes:
    """Return a small file's content; raise UsageError if it is large, or cannot be read.

    Of a large PNG it is the beginning, which has the palette.
    """
    check_is_file(path, UsageError)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageError(f"{path} cannot be read ({reason}); check {option}") from None
    if len(content) > _MAX_BYTES and not content.startswith(_PNG):
        raise UsageError(
            f"{path} has more than {_MAX_BYTES // 10**6} MB, the limit; give a smaller file with "
            f"{option}"
        )
    return content


def _colours(content: bytes, suffix: str) -> tuple[Rgb, ...]:
    if content.startswith(_PNG):
        return _of_png(content)
    if len(content) in _BINARY and (suffix == ".act" or not _is_text(content)):
        stated = int.from_bytes(content[768:770], "big") if len(content) > 768 else 256
        return _triples(content[: 3 * min(stated or 256, 256)])
    text = decoded(content)
    if text.lstrip().startswith(("[", "{")):
        return _of_json(text)
    return _of_lines(text, content)


def _is_text(content: bytes) -> bool:
    try:
        decoded(content)
    except UsageError:
        return False
    return any(byte in content for byte in b"\n\r")


def _triples(data: bytes) -> tuple[Rgb, ...]:
    return tuple((data[i], data[i + 1], data[i + 2]) for i in range(0, len(data) - 2, 3))


def _of_png(content: bytes) -> tuple[Rgb, ...]:
    at = len(_PNG)
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind == b"PLTE":
            return _triples(content[at + 8 : at + 8 + length])
        if kind == b"IDAT":
            break
        at += length + 12
    raise UsageError("it is a PNG without a palette; give one with indexed colours")


def _of_json(text: str) -> tuple[Rgb, ...]:
    value = json_value(text)
    if isinstance(value, dict):
        value = next(
            (value[key] for key in ("palette", "colors", "colours") if key in value), value
        )
    if isinstance(value, dict):
        if set(value) != {str(i) for i in range(len(value))}:
            raise UsageError("its keys are not the ids from 0 on; give a list of colours")
        value = [value[str(i)] for i in range(len(value))]
    if not isinstance(value, list):
        raise UsageError(f"it is JSON of another kind; {_FORMS}")
    if value and all(isinstance(one, int) for one in value) and len(value) % 3 == 0:
        value = [value[i : i + 3] for i in range(0, len(value), 3)]  # as Pillow has palettes
    return tuple(json_colour(one, f"entry {place}") for place, one in enumerate(value, 1))


def _of_lines(text: str, content: bytes) -> tuple[Rgb, ...]:
    colours: list[Rgb] = []
    lines = lines_of(text)
    if lines[0].strip() == "JASC-PAL":  # then come its version and the number of colours
        lines[:3] = ["", "", ""]
    for number, line in enumerate(lines, 1):
        words = line.strip()
        hexadecimal = _HEX.fullmatch(words)
        if hexadecimal:
            colours.append(json_colour(hexadecimal[1], f"line {number}"))
            continue
        if not words or words.lower().startswith(_HEADS):
            continue
        found = _LINE.fullmatch(words)
        if not found and not colours:
            return _of_labels(content)
        if not found or max(map(int, found.groups()[:3])) > 255:
            raise UsageError(f"line {number}: '{words[:60]}' is no colour; {_FORMS}")
        colours.append((int(found[1]), int(found[2]), int(found[3])))
    return tuple(colours)


def _of_labels(content: bytes) -> tuple[Rgb, ...]:
    """Return the colours of a label file that has them: name,r,g,b."""
    entries = parse_entries(content)
    colours = tuple(one.colour for one in entries if one.colour is not None)
    if len(colours) < len(entries):
        raise UsageError(f"{entries[0].where} has no colour; {_FORMS}")
    return colours

"""The text of a label file as entries: names, and perhaps ids and colours.

It may have a name in each line; `id name` or `name: id`; a name and its colour, as in CSV and in
CVAT's and CamVid's files; WordNet ids; items of a TensorFlow label map; or be JSON.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence

from edge_app.errors import UsageError
from edge_app.label_json import LabelEntry, json_entries

_LONGEST_LINE = 400
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SEP = r"(?:\s*[,;]\s*|\s+)"
_RGB = rf"(?P<r>\d{{1,3}}){_SEP}(?P<g>\d{{1,3}}){_SEP}(?P<b>\d{{1,3}})"
# The first of these that the first line matches is the form of all.
_FORMS = (
    ("a name and a colour", re.compile(rf"(?P<name>[^:]+):\s*{_RGB}(:.*)?")),
    (
        "a name and a colour",
        re.compile(rf"((?P<id>\d+){_SEP})?(?P<name>.*?[^\d\s].*?){_SEP}{_RGB}"),
    ),
    ("a colour and a name", re.compile(rf"{_RGB}{_SEP}(?P<name>.*[^\d\s].*)")),
    ("a WordNet id and a name", re.compile(r"n\d{8}[\s,:]+(?P<name>.+)")),
    ("an id and a name", re.compile(r"(?P<id>\d+)(\s*[:=,;]\s*|\s+)(?P<name>.+)")),
    ("a name and an id", re.compile(r"(?P<name>.+?)(\s*[:=,;]\s*|\t\s*)(?P<id>\d+),?")),
    ("a name", re.compile(r"(?P<name>.*)")),
)
_COLUMNS = {
    "name": ("name", "class", "label", "class_name", "category", "classname"),
    "id": ("id", "index", "class_id", "number", "value", "train_id", "trainid"),
    "r": ("r", "red"),
    "g": ("g", "green"),
    "b": ("b", "blue"),
}
_ITEM = re.compile(r"item\s*\{(?P<fields>[^{}]*)\}")
_FIELD = re.compile(r"\b(id|display_name|name)\s*:\s*(?:(\d+)|\"([^\"\n]*)\"|'([^'\n]*)')")


def decoded(content: bytes) -> str:
    """Return a text file's content, in UTF-8, UTF-16 with its mark, or Windows' Latin-1.

    Raises UsageError for what is no text.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            text = content[len(bom) if encoding == "utf-8" else 0 :].decode(encoding, "replace")
            break
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text = content.decode("cp1252")
            except UnicodeDecodeError:
                text = content.decode("latin-1")
    if found := _CONTROL.search(text):
        line = len(lines_of(text[: found.start()] + "x"))
        raise UsageError(f"line {line} has control characters, so it is no text; give a text file")
    return text


def parse_entries(content: bytes) -> list[LabelEntry]:
    """Return the classes of a label file in their order.

    Raises UsageError, without the file's name, that names the line.
    """
    text = decoded(content)
    start = text.lstrip()
    if start.startswith(("{", "[")):
        return json_entries(text)
    if re.match(r"item\s*\{", start):
        return _items(text)
    lines = [
        (number, line.strip())
        for number, line in enumerate(lines_of(text), 1)
        if not line.lstrip().startswith("#")
    ]
    while lines and not lines[-1][1]:
        lines.pop()
    while lines and not lines[0][1]:
        lines.pop(0)
    for number, line in lines:
        if not line:
            raise UsageError(
                f"line {number} is empty, so it is not clear which class is which; remove it, or "
                "write ??? for a class without a name"
            )
        if len(line) > _LONGEST_LINE:
            raise UsageError(
                f"line {number} has {len(line):,} characters, the limit is {_LONGEST_LINE}; give a "
                "class in each line"
            )
    if not lines:
        raise UsageError("it has no names; write one in each line")
    return _table(lines) or _of_one_form(lines)


def lines_of(text: str) -> list[str]:
    """Return the lines; a name may have other characters that `splitlines` takes for ends."""
    return re.split(r"\r\n|\n|\r", text)


def _of_one_form(lines: Sequence[tuple[int, str]]) -> list[LabelEntry]:
    first_number, first = lines[0]
    what, form = next((what, form) for what, form in _FORMS if form.fullmatch(first))
    entries = []
    for number, line in lines:
        found = form.fullmatch(line)
        if not found:
            raise UsageError(
                f"line {number} is '{line[:60]}' where line {first_number} has {what}; write "
                "every line in the same form, or give the names as a JSON list"
            )
        entries.append(_entry(number, found.groupdict()))
    return entries


def _table(lines: Sequence[tuple[int, str]]) -> list[LabelEntry]:
    """Return the rows of a table with a header; none if the first line is no header."""
    header = lines[0][1]
    delimiter = max(",;\t", key=header.count)
    words = [word.strip(" \"'").lower() for word in header.split(delimiter)]
    places = {
        key: next((i for i, word in enumerate(words) if word in known), None)
        for key, known in _COLUMNS.items()
    }
    if len(words) < 2 or places["name"] is None:
        return []
    entries = []
    for number, line in lines[1:]:
        fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        if len(fields) != len(words):
            raise UsageError(
                f"line {number} has {len(fields)} columns, the header {len(words)}; put names that "
                "contain the separator in quotes"
            )
        row = {key: fields[i].strip() for key, i in places.items() if i is not None}
        for key in row.keys() - {"name"}:
            if not row[key].isdecimal():
                raise UsageError(f"line {number}: '{row[key][:60]}' is no number; correct {key}")
        entries.append(_entry(number, row))
    if not entries:
        raise UsageError("it has a header and no names; write one in each line")
    return entries


def _entry(number: int, found: Mapping[str, str | None]) -> LabelEntry:
    name, text = found["name"] or "", found.get("id")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    channels = [int(found.get(key) or 0) for key in "rgb"]
    if max(channels) > 255:
        raise UsageError(f"line {number}: the colour {channels} is not within 0 to 255; correct it")
    colour = (channels[0], channels[1], channels[2]) if found.get("r") is not None else None
    return LabelEntry(f"line {number}", name.strip(), int(text[:9]) if text else None, colour)


def _items(text: str) -> list[LabelEntry]:
    """Return the items of a TensorFlow label map: item { id: 1 name: "person" }."""
    entries = []
    for place, item in enumerate(_ITEM.finditer(text), 1):
        fields = {key: n or one or two for key, n, one, two in _FIELD.findall(item["fields"])}
        name = fields.get("display_name") or fields.get("name")
        if not name or not fields.get("id", "").isdecimal():
            raise UsageError(f"item {place} has no id or no name; write both")
        entries.append(LabelEntry(f"item {place}", name, int(fields["id"][:9])))
    return entries

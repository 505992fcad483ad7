"""The value of --labels, the name of a set or a file with class names, and of --palette."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.input_file import home_path
from edge_app.label_json import LabelEntry
from edge_app.label_sets import LABEL_SETS, label_set
from edge_app.label_text import parse_entries
from edge_app.labels import LONGEST_NAME, VOID, LabelSet, Rgb, is_background, numbered_labels
from edge_app.palette_files import read_option_file, read_palette

_MOST = 100_000  # classes; ImageNet has 21,841
_NO_NAMES = {"", "?", "??", "???", "n/a", "na", "-", "--", "null", "none", "unused"}


def read_labels(
    text: str, palette: Path | str | None = None, classes: int | None = None
) -> LabelSet:
    """Return the label set of --labels, with the colours of --palette.

    text: name of a set that ships, or a file. classes: of the network, if they are known: ids from
        1 on then name its classes from 0 on if they are as many.
    Raises UsageError naming the file and line.
    """
    ships = text in LABEL_SETS
    labels = label_set(text) if ships else _read_file(home_path(text, UsageError), classes)
    return with_palette(labels, palette) if palette else labels


def with_palette(labels: LabelSet, palette: Path | str) -> LabelSet:
    """Return a label set with the colours of a palette file. Raises UsageError."""
    path = home_path(palette, UsageError)
    colours = read_palette(path)
    count = len(labels.classes)
    if len(colours) < count:
        raise UsageError(
            f"the palette {path} has {len(colours)} colours, the labels {count} classes; give a "
            "colour for each"
        )
    # A set that ships keeps its name for its own colours.
    name = f"{labels.name}, {path.name}" if labels.name in LABEL_SETS else labels.name
    return numbered_labels(name[:LONGEST_NAME], labels.names, colours[:count])


def labels_of(content: bytes, name: str, classes: int | None = None) -> LabelSet:
    """Return the label set of a label file's content; see `read_labels`.

    name: of the set. Raises UsageError, without the file's name, that names the line.
    """
    entries = parse_entries(content)
    if len(entries) > _MOST:
        raise UsageError(f"it has {len(entries):,} classes, the limit is {_MOST:,}; give fewer")
    for entry in entries:
        if len(entry.name) > LONGEST_NAME:
            raise UsageError(
                f"{entry.where} has a name of {len(entry.name)} characters, the limit is "
                f"{LONGEST_NAME}; shorten it"
            )
    if any(entry.id is not None for entry in entries):
        entries = _by_id(entries, classes)
    colours = _colours(entries)
    return numbered_labels(name, _unique(entry.name for entry in entries), colours)


def _read_file(path: Path, classes: int | None) -> LabelSet:
    try:
        is_missing = not path.exists()
    except OSError as fault:
        raise UsageError(f"{path} cannot be read ({fault.strerror}); check --labels") from None
    if is_missing:
        raise UsageError(
            f"--labels '{path}' is neither a file nor a label set; give a file of class names, or "
            f"choose one of: {', '.join(sorted(LABEL_SETS))}"
        )
    if path.suffix.lower() in {".yaml", ".yml"}:
        raise UsageError(
            f"the labels {path}: it is YAML; write its names into a text file, one in each line"
        )
    content = read_option_file(path, "--labels")
    try:
        return labels_of(content, _set_name(path), classes)
    except UsageError as fault:
        raise UsageError(f"the labels {path}: {fault}") from None


def _set_name(path: Path) -> str:
    name = "".join(c for c in path.name.encode(errors="replace").decode() if c.isprintable())
    return f"{name[: LONGEST_NAME - 5]} file" if name in LABEL_SETS else name[:LONGEST_NAME]


def _by_id(entries: list[LabelEntry], classes: int | None) -> list[LabelEntry]:
    """Return entries in the order of their ids, with one for each id that has none.

    What has id 255 or -1 and the name of a background is not scored, and no class.
    """
    known: dict[int, LabelEntry] = {}
    for entry in entries:
        if entry.id is None:
            raise UsageError(f"{entry.where} has no id, and others have one; give each its id")
        if entry.id in {VOID, -1} and is_background(entry.name) and len(entries) < VOID:
            continue
        if not 0 <= entry.id < _MOST:
            raise UsageError(
                f"{entry.where} has id {entry.id}, which is not within 0 to {_MOST - 1}; correct it"
            )
        if entry.id in known:
            raise UsageError(
                f"{entry.where} has id {entry.id}, and {known[entry.id].where} too; correct one"
            )
        known[entry.id] = entry
    if not known:
        raise UsageError("it has no classes; write an id and a name in each line")
    count = max(known) + 1
    if 0 not in known and len(known) == count - 1 == classes:
        return [known[i] for i in range(1, count)]
    # Label maps begin at 1 where a network has a background at 0.
    missing = LabelEntry("", "", None, (0, 0, 0) if entries[0].colour else None)
    known.setdefault(0, replace(missing, name="background"))
    return [known.get(i, missing) for i in range(count)]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return names that are all different: ImageNet's lists have "crane" and "maillot" twice."""
    plain = [f"class {i}" if name.casefold() in _NO_NAMES else name for i, name in enumerate(names)]
    uses, seen = Counter(plain), set()
    for i, name in enumerate(plain):
        if uses[name] > 1 and name in seen:
            plain[i] = f"{name[: LONGEST_NAME - 8]} ({i})"
        seen.add(name)
    return tuple(plain)


def _colours(entries: list[LabelEntry]) -> tuple[Rgb, ...]:
    colours = tuple(entry.colour for entry in entries if entry.colour is not None)
    if colours and len(colours) < len(entries):
        without = next(entry for entry in entries if entry.colour is None)
        raise UsageError(
            f"{without.where} has no colour, and others have one; give each its colour"
        )
    return colours

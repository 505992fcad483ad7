"""The label sets that ship, by name; tables of files are read when their set is first used."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from edge_app.errors import EdgeError, UsageError
from edge_app.labels import (
    CAMVID,
    CITYSCAPES,
    DIGITS,
    DRIVESEG,
    PASCAL_VOC,
    VOID,
    Label,
    LabelSet,
    numbered_labels,
)
from edge_app.paths import shipped_dir


def _camvid_with_void() -> LabelSet:
    """Return CamVid as networks of 12 classes have it: void is the last of them."""
    void = replace(CAMVID.labels[-1], train_id=11, ignored=False)
    return LabelSet("camvid-12", (*CAMVID.labels[:-1], void))


def _from_file(name: str) -> LabelSet:
    """Return the set of assets/labels/NAME.csv: lines of id, name and perhaps r, g, b."""
    path = shipped_dir("assets") / "labels" / f"{name}.csv"
    try:
        text = path.read_text("utf-8")
    except OSError as fault:
        raise EdgeError(
            f"{path} cannot be read ({fault.strerror}); install the package again"
        ) from None
    lines = (line for line in text.splitlines() if line[0] != "#")
    rows = list(csv.DictReader(lines))
    coloured = "r" in rows[0]
    colours = tuple((int(row["r"]), int(row["g"]), int(row["b"])) for row in rows if coloured)
    labels = numbered_labels(name, tuple(row["name"] for row in rows), colours)
    ids = [int(row["id"]) for row in rows]
    void = Label("void", VOID, VOID, (0, 0, 0), ignored=True)
    if ids[0]:  # ADE20K's truth has 0 for all other things, COCO's annotations none
        void = replace(void, name="other", id=0)
    own = (replace(label, id=i) for label, i in zip(labels.labels, ids, strict=True))
    return LabelSet(name, (*own, void))


def _with_first(name: str, base: str, first: str) -> LabelSet:
    """Return a set with one more class in front, as some networks have it."""
    labels = LABEL_SETS[base].classes
    colours = ((0, 0, 0), *(label.colour_rgb for label in labels))
    return numbered_labels(name, (first, *(label.name for label in labels)), colours)


def _by_id(name: str, base: str, start: int, count: int) -> LabelSet:
    """Return a set with a class for each id from `start` on; those that no class has are unused."""
    known = {label.id: label for label in LABEL_SETS[base].classes}
    names, colours = [], []
    for i in range(start, start + count):
        label = known.get(i)
        names.append(label.name if label else "background" if i == 0 else f"unused {i}")
        colours.append(label.colour_rgb if label else (0, 0, 0))
    return numbered_labels(name, tuple(names), tuple(colours))


class _LabelSets(Mapping[str, LabelSet]):
    """Label sets by name; each is made when it is first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], LabelSet]]) -> None:
        self._makers = makers
        self._made: dict[str, LabelSet] = {}

    def __getitem__(self, name: str) -> LabelSet:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


LABEL_SETS: Mapping[str, LabelSet] = _LabelSets(
    {
        "cityscapes": lambda: CITYSCAPES,
        "camvid": lambda: CAMVID,
        "camvid-12": _camvid_with_void,
        "driveseg": lambda: DRIVESEG,
        "pascal-voc": lambda: PASCAL_VOC,
        "ade20k": partial(_from_file, "ade20k"),
        "ade20k-151": partial(_with_first, "ade20k-151", "ade20k", "other"),
        "coco": partial(_from_file, "coco"),
        "coco-90": partial(_by_id, "coco-90", "coco", 1, 90),
        "coco-91": partial(_by_id, "coco-91", "coco", 0, 91),
        "coco-stuff": partial(_from_file, "coco-stuff"),
        "coco-stuff-182": partial(_by_id, "coco-stuff-182", "coco-stuff", 0, 182),
        "imagenet": partial(_from_file, "imagenet"),
        "imagenet-1001": partial(_with_first, "imagenet-1001", "imagenet", "background"),
        "digits": lambda: DIGITS,
    }
)


def label_set(name: str) -> LabelSet:
    """Return a label set by name; raise UsageError with the known names otherwise."""
    if name not in LABEL_SETS:
        known = ", ".join(sorted(LABEL_SETS))
        raise UsageError(f"unknown label set '{name}'; choose one of: {known}")
    return LABEL_SETS[name]

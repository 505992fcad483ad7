"""Pair class maps with the frames they belong to, by name or by position, never by luck."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from edge_app.errors import SourceError
from edge_app.frame import ClassMap
from edge_app.sources.label_encodings import (
    CAMVID_IDS,
    DRIVESEG_IDS,
    LABEL_IDS,
    TRAIN_IDS,
    IdSet,
    cityscapes_kind,
    decode_ids,
)

_SUFFIX = re.compile(r"(_leftImg8bit|_gt(Fine|Coarse)|_label(Train)?Ids)+$")
_LOOKS = 5  # how many maps are looked into for what ids they hold


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one truth image: its name, and how to read its bytes."""

    name: str
    read: Callable[[], bytes]


class MapTruth:
    """Know the class map of each frame, as `base.Truth` asks.

    Frames with names are paired by name, those of a stream by position: frame i with the
    i-th map in natural order, after their numbers were found equal.
    Cityscapes comes as labelIds or labelTrainIds. The name decides where it says so, and what
    a map holds must agree; where it does not, the first maps that show it decide, and every
    later one must agree. Raises SourceError where it cannot be told, or where it is mixed.
    """

    def __init__(self, name: str, entries: list[Entry], labels: str) -> None:
        self._name = name
        self._entries = _one_kind(name, entries) if labels == "cityscapes" else entries
        self._ids = self._id_set(labels)
        self.labels = self._ids.labels
        self._by_key: dict[str, Entry] | None = None

    def check(self, frame_count: int | None, names: list[str] | None) -> None:
        """Pair with the frames of a source; raise SourceError where that cannot be."""
        # One picture given with one map is a pair whatever they are called.
        if names is not None and (len(names), len(self._entries)) != (1, 1):
            self._by_key = _unique(self._name, self._entries)
            self._require(names)
            return
        self._by_key = None
        if frame_count != len(self._entries):
            frames = "an unknown number of" if frame_count is None else frame_count
            raise SourceError(
                f"{self._name} holds the truth of {len(self._entries)} frames, but there are "
                f"{frames}; give the truth that belongs to them"
            )

    def of(self, index: int, name: str) -> ClassMap:
        """Return the truth of one frame: uint8 (H, W) trainIds. Raises SourceError."""
        try:
            entry = self._entries[index] if self._by_key is None else self._by_key[pair_key(name)]
        except (IndexError, KeyError):
            raise SourceError(
                f"{self._name} has no truth for frame {index} ({name}); "
                "give the truth that belongs to these frames"
            ) from None
        ids = decode_ids(_bytes_of(entry), entry.name)
        if self._ids in (LABEL_IDS, TRAIN_IDS):
            _agree(cityscapes_kind(ids), self._ids, entry.name)
        return self._ids.to_train_ids(ids, entry.name)

    def _require(self, names: list[str]) -> None:
        by_key = self._by_key or {}
        twice = [key for key, n in Counter(map(pair_key, names)).items() if n > 1]
        if twice:
            raise SourceError(
                f"{len(twice)} names occur twice among the images ({_some(twice)}), so their "
                "truth cannot be told apart; give one folder of them"
            )
        lacking = [name for name in names if pair_key(name) not in by_key]
        if lacking:
            raise SourceError(
                f"{self._name} has no truth for {len(lacking)} of {len(names)} images "
                f"({_some(lacking)}); give the truth of the same split"
            )

    def _id_set(self, labels: str) -> IdSet:
        if labels != "cityscapes":
            return {"camvid": CAMVID_IDS, "driveseg": DRIVESEG_IDS}[labels]
        stated = _stated_kind(self._entries[0].name)
        for entry in self._entries[:_LOOKS]:
            shown = cityscapes_kind(decode_ids(_bytes_of(entry), entry.name))
            if shown is not None:
                _agree(shown, stated or shown, entry.name)
                return shown
        # TrainIds without any void are possible, labelIds of road and walls alone are not.
        if stated is TRAIN_IDS:
            return TRAIN_IDS
        raise SourceError(
            f"{self._name} does not show whether it holds labelIds or labelTrainIds: no id is "
            "above 18; end the names of its files in _labelIds.png or _labelTrainIds.png, or "
            "check that they do not say the one and hold the other"
        )


def pair_key(name: str) -> str:
    """Return what a frame and its truth have in common: the stem, less Cityscapes' endings."""
    return _SUFFIX.sub("", PurePosixPath(name).stem)


def _stated_kind(name: str) -> IdSet | None:
    if name.endswith("_labelTrainIds.png"):
        return TRAIN_IDS
    return LABEL_IDS if name.endswith("_labelIds.png") else None


def _one_kind(name: str, entries: list[Entry]) -> list[Entry]:
    """Keep labelIds where every frame has them, else labelTrainIds, else refuse the mix.

    Both are in the data set; cityscapesScripts scores against labelIds, and some copies of
    the labelTrainIds differ from them along the borders of classes.
    """
    every = {pair_key(entry.name) for entry in entries}
    for kind in (LABEL_IDS, TRAIN_IDS, None):
        kept = [entry for entry in entries if _stated_kind(entry.name) is kind]
        if {pair_key(entry.name) for entry in kept} == every:
            return kept
    raise SourceError(
        f"{name} mixes labelIds and labelTrainIds: neither is there for every frame; "
        "complete one of them"
    )


def _agree(shown: IdSet | None, expected: IdSet, where: str) -> None:
    if shown is not None and shown is not expected:
        raise SourceError(
            f"the truth {where} holds ids of {shown.name}, where {expected.name} were expected; "
            "name the files by what they hold, and do not mix them"
        )


def _unique(name: str, entries: list[Entry]) -> dict[str, Entry]:
    by_key = {pair_key(entry.name): entry for entry in entries}
    if len(by_key) != len(entries):
        twice = [k for k, n in Counter(pair_key(e.name) for e in entries).items() if n > 1]
        raise SourceError(
            f"{len(twice)} names occur twice in {name} ({_some(twice)}); give one folder of them"
        )
    return by_key


def _some(names: Iterable[str]) -> str:
    first = list(names)
    return ", ".join(first[:3]) + (", ..." if len(first) > 3 else "")


def _bytes_of(entry: Entry) -> bytes:
    try:
        return entry.read()
    except OSError as fault:
        raise SourceError(
            f"the truth {entry.name} cannot be read ({fault.strerror}); check the path"
        ) from None

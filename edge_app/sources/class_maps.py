"""Truth as class maps, paired with frames by name or by position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError
from edge_app.frame import ClassMap
from edge_app.sources.label_encodings import (
    LABEL_IDS,
    TRAIN_IDS,
    LabelEncoding,
    cityscapes_kind,
    decode_ids,
    encoding_of,
)

_SUFFIX = re.compile(r"(_leftImg8bit|_gt(Fine|Coarse)|_label(Train)?Ids)+$")
_SAMPLED_MAPS = 5  # how many maps are read to find out which ids they have


@dataclass(frozen=True, slots=True)
class TruthImage:
    """One truth image: its name, and a function that reads its bytes."""

    name: str
    read: Callable[[], bytes]

    def ids(self) -> NDArray[np.uint8]:
        """Return its class ids: uint8 (H, W). Raises SourceError."""
        try:
            data = self.read()
        except OSError as fault:
            raise SourceError(
                f"the truth {self.name} cannot be read ({fault.strerror}); check the path"
            ) from None
        return decode_ids(data, self.name)


class ClassMapTruth:
    """The class map of each frame.

    Frames with names are paired by name, frames of a video by position: frame i with the i-th
    map in natural order, if there are equally many.
    Cityscapes comes as labelIds or labelTrainIds. The file name decides if it says which, and
    otherwise the first maps whose ids show it; every map must then agree. Raises SourceError if
    neither shows it, or if the two are mixed.
    """

    def __init__(self, name: str, entries: list[TruthImage], labels: str) -> None:
        self._name = name
        self._entries = _one_kind(name, entries) if labels == "cityscapes" else entries
        self._encoding = self._find_encoding(labels)
        self.labels = self._encoding.labels
        self._by_key: dict[str, TruthImage] | None = None

    def check(self, frame_count: int | None, names: list[str] | None) -> None:
        """Pair the maps with the frames of a source; raise SourceError if that is impossible."""
        # One image and one map are a pair whatever their names.
        if names is not None and (len(names), len(self._entries)) != (1, 1):
            self._by_key = {pair_key(entry.name): entry for entry in self._entries}
            self._check_names(names)
            return
        self._by_key = None
        if frame_count != len(self._entries):
            frames = "an unknown number of" if frame_count is None else frame_count
            raise SourceError(
                f"{self._name} has the truth of {len(self._entries)} frames, but there are "
                f"{frames}; give the truth of these frames"
            )

    def of(self, index: int, name: str) -> ClassMap:
        """Return the truth of one frame: uint8 (H, W) trainIds. Raises SourceError."""
        try:
            entry = self._entries[index] if self._by_key is None else self._by_key[pair_key(name)]
        except (IndexError, KeyError):
            raise SourceError(
                f"{self._name} has no truth for frame {index} ({name}); "
                "give the truth of these frames"
            ) from None
        ids = entry.ids()
        if self._encoding in (LABEL_IDS, TRAIN_IDS):
            _agree(cityscapes_kind(ids), self._encoding, entry.name)
        return self._encoding.to_train_ids(ids, entry.name)

    def _check_names(self, names: list[str]) -> None:
        """Raise SourceError unless every name of a frame has exactly one map."""
        own_names = [entry.name for entry in self._entries]
        for where, some in ((f"in {self._name}", own_names), ("among the images", names)):
            twice = [key for key, n in Counter(map(pair_key, some)).items() if n > 1]
            if twice:
                raise SourceError(
                    f"{len(twice)} names occur twice {where} ({_some(twice)}), so the truth is "
                    "ambiguous; give one folder of them"
                )
        own_keys = set(map(pair_key, own_names))
        missing = [name for name in names if pair_key(name) not in own_keys]
        if missing:
            raise SourceError(
                f"{self._name} has no truth for {len(missing)} of {len(names)} images "
                f"({_some(missing)}); give the truth of the same split"
            )

    def _find_encoding(self, labels: str) -> LabelEncoding:
        if labels != "cityscapes":
            return encoding_of(labels)
        stated = _stated_kind(self._entries[0].name)
        for entry in self._entries[:_SAMPLED_MAPS]:
            shown = cityscapes_kind(entry.ids())
            if shown is not None:
                _agree(shown, stated or shown, entry.name)
                return shown
        # TrainIds without void are possible; labelIds of nothing but road and walls are not.
        if stated is TRAIN_IDS:
            return TRAIN_IDS
        raise SourceError(
            f"{self._name} may have labelIds or labelTrainIds, since no id is above 18; name its "
            "files *_labelIds.png or *_labelTrainIds.png, by what they contain"
        )


def pair_key(name: str) -> str:
    """Return what the names of a frame and its truth share: the stem without known suffixes."""
    return _SUFFIX.sub("", PurePosixPath(name).stem)


def _stated_kind(name: str) -> LabelEncoding | None:
    if name.endswith("_labelTrainIds.png"):
        return TRAIN_IDS
    return LABEL_IDS if name.endswith("_labelIds.png") else None


def _one_kind(name: str, entries: list[TruthImage]) -> list[TruthImage]:
    """Return the labelIds if every frame has them, else the labelTrainIds.

    Data sets have both; cityscapesScripts scores against labelIds, and some copies of the
    labelTrainIds differ from them along class borders. Raises SourceError if both are incomplete.
    """
    every = {pair_key(entry.name) for entry in entries}
    for kind in (LABEL_IDS, TRAIN_IDS, None):
        kept = [entry for entry in entries if _stated_kind(entry.name) is kind]
        if {pair_key(entry.name) for entry in kept} == every:
            return kept
    raise SourceError(
        f"{name} mixes labelIds and labelTrainIds, and neither is complete; complete one of them"
    )


def _agree(shown: LabelEncoding | None, expected: LabelEncoding, where: str) -> None:
    if shown is not None and shown is not expected:
        raise SourceError(
            f"the truth {where} has ids of {shown.name} instead of {expected.name}; "
            "name the files by what they contain, and do not mix them"
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

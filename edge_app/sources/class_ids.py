"""Truth as one class for each frame: an IDX label file, or a .csv file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from edge_app.errors import SourceError
from edge_app.labels import DIGITS, NUMBERED
from edge_app.sources.idx import LABELS, read_idx

_MAX_BYTES = 30_000_000  # some millions of lines
_MOST_FIGURES = 9  # of an index or a class; Python reads no number of thousands
_ADVICE = "give a .csv with the columns frame and label (numbers from 0)"


class ClassIds:
    """The class of each frame by its index.

    ids: by index; bytes, one for each frame, take a hundredth of the memory of a dict.
    labels: digits if no id is above 9, else numbered: ids of the model's own classes.
    """

    def __init__(
        self, name: str, ids: Mapping[int, int] | bytes, labels: str | None = None
    ) -> None:
        self._name = name
        self._ids = ids
        pairs = enumerate(ids) if isinstance(ids, bytes) else ids.items()
        others = (index for index, class_id in pairs if class_id >= len(DIGITS.classes))
        first = next(others, None)
        if labels == DIGITS.name and first is not None:
            raise SourceError(
                f"{name} has label {ids[first]} for frame {first}, which is not a digit; "
                f"give the labels of the digits 0 to 9, or --truth-labels {NUMBERED}"
            )
        self.labels = labels or (DIGITS.name if first is None else NUMBERED)

    def check(self, frame_count: int | None, names: list[str] | None) -> None:  # noqa: ARG002
        """Raise SourceError unless there are as many frames; their names are ignored."""
        if frame_count != len(self._ids):
            frames = "an unknown number of" if frame_count is None else frame_count
            raise SourceError(
                f"{self._name} has {len(self._ids)} labels, but there are {frames} frames; "
                "give the labels of these frames"
            )

    def of(self, index: int, name: str) -> int:
        """Return the class id of one frame. Raises SourceError if there is none."""
        try:
            return self._ids[index]
        except LookupError:
            raise SourceError(
                f"{self._name} has no label for frame {index} ({name}); "
                "give the labels of these frames"
            ) from None


def read_idx_labels(path: Path, labels: str | None = None) -> ClassIds:
    """Return the labels of an IDX file, one for each frame in order. Raises SourceError."""
    return ClassIds(path.name, read_idx(path, LABELS).tobytes(), labels)


def read_csv_labels(path: Path, labels: str | None = None) -> ClassIds:
    """Return the labels of a .csv file with a header.

    The column `label` is the class, `frame` the index from 0, in any order and each once.
    Without `frame` the lines are in the order of the frames. Other columns are ignored.
    Raises SourceError if the file is not such a table.
    """
    ids: dict[int, int] = {}
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(
                f"{path.name} is above {_MAX_BYTES // 10**6} MB, the limit for a .csv; split it"
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, skipinitialspace=True)
            if "label" not in (lines.fieldnames or ()):
                raise SourceError(f"{path.name} has no column 'label'; {_ADVICE}")
            for number, line in enumerate(lines):
                where = f"line {lines.line_num}"
                index = _number(line.get("frame", str(number)), path.name, where)
                if index in ids:
                    raise SourceError(
                        f"{path.name} has frame {index} twice, again in {where}; "
                        "keep one of the lines"
                    )
                ids[index] = _number(line["label"], path.name, where)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise SourceError(f"{path.name} cannot be read ({fault}); {_ADVICE}") from None
    if not ids:
        raise SourceError(f"{path.name} has no lines; {_ADVICE}")
    return ClassIds(path.name, ids, labels)


def _number(text: str | None, name: str, where: str) -> int:
    digits = (text or "").strip()
    if not digits.isdecimal() or len(digits) > _MOST_FIGURES:
        shown = digits if len(digits) <= 40 else f"{digits[:40]}..."
        raise SourceError(f"{name}: '{shown}' in {where} is not a number; {_ADVICE}")
    return int(digits)

"""Truth as a .csv file with the class of each frame."""

from __future__ import annotations

import csv
from pathlib import Path

from edge_app.errors import SourceError
from edge_app.labels import DIGITS

_ADVICE = "give a .csv with the columns frame (from 0) and label (0 to 9)"


class CsvLabels:
    """The digit of each frame, from a .csv file with a header.

    The column `label` is the class, `frame` the index from 0, in any order and each once.
    Without `frame` the lines are in the order of the frames. Other columns are ignored.
    Raises SourceError if the file is not such a table.
    """

    labels = DIGITS.name

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._ids: dict[int, int] = {}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                self._read(csv.DictReader(file, skipinitialspace=True))
        except (OSError, UnicodeDecodeError, csv.Error) as fault:
            raise SourceError(f"{path.name} cannot be read ({fault}); {_ADVICE}") from None
        if not self._ids:
            raise SourceError(f"{path.name} has no lines; {_ADVICE}")

    def _read(self, lines: csv.DictReader[str]) -> None:
        if "label" not in (lines.fieldnames or ()):
            raise SourceError(f"{self._name} has no column 'label'; {_ADVICE}")
        for number, line in enumerate(lines):
            index = self._number(line.get("frame", str(number)), lines.line_num)
            class_id = self._number(line["label"], lines.line_num)
            if index in self._ids:
                raise SourceError(
                    f"{self._name} has frame {index} twice, again in line {lines.line_num}; "
                    "keep one of the lines"
                )
            if class_id >= len(DIGITS.classes):
                raise SourceError(
                    f"{self._name} has label {class_id} for frame {index}, not a digit; {_ADVICE}"
                )
            self._ids[index] = class_id

    def _number(self, text: str | None, line: int) -> int:
        try:
            number = int(text or "")
        except ValueError:
            number = -1
        if number < 0:
            raise SourceError(f"{self._name}: '{text}' in line {line} is not a number; {_ADVICE}")
        return number

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
        except KeyError:
            raise SourceError(
                f"{self._name} has no label for frame {index} ({name}); "
                "give the labels of these frames"
            ) from None

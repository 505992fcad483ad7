"""The classes of a street beside their colours, as rows of the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from edge_app.frame import ClassMap, Result, Segmentation
from edge_app.labels import NO_LABELS, LabelSet
from edge_app.overlay.class_memory import ClassesInView
from edge_app.overlay.legend import hex_colour
from edge_app.overlay.mask import class_shares


class ClassRow(NamedTuple):
    """One class: its name, its colour as #RRGGBB, and whether the legend lists it now."""

    name: str
    colour: str
    in_view: bool


class ClassRows:
    """The classes seen so far, in label order, so that no row ever changes its place.

    `offer` is called by the pipeline and only keeps a class map; `rows` does the counting, when
    a page asks for it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: tuple[ClassMap | None, LabelSet] = (None, NO_LABELS)
        self._counted: ClassMap | None = None
        self._labels = NO_LABELS
        self._in_view = ClassesInView(NO_LABELS.palette_bgr())
        self._seen: set[int] = set()
        self._rows: list[ClassRow] = []

    def offer(self, result: Result, labels: LabelSet) -> None:
        """Take the newest result, which is kept and not copied."""
        class_map = result.class_map if isinstance(result, Segmentation) else None
        self._newest = (class_map, labels)

    def rows(self) -> list[ClassRow]:
        """Return the rows; none for results that are no class maps."""
        class_map, labels = self._newest
        if class_map is None:
            return []
        if labels != self._labels:
            self._labels, self._seen, self._counted = labels, set(), None
            self._in_view = ClassesInView(labels.palette_bgr())
        if class_map is not self._counted:
            self._counted = class_map
            now = class_shares(class_map, len(labels.classes))
            in_view = self._in_view.update(now, self._clock())
            self._seen.update(in_view)
            by_id = {label.train_id: label for label in labels.classes}
            self._rows = [
                ClassRow(by_id[i].name, hex_colour(by_id[i]), i in in_view)
                for i in sorted(self._seen)
            ]
        return self._rows

"""The answer to one image in words: classes with their share, digits, or the likeliest classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edge_app.frame import Classification, Reading, Readings, Result, Segmentation
from edge_app.labels import LabelSet
from edge_app.style import count, percent

_TOP = 3
_LEAST = 0.0005  # what `percent` shows as 0.1 %


def answer_text(result: Result, labels: LabelSet, truth: object = None) -> str:
    """Return what a network answers for one image, in one line.

    truth: of a classified image, its class id; of other images it is not compared here.
    """
    if isinstance(result, Readings):
        return _digits(result)
    names = {label.train_id: label.name for label in labels.classes}
    if isinstance(result, Segmentation):
        return _shares(result, names)
    return _likeliest(result, names, truth)


def _shares(result: Segmentation, names: Mapping[int, str]) -> str:
    """Return the classes with their share of the frame, the largest first."""
    class_map = result.class_map
    counts = np.bincount(class_map.ravel(), minlength=256)
    shares = counts / max(1, class_map.size)
    parts = [
        f"{_name(int(i), names)} {percent(float(shares[i]))}"
        for i in np.argsort(-shares, kind="stable")
        if shares[i] >= _LEAST
    ]
    return ", ".join(parts) or "no class"


def _digits(result: Readings) -> str:
    """Return the digits as they stand on the page, row by row, and the least certain one."""
    if not result.found:
        return "no digits found"
    rows = [" ".join(str(one.digit) for one in row) for row in _text_rows(result.found)]
    least = min(result.found, key=lambda one: one.confidence)
    doubt = f"least certain: {least.digit}, {percent(least.confidence)}"
    if len(result.found) == 1:
        doubt = percent(least.confidence)
    return f"{' / '.join(rows)} ({count(len(result.found), 'digit')}, {doubt})"


def _text_rows(found: Sequence[Reading]) -> list[list[Reading]]:
    """Return readings in rows from top to bottom, each from left to right.

    A digit belongs to the row above it if its middle is above the lower edge of that row's last.
    """
    rows: list[list[Reading]] = []
    for one in sorted(found, key=lambda one: one.box_xywh[1] + one.box_xywh[3] / 2):
        _, top, _, height = one.box_xywh
        if rows and top + height / 2 < rows[-1][-1].box_xywh[1] + rows[-1][-1].box_xywh[3]:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: one.box_xywh[0]) for row in rows]


def _likeliest(result: Classification, names: Mapping[int, str], truth: object) -> str:
    """Return the likeliest classes with their probability, and the truth if it is known."""
    top = result.top(_TOP)
    parts = [
        f"{_name(class_id, names)} {percent(share)}"
        for place, (class_id, share) in enumerate(top)
        if place == 0 or share >= _LEAST
    ]
    if isinstance(truth, int | np.integer):
        right = int(truth) == result.class_id
        parts.append("right" if right else f"wrong: it is {_name(truth, names)}")
    return ", ".join(parts)


def _name(class_id: int | np.integer, names: Mapping[int, str]) -> str:
    """Return the name of a class, or its number if it has none."""
    return names.get(int(class_id), f"class {class_id}")

"""Bring together all that a street network is trained on, by the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import UsageError
from host_tools.train.street.batches import WeightedSet
from host_tools.train.street.frames import (
    DatasetPart,
    Sample,
    held_out,
    parts_of,
    read_part,
    scenes_of,
    study,
)
from host_tools.train.street.teacher import Teacher
from host_tools.train.street.validation import ValidationSample

# Large data sets are drawn from more often, but less than their size says: 8 frames of Cityscapes
# beside 443 of CamVid would not be seen otherwise. What only the teacher has labelled counts half.
_POWER, _UNSURE = 0.7, 0.5
# Drawn scenes have exact labels of all classes, but are no photographs.
_SCENES = 0.4


@dataclass(frozen=True, slots=True)
class Gathered:
    """Hold what is trained on, and what the training is watched by."""

    shelves: Sequence[WeightedSet]
    held: Sequence[ValidationSample]


def check_texts(texts: Sequence[str]) -> None:
    """Raise UsageError where a text names no data."""
    for text in texts:
        if not scenes_of(text):
            parts_of(text)


def gather(
    texts: Sequence[str], teacher: Teacher, cache: Path, tell: Callable[[str], None]
) -> Gathered:
    """Read all data, each picture taught once; raise UsageError where there is none.

    texts: `camvid:DIR`, `cityscapes:DIR`, `video:FILE` or `scenes:COUNT`. tell: takes a line for
        each of them.
    """
    shelves, drawn, held = [], [], []
    for text in texts:
        count = scenes_of(text)
        if count:
            from host_tools.synthetic_streets.plans import street_scene
            from host_tools.train.street.synthetic_samples import draw_studies

            drawn += draw_studies(count, cache, street_scene)
            tell(f"{text}: {count} scenes drawn")
            continue
        parts = parts_of(text)
        studies = [one for part in parts for one in taught(part, teacher, cache)]
        if not studies:
            raise UsageError(f"--data {text}: there are no pictures to train on")
        weight = 1.0 if parts[0].truth else _UNSURE
        shelves.append(WeightedSet(studies, weight * len(studies) ** _POWER))
        held += [one for part in held_out(text) for one in held_of(part)]
        tell(f"{text}: {len(studies)} pictures")
    if not shelves and not drawn:
        raise UsageError("there is nothing to train on; give --data, which may be repeated")
    if drawn:
        others = sum(shelf.share for shelf in shelves)
        shelves.append(WeightedSet(drawn, others * _SCENES / (1 - _SCENES) if others else 1.0))
    return Gathered(shelves, held)


def taught(part: DatasetPart, teacher: Teacher, cache: Path) -> list[Sample]:
    """Return the pictures of a part with their lessons."""
    return [study(image, truth, part.labels, teacher, cache) for image, truth in read_part(part)]


def held_of(part: DatasetPart) -> list[ValidationSample]:
    """Return the pictures of a part with their truth."""
    return [
        ValidationSample(image, truth, part.labels)
        for image, truth in read_part(part)
        if truth is not None
    ]

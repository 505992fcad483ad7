"""The training and validation data of a street network, as named on the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import UsageError
from host_tools.train.street.batches import WeightedSet
from host_tools.train.street.frames import (
    labelled_sample,
    open_part,
    parts_of,
    read_part,
    scene_count,
)
from host_tools.train.street.teacher import Teacher
from host_tools.train.street.validation import ValidationSample

# Samples are drawn from large data sets more often, but less than in proportion: 8 frames of
# Cityscapes would hardly be seen beside 443 of CamVid. Data with only the teacher's labels counts
# half.
_POWER, _TEACHER_ONLY = 0.7, 0.5
# The share of synthetic scenes: they have exact labels of all classes, but are not photographs.
_SCENES = 0.4


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The sets to train on, and the held-out samples to score on."""

    sets: Sequence[WeightedSet]
    validation: Sequence[ValidationSample]


def check_data(texts: Sequence[str]) -> None:
    """Raise UsageError if a text does not name data, and SourceError for what cannot be read."""
    for text in texts:
        for part in () if scene_count(text) else parts_of(text):
            open_part(part).close()


def read_data(
    texts: Sequence[str], teacher: Teacher, cache: Path, print_line: Callable[[str], None]
) -> TrainingData:
    """Read all data, labelled by the teacher; raise UsageError if there is none.

    texts: `camvid:DIR`, `cityscapes:DIR`, `video:FILE` or `scenes:COUNT`.
    print_line: gets a line for each of them.
    """
    sets, drawn, validation = [], [], []
    for text in texts:
        count = scene_count(text)
        if count:
            from host_tools.synthetic_streets.plans import street_scene
            from host_tools.train.street.synthetic_samples import draw_samples

            drawn += draw_samples(count, cache, street_scene)
            print_line(f"{text}: {count} scenes")
            continue
        parts = parts_of(text)
        samples = [
            labelled_sample(image, truth, part.labels, teacher, cache)
            for part in parts
            if not part.held_out
            for image, truth in read_part(part)
        ]
        if not samples:
            raise UsageError(f"--data {text}: there are no images to train on")
        weight = 1.0 if parts[0].truth else _TEACHER_ONLY
        sets.append(WeightedSet(samples, weight * len(samples) ** _POWER))
        validation += [
            ValidationSample(image, truth, part.labels)
            for part in parts
            if part.held_out
            for image, truth in read_part(part)
            if truth is not None
        ]
        print_line(f"{text}: {len(samples)} images")
    if not sets and not drawn:
        raise UsageError("there is nothing to train on; give --data, which may be repeated")
    if drawn:
        others = sum(each.weight for each in sets)
        sets.append(WeightedSet(drawn, others * _SCENES / (1 - _SCENES) if others else 1.0))
    return TrainingData(sets, validation)

"""Read the pictures to train on, with their truth and the teacher's lesson on each."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError, UsageError
from edge_app.frame import ClassMap, Image
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from host_tools.convert.calibration import fingerprint
from host_tools.train.street.teacher import SoftLabels, Teacher, teach
from host_tools.train.street.truth_resize import resize_maps

KINDS = ("camvid", "cityscapes", "video")
# Wider pictures are made smaller: the network's own input is 512 wide, and 2,975 Cityscapes
# frames at full size would take 18 GB.
WIDEST = 1024
# Neighbours in a video are alike.
VIDEO_EVERY = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold one picture to train on.

    image: uint8 (H, W, 3) BGR. lesson: labels of the same size, and soft ones.
    """

    image: Image
    lesson: SoftLabels


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """Name pictures of one kind: where they are, and their truth's folder and label set."""

    pictures: str
    truth: str | None
    labels: str
    every: int = 1
    first: int = 0
    last: int | None = None


def parts_of(text: str) -> list[DatasetPart]:
    """Read `camvid:DIR`, `cityscapes:DIR` or `video:FILE`; raise UsageError for all else.

    The last quarter of CamVid's val drive is held out, to watch the training by.
    """
    kind, colon, name = text.partition(":")
    if not colon or kind not in KINDS:
        raise UsageError(
            f"--data {text}: write {', '.join(f'{k}:PATH' for k in KINDS)} or scenes:COUNT"
        )
    path = Path(name).expanduser()
    if kind == "video":
        return [DatasetPart(str(path), None, "cityscapes", VIDEO_EVERY)]
    if kind == "cityscapes":
        pair = path / "leftImg8bit" / "train", path / "gtFine" / "train"
        return [DatasetPart(str(pair[0]), str(pair[1]), "cityscapes")]
    parts = [DatasetPart(str(path / "train"), str(path / "trainannot"), "camvid")]
    if (path / "val").is_dir():
        parts.append(DatasetPart(str(path / "val"), str(path / "valannot"), "camvid", last=-25))
    return parts


def scenes_of(text: str) -> int:
    """Return how many scenes `scenes:COUNT` asks for, 0 where it is something else."""
    kind, _, count = text.partition(":")
    if kind != "scenes":
        return 0
    if not count.isdigit() or int(count) < 1:
        raise UsageError(f"--data {text}: write how many scenes to draw, as in scenes:400")
    return int(count)


def held_out(text: str) -> list[DatasetPart]:
    """Return the pictures to watch the training by, where a data set has some apart."""
    kind, _, name = text.partition(":")
    path = Path(name).expanduser()
    if kind == "camvid" and (path / "val").is_dir():
        return [DatasetPart(str(path / "val"), str(path / "valannot"), "camvid", first=-25)]
    return []


def read_part(part: DatasetPart) -> Iterator[tuple[Image, ClassMap | None]]:
    """Yield pictures with their truth, at most 1024 wide; raise SourceError."""
    truth = open_truth(part.truth, part.labels) if part.truth else None
    with open_source(part.pictures, truth=truth) as source:
        count = source.frame_count or 0
        first = part.first + count if part.first < 0 else part.first
        last = count + part.last if part.last is not None and part.last < 0 else part.last
        for frame in source:
            if frame.index < first or frame.index % part.every:
                continue
            if last is not None and frame.index >= last:
                break
            known = frame.truth if isinstance(frame.truth, np.ndarray) else None
            yield frame.image, known


def shrink(image: Image, truth: ClassMap | None) -> tuple[Image, ClassMap | None]:
    """Bring a picture and its truth to at most 1024 wide."""
    height, width = image.shape[:2]
    if width <= WIDEST:
        return image, truth
    size = (WIDEST, round(height * WIDEST / width))
    image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    if truth is not None:
        truth = np.asarray(cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    return image, truth


def study(
    image: Image, truth: ClassMap | None, labels: str, teacher: Teacher, cache: Path
) -> Sample:
    """Return a picture with its lesson, from the cache where the teacher has seen it before."""
    key = hashlib.sha256(fingerprint(image) + teacher.sha256.encode() + labels.encode())
    if truth is not None:
        key.update(truth.tobytes())
    small, small_truth = shrink(image, truth)
    path = cache / f"{key.hexdigest()[:24]}.npz"
    kept = kept_arrays(path, ("labels", "soft"))
    if kept is not None:
        return Sample(small, SoftLabels(*kept))
    seen = teacher.probabilities(image)
    if seen.shape[:2] != small.shape[:2]:
        seen = resize_maps(seen, (small.shape[1], small.shape[0]))
    lesson = teach(seen, small_truth, labels)
    keep_arrays(path, labels=lesson.labels, soft=lesson.soft)
    return Sample(small, lesson)


def kept_arrays(path: Path, names: Sequence[str]) -> list[NDArray[np.uint8]] | None:
    """Return arrays from a file of the cache; None where there is none or it is damaged."""
    try:
        with np.load(path) as kept:
            return [np.asarray(kept[name], np.uint8) for name in names]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def keep_arrays(path: Path, **arrays: NDArray[np.uint8]) -> None:
    """Write a file of the cache in one step; raise SourceError where it cannot be."""
    draft = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        draft.replace(path)
    except OSError as fault:
        raise SourceError(
            f"{path} cannot be written ({fault.strerror}); name another place with --cache"
        ) from None

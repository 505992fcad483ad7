"""Training images with their truth, labelled once by the teacher."""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import atomic_file
from edge_app.disk_faults import reason_of
from edge_app.errors import SourceError, UsageError
from edge_app.frame import ClassMap, Image
from edge_app.input_file import home_path
from edge_app.sources.factory import exists, missing, open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import open_truth
from host_tools.convert.image_worth import fingerprint
from host_tools.train.street.teacher import SoftLabels, Teacher, soft_labels
from host_tools.train.street.truth_resize import resize_maps

KINDS = ("camvid", "cityscapes", "video")
# Wider images are shrunk: the network's input is 512 wide, and 2,975 Cityscapes frames at full
# size would take 18 GB.
WIDEST = 1024
# Consecutive video frames hardly differ.
VIDEO_EVERY = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One image to train on, uint8 (H, W, 3) BGR, with labels of the same size and soft ones."""

    image: Image
    target: SoftLabels


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """A part of a data set: its images, and the folder and label set of their truth.

    every, first, last: which images, by their index; a negative one counts from the end.
    held_out: whether they are for validation only.
    """

    images: str
    truth: str | None
    labels: str
    every: int = 1
    first: int = 0
    last: int | None = None
    held_out: bool = False


def parts_of(text: str) -> list[DatasetPart]:
    """Read `camvid:DIR`, `cityscapes:DIR` or `video:FILE`; raise UsageError for anything else.

    The last quarter of CamVid's val drive is held out for validation.
    """
    kind, colon, name = text.partition(":")
    if not colon or kind not in KINDS:
        raise UsageError(
            f"--data {text}: write {', '.join(f'{k}:PATH' for k in KINDS)} or scenes:COUNT"
        )
    path = home_path(name, SourceError)
    if not exists(path):
        raise SourceError(missing(path))
    if kind == "video":
        return [DatasetPart(str(path), None, "cityscapes", VIDEO_EVERY)]
    if kind == "cityscapes":
        pair = path / "leftImg8bit" / "train", path / "gtFine" / "train"
        return [DatasetPart(str(pair[0]), str(pair[1]), "cityscapes")]
    parts = [DatasetPart(str(path / "train"), str(path / "trainannot"), "camvid")]
    if exists(path / "val"):
        val = str(path / "val"), str(path / "valannot"), "camvid"
        parts.append(DatasetPart(*val, last=-25))
        parts.append(DatasetPart(*val, first=-25, held_out=True))
    return parts


def scene_count(text: str) -> int:
    """Return the number of `scenes:COUNT`; 0 for other data."""
    kind, _, count = text.partition(":")
    if kind != "scenes":
        return 0
    if not count.isdecimal() or len(count) > 9 or int(count) < 1:
        raise UsageError(f"--data {text}: give the number of scenes, as in scenes:400")
    return int(count)


def open_part(part: DatasetPart) -> Source:
    """Open images with their truth; raise SourceError."""
    truth = open_truth(part.truth, part.labels) if part.truth else None
    return open_source(part.images, truth=truth)


def read_part(part: DatasetPart) -> Iterator[tuple[Image, ClassMap | None]]:
    """Yield images with their truth; raise SourceError."""
    with open_part(part) as source:
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
    """Shrink an image and its truth to at most 1024 pixels width."""
    height, width = image.shape[:2]
    if width <= WIDEST:
        return image, truth
    size = (WIDEST, round(height * WIDEST / width))
    image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    if truth is not None:
        truth = np.asarray(cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    return image, truth


def labelled_sample(
    image: Image, truth: ClassMap | None, labels: str, teacher: Teacher, cache: Path
) -> Sample:
    """Return an image with its labels, from the cache if the teacher has labelled it before."""
    key = hashlib.sha256(fingerprint(image) + teacher.key.encode() + labels.encode())
    if truth is not None:
        key.update(truth.tobytes())
    small, small_truth = shrink(image, truth)
    path = cache / f"{key.hexdigest()[:24]}.npz"
    cached = load_arrays(path, ("labels", "soft"))
    if cached is not None:
        return Sample(small, SoftLabels(*cached))
    shares = teacher.probabilities(image)
    if shares.shape[:2] != small.shape[:2]:
        shares = resize_maps(shares, (small.shape[1], small.shape[0]))
    target = soft_labels(shares, small_truth, labels, teacher.views.sure)
    save_arrays(path, labels=target.labels, soft=target.soft)
    return Sample(small, target)


def load_arrays(path: Path, names: Sequence[str]) -> list[NDArray[np.uint8]] | None:
    """Read arrays from a file of the cache; return None if there is none or it is damaged."""
    try:
        # A damaged archive would stay open: numpy closes only what it has opened itself.
        with path.open("rb") as opened, np.load(opened) as file:
            return [np.asarray(file[name], np.uint8) for name in names]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def save_arrays(path: Path, **arrays: NDArray[np.uint8]) -> None:
    """Write a file of the cache, whole or not at all; raise SourceError if that fails.

    Two trainings may share a cache, and write the same file with the same content at once.
    """
    advice = "name another place with --cache"
    own = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
    with atomic_file(own, error=SourceError, advice=advice) as draft, draft.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    try:
        own.replace(path)
    except OSError as fault:
        raise SourceError(f"cannot write {path}: {reason_of(fault, advice)}") from None

"""Name a data set, find its pictures and truth, and open any part of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Frame
from edge_app.sources.factory import open_source
from edge_app.sources.image import ImageFiles, find_images
from edge_app.sources.truth import KINDS, open_truth

_FORMS = (
    "camvid:DIR, cityscapes:DIR, driveseg:TAR with its video beside it, idx:IMAGES,LABELS, "
    "or any of these as KIND:PICTURES,TRUTH"
)
_VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Name pictures and their truth by paths, so that it can travel to where they are read.

    kind: camvid, cityscapes, driveseg, which say what the ids mean, or idx.
    """

    kind: str
    pictures: str
    truth: str

    @property
    def name(self) -> str:
        """What to call it: its kind, and the last folder or file of its pictures."""
        return f"{self.kind}/{Path(self.pictures).name}"

    def digest(self) -> str:
        """Return a SHA-256 over the names and sizes of all its files.

        It tells data sets apart on boards that keep them in different places, without reading
        gigabytes. Raises SourceError where they are not there.
        """
        told = hashlib.sha256(self.kind.encode())
        for text in (self.pictures, self.truth):
            for name, size in _files(Path(text)):
                told.update(f"{name}\0{size}\n".encode())
        return told.hexdigest()


class ImageSet:
    """Give the frames of a data set, with their truth, from any position on.

    count: how many there are, damaged ones too. labels: the name of the truth's label set.
    Raises SourceError where pictures or truth cannot be read, or do not fit.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._truth = open_truth(dataset.truth, dataset.kind if dataset.kind in KINDS else None)
        self.labels = self._truth.labels
        self._name = dataset.name
        self._paths: list[Path] = []
        folder = Path(dataset.pictures)
        if folder.is_dir():
            self._paths = find_images(folder)
            self._names = [path.relative_to(folder).as_posix() for path in self._paths]
            self._truth.check(len(self._names), self._names)
            self.count = len(self._paths)
            return
        self._source = open_source(dataset.pictures, truth=self._truth)
        if self._source.frame_count is None:
            raise SourceError(
                f"{dataset.pictures} does not say how many frames it has; unpack it to a folder"
            )
        self.count = self._source.frame_count

    def frames(self, start: int, stop: int, damaged: list[str]) -> Iterator[tuple[int, Frame]]:
        """Yield the positions and frames from `start` to before `stop`.

        A folder is entered anywhere; a video is decoded from its first frame.
        damaged: gets a line for each picture that cannot be read.
        """
        if not self._paths:
            frames = islice(self._source, start, stop)
            yield from ((frame.index, frame) for frame in frames)
            return
        names = self._names[start:stop]
        source = ImageFiles(self._name, self._paths[start:stop], names, truth=self._truth)
        places = {name: start + place for place, name in enumerate(names)}
        try:
            for frame in source:
                yield places[frame.name], frame
        except SourceError:
            if source.damaged < len(names):
                raise
        damaged.extend(source.notes)


def parse_dataset(text: str) -> Dataset:
    """Read --dataset; raise UsageError with the forms there are, SourceError for lacking files."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in {*KINDS, "idx"}:
        raise UsageError(f"--dataset {text}: give {_FORMS}")
    pictures, comma, truth = rest.rpartition(",")
    path = Path(rest).expanduser()
    if comma and not path.exists():
        found = Path(pictures).expanduser(), Path(truth).expanduser()
    elif kind == "camvid":
        found = camvid_split(path)
    elif kind == "cityscapes":
        found = cityscapes_split(path)
    elif kind == "driveseg":
        found = _video_beside(path), path
    else:
        raise UsageError(f"--dataset {text} needs two IDX files: idx:IMAGES,LABELS")
    for each in found:
        if not each.exists():
            raise SourceError(f"there is no {each}; check --dataset, it takes {_FORMS}")
    return Dataset(kind, *(str(each.absolute()) for each in found))


def camvid_split(folder: Path) -> tuple[Path, Path]:
    """Return pictures and truth of CamVid: its test split, or the split that is named."""
    for pictures in (folder / "test", folder):
        # "." has no name of its own.
        truth = pictures.parent if pictures.name else pictures.resolve().parent
        truth /= f"{pictures.resolve().name}annot"
        if pictures.is_dir() and truth.is_dir():
            return pictures, truth
    raise SourceError(
        f"{folder} holds no test beside testannot; name CamVid's folder or one of its splits"
    )


def cityscapes_split(folder: Path) -> tuple[Path, Path]:
    """Return pictures and truth of Cityscapes: its val split, or all where there is none."""
    images, truth = folder / "leftImg8bit", folder / "gtFine"
    if not (images.is_dir() and truth.is_dir()):
        raise SourceError(
            f"{folder} holds no leftImg8bit and gtFine; name the folder that holds both"
        )
    if (images / "val").is_dir() and (truth / "val").is_dir():
        return images / "val", truth / "val"
    return images, truth


def _video_beside(tarball: Path) -> Path:
    """Find the video whose truth a tarball is: NAME.mp4 beside NAME_gt.tar.gz."""
    stem = tarball.name.partition(".tar")[0]
    stems = {stem, stem.removesuffix("_gt"), stem.removesuffix("-truth")}
    if tarball.is_file():
        beside = sorted(tarball.parent.iterdir())
        for path in beside:
            if path.stem in stems and path.suffix.lower() in _VIDEOS:
                return path
    raise SourceError(f"there is no video beside {tarball} with its name; give driveseg:VIDEO,TAR")


def _files(path: Path) -> list[tuple[str, int]]:
    if path.is_file():
        return [(path.name, path.stat().st_size)]
    files = (each for each in path.rglob("*") if each.is_file() and each.name[0] != ".")
    return sorted((each.relative_to(path).as_posix(), each.stat().st_size) for each in files)

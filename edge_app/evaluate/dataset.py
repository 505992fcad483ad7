"""Data sets: finding images and truth on disk, and reading any part of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Frame
from edge_app.input_file import home_path, reachable
from edge_app.labels import TRUTH_SETS
from edge_app.sources.factory import exists, open_source, similar
from edge_app.sources.image import ImageFiles, find_images
from edge_app.sources.truth import open_truth

_FORMS = (
    "camvid:DIR, cityscapes:DIR, driveseg:TAR with its video beside it, idx:IMAGES,LABELS, "
    f"or KIND:IMAGES,TRUTH with one of {', '.join(TRUTH_SETS)}"
)
_LAYOUTS = ("camvid", "cityscapes", "driveseg")  # known by one path
_VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Paths of images and their truth, so that another machine can read them.

    kind: one of `TRUTH_SETS` (the meaning of the class ids), or idx.
    """

    kind: str
    images: str
    truth: str

    @property
    def name(self) -> str:
        """Its kind, and the last folder or file of its images."""
        return f"{self.kind}/{Path(self.images).name}"

    def digest(self) -> str:
        """Return a SHA-256 over the names and sizes of all its files.

        It identifies a data set on boards that keep it in different places, without reading
        gigabytes.
        """
        digest = hashlib.sha256(self.kind.encode())
        for text in (self.images, self.truth):
            for name, size in _files(Path(text)):
                digest.update(f"{name}\0{size}\n".encode())
        return digest.hexdigest()


class ImageSet:
    """Frames of a data set with their truth, readable from any position.

    count: number of frames, damaged ones included. labels: the name of the truth's label set.
    Raises SourceError if images or truth cannot be read, or do not fit each other.
    """

    def __init__(self, dataset: Dataset) -> None:
        labels = dataset.kind if dataset.kind in TRUTH_SETS else None
        self._truth = open_truth(dataset.truth, labels)
        self.labels = self._truth.labels
        self._name = dataset.name
        self._paths: list[Path] = []
        folder = Path(dataset.images)
        if folder.is_dir():
            self._paths = find_images(folder)
            self._names = [path.relative_to(folder).as_posix() for path in self._paths]
            self._truth.check(len(self._names), self._names)
            self.count = len(self._paths)
            return
        self._source = open_source(dataset.images, truth=self._truth)
        if self._source.frame_count is None:
            raise SourceError(f"{dataset.images} has no frame count; unpack it to a folder")
        self.count = self._source.frame_count

    def frames(self, start: int, stop: int, damaged: list[str]) -> Iterator[tuple[int, Frame]]:
        """Yield the positions and frames from `start` to before `stop`.

        A folder is read from `start`; a video is decoded from its first frame.
        damaged: gets a line for each image that cannot be read.
        """
        if not self._paths:
            before = self._source.damaged
            frames = islice(self._source, start, stop)
            yield from ((frame.index, frame) for frame in frames)
            if stop >= self.count:  # the only part that reads a video to its end
                lost = self._source.damaged - before
                name = self._source.name
                damaged += [f"{name}: damaged frame {n} of {lost}" for n in range(1, lost + 1)]
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
        damaged.extend(source.damage_notes)


def parse_dataset(text: str) -> Dataset:
    """Read --dataset. Raises UsageError with the valid forms, SourceError for missing files."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in {*TRUTH_SETS, "idx"}:
        raise UsageError(f"--dataset {text}: give {_FORMS}")
    with reachable(f"--dataset {text}", SourceError):
        return _named(text, kind, rest)


def _named(text: str, kind: str, rest: str) -> Dataset:
    """Return a data set by its kind and its one or two paths."""
    images, comma, truth = rest.rpartition(",")
    path = home_path(rest, SourceError)
    if comma and not path.exists():
        found = home_path(images, SourceError), home_path(truth, SourceError)
    elif kind in _LAYOUTS and not exists(path):
        what = "file" if kind == "driveseg" else "folder"
        raise SourceError(f"there is no {what} {path}; {similar(path)}")
    elif kind == "camvid":
        found = camvid_split(path)
    elif kind == "cityscapes":
        found = cityscapes_split(path)
    elif kind == "driveseg":
        found = _video_beside(path), path
    else:
        what = "IDX files: idx:IMAGES,LABELS" if kind == "idx" else f"paths: {kind}:IMAGES,TRUTH"
        raise UsageError(f"--dataset {text} needs two {what}")
    for each in found:
        if not each.exists():
            raise SourceError(f"{each} does not exist; check --dataset ({_FORMS})")
    return Dataset(kind, *(str(each.absolute()) for each in found))


def camvid_split(folder: Path) -> tuple[Path, Path]:
    """Return images and truth of CamVid: its test split, or the named split."""
    for images in (folder / "test", folder):
        # "." has no name of its own.
        truth = images.parent if images.name else images.resolve().parent
        truth /= f"{images.resolve().name}annot"
        if images.is_dir() and truth.is_dir():
            return images, truth
    raise SourceError(
        f"{folder} contains no test beside testannot; name CamVid's folder or one of its splits"
    )


def cityscapes_split(folder: Path) -> tuple[Path, Path]:
    """Return images and truth of Cityscapes: its val split, or all without one."""
    images, truth = folder / "leftImg8bit", folder / "gtFine"
    if not (images.is_dir() and truth.is_dir()):
        raise SourceError(f"{folder} contains no leftImg8bit and gtFine; name the folder of both")
    if (images / "val").is_dir() and (truth / "val").is_dir():
        return images / "val", truth / "val"
    return images, truth


def _video_beside(tarball: Path) -> Path:
    """Return the video of a tarball with truth: NAME.mp4 beside NAME_gt.tar.gz."""
    stem = tarball.name.partition(".tar")[0]
    stems = {stem, stem.removesuffix("_gt"), stem.removesuffix("-truth")}
    if tarball.is_file():
        beside = sorted(tarball.parent.iterdir())
        for path in beside:
            if path.stem in stems and path.suffix.lower() in _VIDEOS:
                return path
    raise SourceError(f"no video beside {tarball} has its name; give driveseg:VIDEO,TAR")


def _files(path: Path) -> list[tuple[str, int]]:
    if path.is_file():
        return [(path.name, path.stat().st_size)]
    files = (each for each in path.rglob("*") if each.is_file() and each.name[0] != ".")
    return sorted((each.relative_to(path).as_posix(), each.stat().st_size) for each in files)

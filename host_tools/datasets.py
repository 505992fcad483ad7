"""MNIST on this machine: four IDX files in one folder."""

from __future__ import annotations

import gzip
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import atomic_file
from edge_app.errors import SourceError, UsageError
from edge_app.paths import cache_dir
from edge_app.sources.idx import IMAGES, LABELS, read_idx
from host_tools.framework import load_keras

# The files' names as Yann LeCun published them: {part: (images, labels)}.
PARTS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits with their labels.

    images: uint8 (N, 28, 28), bright ink. labels: uint8 (N,), 0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def scaled(self) -> NDArray[np.float32]:
        """Return the pixels as the network takes them: float32 (N, 28, 28), 0 to 1."""
        return np.asarray(self.images, np.float32) / np.float32(255)


def read_digits(folder: Path, part: str) -> Digits:
    """Read the "train" or "test" digits of a folder; raise SourceError if they are no digits."""
    images_path, labels_path = digit_files(folder, part)
    images, labels = read_idx(images_path, IMAGES), read_idx(labels_path, LABELS)
    if len(images) != len(labels):
        raise SourceError(
            f"{images_path.name} holds {len(images)} digits, {labels_path.name} {len(labels)} "
            f"labels; put the files that belong together into {folder}"
        )
    if images.shape[1:] != (28, 28) or int(labels.max()) > 9:
        raise SourceError(
            f"{folder} holds {images.shape[2]}x{images.shape[1]} images with labels up to "
            f"{int(labels.max())}, not 28x28 digits; choose a folder with MNIST's files"
        )
    return Digits(images, labels)


def digit_files(folder: Path, part: str) -> tuple[Path, Path]:
    """Return the image and label file of a part, plain or gzipped; raise SourceError."""
    images, labels = (_file(folder, stem) for stem in PARTS[part])
    return images, labels


def _file(folder: Path, stem: str) -> Path:
    path = _find(folder, stem)
    if path is None:
        raise SourceError(
            f"{folder} has neither {stem} nor {stem}.gz; choose a folder with MNIST's four files"
        )
    return path


def holds_mnist(folder: Path, part: str = "train") -> bool:
    """Return whether a folder has MNIST's images of a part."""
    return _find(folder, PARTS[part][0]) is not None


def _find(folder: Path, stem: str) -> Path | None:
    paths = (folder / stem, folder / f"{stem}.gz")
    with suppress(OSError):  # a name that is too long has none either
        return next((path for path in paths if path.is_file()), None)
    return None


def find_mnist(chosen: Path | None = None) -> Path:
    """Return a folder with MNIST's four IDX files.

    It is the chosen folder, by default ./mnist of `host-tools fetch mnist`, else the cache, which
    is filled by Keras the first time. Raises SourceError with the ways to get the files.
    """
    folder = chosen or local_mnist() or cache_folder()
    if folder == cache_folder() and not _is_complete(folder):
        _download_with_keras(folder)
    for part in PARTS:
        digit_files(folder, part)
    return folder


def local_mnist() -> Path | None:
    """Return ./mnist of `host-tools fetch mnist` or the filled cache; None if neither is there."""
    fetched = Path("mnist")
    if holds_mnist(fetched):
        return fetched
    return cache_folder() if _is_complete(cache_folder()) else None


def _is_complete(folder: Path) -> bool:
    return all(_find(folder, stem) for stems in PARTS.values() for stem in stems)


def cache_folder() -> Path:
    """Return where MNIST from Keras is kept as IDX files."""
    return cache_dir() / "mnist"


def _download_with_keras(folder: Path) -> None:
    try:
        sets = dict(zip(PARTS, load_keras().datasets.mnist.load_data(), strict=True))
    except Exception as fault:  # noqa: BLE001 - Keras raises a bare Exception without a network
        raise SourceError(
            f"MNIST is not on this machine, and Keras cannot download it: {fault}; run "
            "'host-tools fetch mnist', or choose a folder with the four IDX files with --data"
        ) from None
    for part, arrays in sets.items():
        for stem, values in zip(PARTS[part], arrays, strict=True):
            write_idx(folder / f"{stem}.gz", values)


def write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    """Write uint8 values (N,) or (N, H, W) as a gzipped IDX file, whole or not at all.

    The same values give the same bytes on one zlib: the gzip header has no time and no name.
    """
    header = bytes((0, 0, 0x08, values.ndim)) + np.asarray(values.shape, ">u4").tobytes()
    with (
        atomic_file(path) as draft,
        draft.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped,
    ):
        zipped.write(header + values.tobytes())


def pick_balanced(labels: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.int64]:
    """Return random positions with every digit equally often, in random order: int64 (count,).

    Raises UsageError if the count is not ten equal parts, or a digit has too few.
    """
    if count < 10 or count % 10:
        raise UsageError(f"{count} digits cannot be ten equal parts; choose a multiple of 10")
    draw = np.random.default_rng(seed)
    picked = []
    for digit in range(10):
        have = np.flatnonzero(labels == digit)
        if len(have) < count // 10:
            raise UsageError(
                f"there are only {len(have)} of the digit {digit}; choose at most {len(have) * 10}"
            )
        picked.append(draw.choice(have, count // 10, replace=False))
    return np.asarray(draw.permutation(np.concatenate(picked)), np.int64)


def write_sample(folder: Path, out: Path, *, count: int, seed: int) -> tuple[Path, Path]:
    """Write a balanced sample of the test digits as two IDX files; return their paths.

    The same folder, count and seed give the same bytes.
    """
    digits = read_digits(folder, "test")
    picked = pick_balanced(digits.labels, count, seed)
    paths = out / "digits-images-idx3-ubyte.gz", out / "digits-labels-idx1-ubyte.gz"
    write_idx(paths[0], digits.images[picked])
    write_idx(paths[1], digits.labels[picked])
    return paths

"""MNIST is found, read and sampled."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import SourceError, UsageError
from edge_app.sources.idx import IMAGES, LABELS, read_idx
from host_tools import datasets
from host_tools.datasets import (
    PARTS,
    cache_folder,
    find_mnist,
    holds_mnist,
    pick_balanced,
    read_digits,
    write_idx,
    write_sample,
)
from tests.support.made_digits import made_digits, made_mnist


@pytest.mark.parametrize(("part", "count"), [("train", 200), ("test", 50)])
def test_reads_the_digits_of_a_part(mnist: Path, part: str, count: int) -> None:
    """All images and labels are read, and pixels scale to 0..1."""
    digits = read_digits(mnist, part)
    assert digits.images.shape == (count, 28, 28)
    assert digits.labels.tolist() == [i % 10 for i in range(count)]
    assert digits.scaled().dtype == np.float32
    assert digits.scaled().max() == 1


def test_reads_plain_files_as_well(mnist: Path, tmp_path: Path) -> None:
    """A file may be gzipped or not."""
    for path in mnist.iterdir():
        (tmp_path / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    plain, zipped = read_digits(tmp_path, "test"), read_digits(mnist, "test")
    assert np.array_equal(plain.images, zipped.images)


def test_a_missing_file_is_an_error(mnist: Path, tmp_path: Path) -> None:
    """With three of the four files, the error has the name of the missing one."""
    folder = made_mnist(tmp_path)
    (folder / f"{PARTS['test'][1]}.gz").unlink()
    with pytest.raises(SourceError, match="neither t10k-labels-idx1-ubyte nor"):
        find_mnist(folder)


def test_unequal_counts_are_an_error(tmp_path: Path) -> None:
    """The error has both counts."""
    folder = made_mnist(tmp_path)
    write_idx(folder / f"{PARTS['train'][1]}.gz", made_digits(199).labels)
    with pytest.raises(SourceError, match=r"200 digits.*199 labels"):
        read_digits(folder, "train")


def test_images_of_another_size_are_an_error(tmp_path: Path) -> None:
    """Digits are 28x28."""
    folder = made_mnist(tmp_path)
    write_idx(folder / f"{PARTS['train'][0]}.gz", np.zeros((200, 20, 28), np.uint8))
    with pytest.raises(SourceError, match="28x20"):
        read_digits(folder, "train")


def test_finds_what_fetch_has_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`host-tools fetch mnist` writes to ./mnist by default."""
    folder = made_mnist(tmp_path / "mnist")
    monkeypatch.chdir(tmp_path)
    assert find_mnist().resolve() == folder
    assert holds_mnist(folder)


class _Keras:
    """Keras with nothing but its data set."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
        self.datasets = self
        self.mnist = self

    def load_data(self) -> tuple[tuple[object, object], tuple[object, object]]:
        """Return digits as Keras does, or fail as it does without a network."""
        if self.fault:
            raise self.fault
        train, test = made_digits(20), made_digits(10)
        return (train.images, train.labels), (test.images, test.labels)


def test_a_download_by_keras_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It becomes IDX files, and Keras is not called again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(None))
    assert find_mnist() == cache_folder()
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(Exception("called again")))
    assert len(read_digits(find_mnist(), "train").labels) == 20


def test_no_network_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the other two ways to get MNIST."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(Exception("URL fetch failure")))
    with pytest.raises(SourceError, match=r"URL fetch failure.*host-tools fetch mnist.*--data"):
        find_mnist()


def test_a_sample_is_balanced_and_the_same_every_time(mnist: Path, tmp_path: Path) -> None:
    """Two samples with one seed have the same bytes, and every digit equally often."""
    first = write_sample(mnist, tmp_path / "a", count=20, seed=3)
    again = write_sample(mnist, tmp_path / "b", count=20, seed=3)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert np.bincount(read_idx(first[1], LABELS)).tolist() == [2] * 10
    assert read_idx(first[0], IMAGES).shape == (20, 28, 28)


def test_a_sample_takes_no_digit_twice(mnist: Path) -> None:
    """A sample of all digits has each of them once."""
    picked = pick_balanced(read_digits(mnist, "test").labels, 50, 0)
    assert sorted(picked.tolist()) == list(range(50))


@pytest.mark.parametrize(("count", "why"), [(15, "multiple of 10"), (60, "at most 50"), (0, "ten")])
def test_an_unbalanced_sample_is_an_error(mnist: Path, count: int, why: str) -> None:
    """The count must be ten equal parts of the digits there are."""
    with pytest.raises(UsageError, match=why):
        pick_balanced(read_digits(mnist, "test").labels, count, 0)


def test_the_shipped_sample_is_what_the_command_makes(
    assets: Path, shared: Path, tmp_path: Path
) -> None:
    """The 500 shipped digits are a sample of MNIST's test digits with seed 0."""
    paths = write_sample(shared / "mnist", tmp_path, count=500, seed=0)
    for path, magic in zip(paths, (IMAGES, LABELS), strict=True):
        shipped = read_idx(assets / "samples" / path.name, magic)
        assert np.array_equal(shipped, read_idx(path, magic))

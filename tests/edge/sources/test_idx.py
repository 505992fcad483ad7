"""IDX files are checked strictly, since a wrong header would give wrong scores."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources.class_ids import read_idx_labels
from edge_app.sources.idx import IMAGES, LABELS, IdxDigits, idx_magic, read_idx
from tests.support import media_files as made

HEADER = bytes.fromhex("00000803 00000002 00000003 00000004")


def _labels(path: Path, *ids: int) -> Path:
    return made.write_idx(path, np.array(ids, np.uint8))


@pytest.mark.parametrize("name", ["digits", "digits.gz"])
def test_digits_share_one_channel(name: str, tmp_path: Path) -> None:
    """A digit is a read-only gray image whose three channels share memory."""
    made.write_digits(tmp_path / name, 3)
    for number, frame in enumerate(IdxDigits(tmp_path / name)):
        assert frame.image.shape == (28, 28, 3)
        assert frame.image.strides[2] == 0
        assert not frame.image.flags.writeable
        assert made.number_of(frame.image) == number
        assert (frame.name, frame.time_s) == (str(number), None)


# The bytes of a file, and what the error must say.
BROKEN = {
    "empty": (b"", "has something else"),
    "header cut": (HEADER[:9], "has images, not IDX images|header"),
    "labels": (bytes.fromhex("00000801 00000002 0102"), "has labels, not IDX images"),
    "floats": (bytes.fromhex("00000d03 00000001 00000001 00000001 00000000"), "something else"),
    "not a digit": (bytes.fromhex("00000803 00000000 0000001c 0000001c"), "has no images"),
    "no width": (bytes.fromhex("00000803 00000002 0000001c 00000000"), "has no images"),
    "too short": (HEADER + b"\1" * 23, "states 24 bytes of images but has 23"),
    "too long": (HEADER + b"\1" * 25, "states 24 bytes of images but has more"),
    "absurd": (
        bytes.fromhex("00000803 ffffffff ffffffff ffffffff"),
        "more than a file of its size",
    ),
    "gzip cut": (gzip.compress(HEADER + bytes(range(24)))[:-12], "cannot be read"),
    "gzip spoilt": (gzip.compress(b"\7" * 900)[:20] + b"\xff" * 30, "cannot be read"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_invalid_files_are_refused(kind: str, tmp_path: Path) -> None:
    """A wrong header or length is an error."""
    data, message = BROKEN[kind]
    path = tmp_path / "digits"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=message) as caught:
        IdxDigits(path)
    assert "\n" not in str(caught.value)


def test_the_magic_number_identifies_idx_files(tmp_path: Path) -> None:
    """The first bytes give the kind, also inside gzip."""
    made.write_digits(tmp_path / "a.gz")
    _labels(tmp_path / "b", 1, 2)
    (tmp_path / "c").write_bytes(b"\x1f\x8bno gzip at all")
    (tmp_path / "d").write_bytes(b"\x89PNG")
    found = [idx_magic(tmp_path / name) for name in ("a.gz", "b", "c", "d", "absent")]
    assert found == [IMAGES, LABELS, None, None, None]


def test_labels_above_nine_are_no_digits(tmp_path: Path) -> None:
    """They are the ids of a model's own classes; where digits are asked for, the frame is named."""
    path = _labels(tmp_path / "labels", 1, 2, 10)
    assert read_idx_labels(path).labels == "numbered"
    with pytest.raises(SourceError, match="has label 10 for frame 2, which is not a digit"):
        read_idx_labels(path, "digits")


@pytest.mark.parametrize("count", [4, 6])
def test_labels_and_digits_must_be_as_many(count: int, tmp_path: Path) -> None:
    """Another number of labels is refused with both numbers."""
    made.write_digits(tmp_path / "digits", 5)
    labels = read_idx_labels(_labels(tmp_path / "labels", *range(count)))
    with pytest.raises(SourceError, match=f"{count} labels, but there are 5 frames"):
        IdxDigits(tmp_path / "digits", truth=labels)


def test_labels_of_an_unknown_number_of_frames_are_refused(tmp_path: Path) -> None:
    """The number of frames must be known."""
    with pytest.raises(SourceError, match="unknown number"):
        read_idx_labels(_labels(tmp_path / "labels", 1)).check(None, None)


def test_a_label_past_the_end_is_an_error(tmp_path: Path) -> None:
    """The index does not wrap around."""
    with pytest.raises(SourceError, match="no label for frame 1"):
        read_idx_labels(_labels(tmp_path / "labels", 1)).of(1, "1")


def test_mnist_is_read_whole(shared: Path) -> None:
    """The 10,000 test digits have their labels, of which the first are known."""
    folder = shared / "mnist"
    truth = read_idx_labels(folder / "t10k-labels-idx1-ubyte.gz")
    frames = list(IdxDigits(folder / "t10k-images-idx3-ubyte.gz", truth=truth))
    assert len(frames) == 10_000
    assert [frame.truth for frame in frames[:10]] == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert read_idx(folder / "train-labels-idx1-ubyte.gz", LABELS).shape == (60_000,)

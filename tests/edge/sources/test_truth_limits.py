"""Truth tarballs and IDX files that state absurd sizes are refused before they are read."""

import gzip
import os
import struct
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources import idx, tar_headers, truth
from edge_app.sources.class_ids import read_csv_labels, read_idx_labels
from edge_app.sources.factory import open_source
from edge_app.sources.idx import IMAGES, read_idx
from edge_app.sources.image import read_image
from edge_app.sources.size_limits import PixelLimit
from edge_app.sources.truth import open_truth
from tests.support import media_files as made
from tests.support.made_archives import member

END = bytes(1024)


def sparse(size: int) -> bytes:
    """Return the header of a sparse member of GNU tar, which has no data at all."""
    block = bytearray(member("a.png").tobuf(tarfile.GNU_FORMAT))
    block[156:157] = tarfile.GNUTYPE_SPARSE
    block[386:410] = f"{size:011o}\0{0:011o}\0".encode()
    block[483:495] = f"{size:011o}\0".encode()
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


# What a tarball begins with, and the answer.
TARBALLS = {
    "sparse": (sparse(300 * 10**6), r"states a sparse member \(a\.png\); unpack it and give the"),
    "huge": (
        member("a.png", size=6 * 10**9).tobuf(tarfile.GNU_FORMAT),
        r"states 6,000 MB for a\.png, above 100 MB; unpack it",
    ),
    "huge beside": (
        member("notes.txt", size=6 * 10**9).tobuf(tarfile.GNU_FORMAT),
        "states 6,000 MB for notes",
    ),
    "negative": (
        member("a.png", size=-5).tobuf(tarfile.GNU_FORMAT),
        "is not truth that can be read",
    ),
    "no number": (
        member("a.png", pax_headers={"GNU.sparse.size": "x"}).tobuf(tarfile.PAX_FORMAT),
        "is not truth that can be read",
    ),
    "long name": (
        member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=6 * 10**9).tobuf(tarfile.GNU_FORMAT),
        "states headers of more than 16 MB; unpack it",
    ),
    "long header": (
        member("a", tarfile.XHDTYPE, size=3 * 10**9).tobuf(tarfile.USTAR_FORMAT),
        "states headers of more than 16 MB; unpack it",
    ),
    "negative long name": (
        member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=-5000).tobuf(tarfile.GNU_FORMAT),
        "is not truth that can be read",
    ),
    "headers of headers": (
        member("a", tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT) * 3000,
        "is not truth that can be read",
    ),
    "control characters": (
        member("\x1b[31m.png", size=6 * 10**9).tobuf(tarfile.GNU_FORMAT),
        r"for \\x1b\[31m\.png",
    ),
}


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("kind", TARBALLS)
def test_absurd_members_are_refused(kind: str, zipped: bool, tmp_path: Path) -> None:
    """One line, with the limit and the way around it; nothing is allocated."""
    begin, message = TARBALLS[kind]
    path = tmp_path / ("truth.tar.gz" if zipped else "truth.tar")
    path.write_bytes(gzip.compress(begin + END) if zipped else begin + END)
    with pytest.raises(SourceError, match=message) as caught:
        open_truth(path)
    assert "\n" not in str(caught.value)


def test_the_number_and_the_sum_of_members_have_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gzipped tarball stays in memory, so its maps together are limited; a plain one does not."""
    names = [f"{number}.png" for number in range(6)]
    plain = made.write_tarball(tmp_path / "a.tar", names)
    zipped = made.write_tarball(tmp_path / "a.tar.gz", names)
    monkeypatch.setattr(truth, "_MAX_KEPT_BYTES", 300)
    open_truth(plain)
    with pytest.raises(SourceError, match="more than 0 MB of maps; unpack it"):
        open_truth(zipped)
    monkeypatch.setattr(truth, "_MAX_MEMBERS", 4)
    with pytest.raises(SourceError, match="more than 4 members; unpack it"):
        open_truth(plain)


def test_idx_headers_are_held_against_the_file(tmp_path: Path) -> None:
    """A plain file cannot have more digits than bytes, a gzipped one no more than gzip can pack."""
    path = made.write_idx(tmp_path / "digits", np.zeros((5, 28, 28), np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[:4] + struct.pack(">I", 500) + data[8:])
    with pytest.raises(SourceError, match=r"states 392000 bytes .* more than a file of its size"):
        read_idx(path, IMAGES)


def test_a_bomb_of_digits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gzipped file of a few kB that holds what it states is refused by the limit."""
    path = tmp_path / "digits.gz"
    made.write_idx(path, np.zeros((2000, 28, 28), np.uint8))
    assert path.stat().st_size < 10_000
    assert len(read_idx(path, IMAGES)) == 2000
    monkeypatch.setattr(idx, "_MAX_BYTES", 10**6)
    with pytest.raises(SourceError, match=r"states 2 MB of images, above the limit of 1 MB; split"):
        read_idx(path, IMAGES)


def test_headers_together_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kB of them for each member are none too many; large ones add up."""
    names = [f"{number}-{'x' * 200}.png" for number in range(40)]
    path = made.write_tarball(tmp_path / "a.tar.gz", names)
    monkeypatch.setattr(tar_headers, "_MOST_BYTES", 4096)
    assert open_truth(path)
    monkeypatch.setattr(tar_headers, "_BYTES_PER_MEMBER", 512)
    with pytest.raises(SourceError, match="states headers of more than"):
        open_truth(path)


def test_the_image_of_an_idx_file_has_the_limit_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused by its header."""
    path = made.write_idx(tmp_path / "digits", np.zeros((2, 28, 28), np.uint8))
    monkeypatch.setattr(PixelLimit, "pixels", 28 * 28)
    read_idx(path, IMAGES)
    monkeypatch.setattr(PixelLimit, "pixels", 700)
    with pytest.raises(SourceError, match="an image of digits states 28x28 pixels, above"):
        read_idx(path, IMAGES)


def test_labels_stay_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label takes a byte, and their number has a limit; that of the frames is held against it."""
    path = made.write_idx(tmp_path / "labels", np.arange(10, dtype=np.uint8).repeat(100_000))
    tracemalloc.start()
    try:
        labels = read_idx_labels(path)
        assert tracemalloc.get_traced_memory()[1] < 10 * 10**6
    finally:
        tracemalloc.stop()
    assert [labels.of(at, "") for at in (0, 999_999)] == [0, 9]
    for attempt in (lambda: labels.check(500, None), lambda: labels.of(10**6, "a")):
        with pytest.raises(SourceError, match="give the labels of these frames"):
            attempt()
    monkeypatch.setattr(idx, "_MAX_LABELS", 10**5)
    with pytest.raises(SourceError, match="states 1,000,000 labels, above the limit of 100,000"):
        read_idx_labels(path)


def test_huge_files_are_refused_by_their_size(tmp_path: Path) -> None:
    """A sparse file takes no room on the disk: as an image, an animation, a class map, a .csv."""
    contents = {"a.png": b"", "b.webp": b"RIFF\0\0\0\0WEBP", "labels.csv": b"label\n"}
    for name, begin in contents.items():
        (tmp_path / name).write_bytes(begin)
        os.truncate(tmp_path / name, 10**11)
    limit = "is above 864 MB, the limit for an image of 100 million pixels; make it smaller"
    for name in ("a.png", "b.webp"):
        with pytest.raises(SourceError, match=f"{name} {limit}"):
            read_image(tmp_path / name)
        with pytest.raises(SourceError, match=f"{name} {limit}"):
            list(open_source(str(tmp_path / name)))
    with pytest.raises(SourceError, match=limit):
        open_truth(tmp_path / "a.png", "cityscapes")
    with pytest.raises(SourceError, match=r"labels\.csv is above 30 MB, the limit for a"):
        read_csv_labels(tmp_path / "labels.csv")

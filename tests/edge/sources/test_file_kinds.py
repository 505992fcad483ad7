"""JPEGs one after another are a film; a still with something behind it is a still."""

import struct
from pathlib import Path

import cv2
import pytest

from edge_app.sources.factory import open_source
from edge_app.sources.file_kinds import is_jpeg_series
from tests.support import media_files as made


def jpeg(number: int, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """Return one numbered image."""
    return bytes(cv2.imencode(".jpg", made.numbered_image(number, size_wh))[1])


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    """Return a JPEG with an application segment behind its first marker."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + data[2:]


@pytest.mark.parametrize("name", ["film.mjpeg", "film.jpg", "film"])
@pytest.mark.parametrize("gap", [b"", bytes(4000)], ids=["joined", "padded"])
def test_each_jpeg_is_a_frame(name: str, gap: bytes, tmp_path: Path) -> None:
    """Ten JPEGs are ten frames under any name, in order, with none lost."""
    path = tmp_path / name
    path.write_bytes(gap.join(jpeg(number) for number in range(10)))
    with open_source(str(path)) as source:
        assert [made.number_of(frame.image) for frame in source] == list(range(10))
        assert source.damaged == 0


STILLS = {
    "alone": jpeg(3),
    "a table of two images": with_segment(jpeg(3), 0xE2, b"MPF\0 and more") + jpeg(4),
    "a thumbnail within": with_segment(jpeg(3), 0xE1, b"Exif\0\0" + jpeg(0)),
    "a smaller image behind": jpeg(3) + jpeg(4, (32, 24)),
    "a film behind": jpeg(3) + b"\0\0\0\x18ftypmp42",
    "cut": jpeg(3)[:-2],
    "cut within its header": jpeg(3)[:30],
}


@pytest.mark.parametrize("kind", STILLS)
def test_a_still_remains_a_still(kind: str, tmp_path: Path) -> None:
    """Phones append a second image or a short film to a still."""
    path = tmp_path / "still.jpg"
    path.write_bytes(STILLS[kind])
    assert not is_jpeg_series(path)
    assert open_source(str(path)).has_clock is False


@pytest.mark.parametrize("cut", [4, 9])
def test_half_a_jpeg_is_damaged(cut: int, tmp_path: Path) -> None:
    """FFmpeg would show the upper half of a cut JPEG over gray; it is counted and left out."""
    noisy = [bytes(cv2.imencode(".jpg", image)[1]) for image in made.noise(10)]
    noisy[cut] = noisy[cut][: len(noisy[cut]) // 2]
    path = tmp_path / "film.mjpeg"
    path.write_bytes(b"".join(noisy))
    with open_source(str(path)) as source:
        assert len(list(source)) == 9
        assert source.damaged == 1
        assert f"damaged from the frame at {cut / 25:.2f} s on" in source.notes[-1]


def test_the_case_has_ten_frames(shared: Path) -> None:
    """What rpicam-vid writes is read to its end."""
    with open_source(str(shared.parent / "cases" / "ten_frames.mjpeg")) as source:
        assert len(list(source)) == 10

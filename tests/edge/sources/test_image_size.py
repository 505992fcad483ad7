"""Images that state more pixels than the limit are refused before they are decoded."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from edge_app.errors import SourceError
from edge_app.sources.factory import open_source
from edge_app.sources.image import read_image
from edge_app.sources.image_size import stated_size
from edge_app.sources.size_limits import PixelLimit, check_size
from edge_app.sources.truth import open_truth
from tests.support import media_files as made
from tests.support.heif_files import write_heic
from tests.support.whole_runs import edge

SIDE = 30_000


@pytest.fixture
def small_limit() -> Iterator[None]:
    """Lower the limit to 1,000 pixels."""
    PixelLimit.pixels, before = 1000, PixelLimit.pixels
    yield
    PixelLimit.pixels = before


def png(width: int, height: int, colour_type: int = 2) -> bytes:
    """Return a small PNG that states any size, with right checksums."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + end

    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(30)) if colour_type == 3 else b""
    parts = chunk(b"IHDR", header), palette, chunk(b"IDAT", zlib.compress(bytes(99)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG that states any size."""
    data = bytearray(cv2.imencode(".jpg", made.numbered_image(1))[1].tobytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp(width: int, height: int) -> bytes:
    """Return a BMP with run lengths (compression 1) that states any size."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 2, 0, 0, 0, 0)
    body = header + bytes(1024) + b"\0\1"
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 40 + 1024) + body


@pytest.mark.parametrize("make", [png, jpeg, bmp])
def test_a_small_file_cannot_ask_for_gigabytes(make: object, tmp_path: Path) -> None:
    """Six hundred bytes that state 900 million pixels are refused with the limit and the option."""
    assert callable(make)
    path = tmp_path / "a.png"
    path.write_bytes(make(SIDE, SIDE))
    assert path.stat().st_size < 2500
    assert stated_size(path.read_bytes()) == (SIDE, SIDE)
    with pytest.raises(SourceError) as caught:
        list(open_source(str(path)))
    assert str(caught.value) == (
        "a.png states 30000x30000 pixels, above the limit of 100 million; make it smaller, or "
        "raise --max-pixels of `edge-app run`"
    )


def test_truth_has_the_same_limit(tmp_path: Path) -> None:
    """A palette image of 196 million pixels, which Pillow alone would refuse with a traceback."""
    folder = tmp_path / "annot"
    folder.mkdir()
    (folder / "1.png").write_bytes(png(14_000, 14_000, 3))
    made.write_images(tmp_path, ["1.png"])
    source = open_source(str(tmp_path / "1.png"), truth=open_truth(folder))
    with pytest.raises(SourceError, match=r"the truth 1\.png states 14000x14000 pixels, above"):
        list(source)


def test_every_format_states_its_size(tmp_path: Path, small_limit: None) -> None:
    """Also those whose headers are left to Pillow, films and photos of phones."""
    size_wh = (64, 48)
    image = made.numbered_image(1, size_wh)
    for name in ("a.png", "a.jpg", "a.bmp", "a.tif", "a.webp", "a.ppm"):
        assert cv2.imwrite(str(tmp_path / name), image)
        assert stated_size((tmp_path / name).read_bytes()) == size_wh
    made.write_video(tmp_path / "film.mp4", 2)
    write_heic(tmp_path / "a.heic", [made.numbered_image(1, (128, 64))])
    frames = [PillowImage.fromarray(made.numbered_image(n)) for n in range(2)]
    frames[0].save(tmp_path / "b.webp", save_all=True, append_images=frames[1:])
    for path in tmp_path.iterdir():
        with pytest.raises(SourceError, match=r"states \d+x\d+ pixels, above the limit of 1,000;"):
            list(open_source(str(path)))


def test_a_higher_limit_is_not_pillows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of Pillow itself a truncated image is damaged, not a traceback."""
    monkeypatch.setattr(PixelLimit, "pixels", 10**10)
    (tmp_path / "a.png").write_bytes(png(14_000, 14_000)[:-20])
    with pytest.raises(SourceError, match=r"a\.png is damaged"):
        read_image(tmp_path / "a.png")


def test_a_limit_lets_through_what_is_within_it(tmp_path: Path) -> None:
    """A hundred million pixels are allowed, to the pixel."""
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), np.zeros((40, 50), np.uint8))
    PixelLimit.pixels, before = 2000, PixelLimit.pixels
    try:
        assert read_image(path).shape == (40, 50, 3)
    finally:
        PixelLimit.pixels = before


def test_the_option_moves_the_limit(tmp_path: Path) -> None:
    """`edge-app run --max-pixels` refuses smaller images, in one line and with exit code 1."""
    made.write_images(tmp_path, ["a.png"])
    run = edge("run", tmp_path / "a.png", "--model", "street", "--headless", "--max-pixels", 100)
    assert run.returncode == 1
    assert "a.png states 64x48 pixels, above the limit of 100; make" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("limit", "shown"), [(10, "10"), (12_345, "12,345"), (2_500_000, "2.5 million")]
)
def test_the_limit_is_shown_as_given(
    limit: int, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small limits have no exponent, and none is rounded."""
    monkeypatch.setattr(PixelLimit, "pixels", limit)
    with pytest.raises(SourceError, match=f"above the limit of {shown};"):
        check_size((9_000, 9_000), "a.png")

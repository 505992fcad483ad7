"""Photos of phones are read, of one image and of tiles."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import features

from edge_app.errors import SourceError
from edge_app.sources.factory import open_source
from edge_app.sources.image import decode_image, find_images, read_image
from tests.support import media_files as made
from tests.support.heif_files import write_heic

WIDE = (128, 64)


def test_one_image_is_read(tmp_path: Path) -> None:
    """A HEIC file with one image is a still, also without its suffix."""
    path = write_heic(tmp_path / "a.heic", [made.numbered_image(3, WIDE)])
    path.with_name("a").write_bytes(path.read_bytes())
    for name in ("a.heic", "a"):
        with open_source(str(tmp_path / name)) as source:
            [frame] = source
        assert not source.has_clock
        assert frame.image.shape == (64, 128, 3)
        assert made.number_of(frame.image) == 3


def test_a_portrait_is_upright(tmp_path: Path) -> None:
    """A quarter turn counter-clockwise brings the left top corner to the left bottom."""
    image = np.full((64, 128, 3), 40, np.uint8)
    image[:32, :32] = 230
    turned = read_image(write_heic(tmp_path / "a.heic", [image], angle=1))
    assert turned.shape == (128, 64, 3)
    assert turned[-16, 16].mean() > 180 > 90 > turned[16, 16].mean()


@pytest.mark.parametrize("columns", [1, 2, 3, 6])
def test_tiles_are_joined(columns: int, tmp_path: Path) -> None:
    """Each of six tiles is at its place, in rows from the left top."""
    tiles = [made.numbered_image(number, WIDE) for number in range(6)]
    image = read_image(write_heic(tmp_path / "a.heic", tiles, columns=columns))
    rows = 6 // columns
    assert image.shape == (64 * rows, 128 * columns, 3)
    cells = image.reshape(rows, 64, columns, 128, 3).swapaxes(1, 2).reshape(6, 64, 128, 3)
    assert [made.number_of(cell) for cell in cells] == list(range(6))


def test_joined_tiles_are_cut_to_the_photo(tmp_path: Path) -> None:
    """The last tiles of phones reach over the edge: 4032x3024 are 8 by 6 tiles of 512."""
    tiles = [made.numbered_image(number, WIDE) for number in range(6)]
    path = write_heic(tmp_path / "a.heic", tiles, columns=3, size_wh=(300, 100))
    image = read_image(path)
    assert image.shape == (100, 300, 3)
    assert made.number_of(image[64:, 256:]) == 5


@pytest.mark.parametrize("angle", [1, 2, 3])
def test_a_portrait_of_tiles_is_upright(angle: int, tmp_path: Path) -> None:
    """The rotation of the whole turns the joined image, counter-clockwise."""
    tiles = [made.numbered_image(number, WIDE) for number in range(4)]
    image = read_image(write_heic(tmp_path / "a.heic", tiles, columns=2, angle=angle))
    upright = np.rot90(image, -angle)
    assert upright.shape == (128, 256, 3)
    corners = [upright[y : y + 64, x : x + 128] for y in (0, 64) for x in (0, 128)]
    assert [made.number_of(corner) for corner in corners] == [0, 1, 2, 3]


def test_a_grid_without_its_tiles_is_damaged(tmp_path: Path) -> None:
    """A count of tiles that does not fit is one line, and the others of a folder go on."""
    tiles = [made.numbered_image(number, WIDE) for number in range(6)]
    path = write_heic(tmp_path / "IMG_1.heic", tiles, columns=4)
    with pytest.raises(SourceError, match=r"IMG_1\.heic is damaged.*`heif-convert IMG_1\.heic "):
        list(open_source(str(path)))
    made.write_images(tmp_path, ["a.png"])
    with open_source(str(tmp_path)) as source:
        assert len(list(source)) == 1
        assert source.damaged == 1


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_stills_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AVIF is read by Pillow, by FFmpeg where Pillow is older, and found in folders."""
    PillowImage.fromarray(made.numbered_image(5)).save(tmp_path / "a.avif")
    assert [path.name for path in find_images(tmp_path)] == ["a.avif"]
    assert made.number_of(read_image(tmp_path / "a.avif")) == 5
    monkeypatch.setattr(features, "check", lambda name: False)
    assert made.number_of(read_image(tmp_path / "a.avif")) == 5


@pytest.mark.parametrize("cut", [40, 200, -20])
def test_a_damaged_photo_is_an_error(cut: int, tmp_path: Path) -> None:
    """Half a photo is one line."""
    path = write_heic(tmp_path / "a.heic", [made.noise(1, WIDE)[0]])
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SourceError, match=r"a\.heic is damaged"):
        read_image(path)


def test_mutated_photos_end_in_one_line(tmp_path: Path) -> None:
    """Whatever is changed in a photo of tiles, it is read or refused."""
    tiles = [made.numbered_image(number, WIDE) for number in range(4)]
    whole = write_heic(tmp_path / "a.heic", tiles, columns=2, angle=1).read_bytes()
    random = np.random.default_rng(1)
    outcomes: set[str] = set()
    for _ in range(150):
        data = bytearray(whole)
        for at in random.integers(8, 700, random.integers(1, 5)):
            data[at : at + 4] = bytes(random.choice([0, 1, 127, 255], 4).astype(np.uint8))
        try:
            decode_image(bytes(data), "a.heic")
            outcomes.add("read")
        except SourceError as refused:
            outcomes.add(f"refused in {len(str(refused).splitlines())} line")
    assert outcomes == {"read", "refused in 1 line"}

"""Photos of phones are read, or refused with the way to convert them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import features

from edge_app.errors import SourceError
from edge_app.sources.factory import open_source
from edge_app.sources.image import find_images, read_image
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


def test_tiles_are_refused_with_the_way_to_convert(tmp_path: Path) -> None:
    """Without joining there would be one tile of six; a folder with it goes on and says so."""
    tiles = [made.numbered_image(number, WIDE) for number in range(6)]
    path = write_heic(tmp_path / "IMG_1.heic", tiles, columns=3)
    message = r"IMG_1\.heic is a photo of many tiles.*; convert it with `heif-convert IMG_1\.heic "
    with pytest.raises(SourceError, match=message):
        list(open_source(str(path)))
    path.with_name("IMG_0.heic").write_bytes(path.read_bytes())
    with pytest.raises(SourceError, match=f"none of the 2 images.*{message}"):
        list(open_source(str(tmp_path)))
    made.write_images(tmp_path, ["a.png"])
    with open_source(str(tmp_path)) as source:
        assert len(list(source)) == 1
        assert source.damaged == 2


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
    with pytest.raises(SourceError, match=r"a\.heic is damaged or not an image"):
        read_image(path)

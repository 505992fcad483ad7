"""Images are read in natural order, upright, as 8-bit BGR; damaged ones are skipped."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from edge_app.errors import SourceError
from edge_app.sources.factory import open_source
from edge_app.sources.image import ImageFiles, find_images, natural_key, read_image
from tests.support import media_files as made


def test_numbers_in_names_count() -> None:
    """Frame 2 comes before frame 10, whatever the letters around the numbers."""
    expected = ["2.png", "10.png", "0016E5_07959.png", "a.png", "B2.png", "b9.png", "b10.png"]
    assert sorted(sorted(expected), key=natural_key) == expected
    many = ["9" * 5000 + ".png", "1.png"]
    assert sorted(many, key=natural_key) == many[::-1]


def test_only_images_of_a_folder_are_read(tmp_path: Path) -> None:
    """Hidden files, other files and sub-folders are left out."""
    made.write_images(tmp_path, ["2.png", "10.jpg", "1.bmp", ".hidden.png", "below/3.png"])
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "4.png").mkdir()
    assert [path.name for path in find_images(tmp_path)] == ["1.bmp", "2.png", "10.jpg"]


def test_sub_folders_are_read_if_there_are_no_other_images(tmp_path: Path) -> None:
    """City folders are read in order; truth folders and deep ones are not."""
    made.write_images(
        tmp_path,
        [
            "val/b/2.png",
            "val/b/1.png",
            "val/a/3.png",
            "valannot/3.png",
            "gtFine/a/3.png",
            "x/y/z/4.png",
        ],
    )
    names = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert names == ["val/a/3.png", "val/b/1.png", "val/b/2.png"]
    assert [frame.name for frame in open_source(str(tmp_path))] == names


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp", ".ppm"])
def test_each_format_is_read(suffix: str, tmp_path: Path) -> None:
    """The usual formats give the same image, lossy ones within 2 levels."""
    made.write_images(tmp_path, [f"a{suffix}", f"b{suffix}"])
    assert (
        np.abs(read_image(tmp_path / f"b{suffix}").astype(int) - made.numbered_image(1)).max() <= 2
    )


def _ramp() -> np.ndarray:
    return np.tile(np.arange(0, 256, 4, dtype=np.uint8), (16, 1))


# What is written, and the gray ramp that must come out of it.
KINDS = {
    "gray": _ramp(),
    "gray 16 bits": _ramp().astype(np.uint16) * 257,
    "colour 16 bits": np.repeat(_ramp()[..., None], 3, 2).astype(np.uint16) * 257,
    "alpha": np.dstack([_ramp()] * 3 + [255 - _ramp()]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_pixel_becomes_bgr(kind: str, tmp_path: Path) -> None:
    """Gray is repeated, alpha dropped, 16 bits reduced to 8."""
    assert cv2.imwrite(str(tmp_path / "a.png"), KINDS[kind])
    image = read_image(tmp_path / "a.png")
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - _ramp()[..., None]).max() <= 1


def test_channels_are_blue_green_red(tmp_path: Path) -> None:
    """A red image is bright in the last channel only."""
    PillowImage.new("RGB", (8, 6), (250, 0, 0)).save(tmp_path / "red.png")
    PillowImage.new("RGB", (8, 6), (250, 0, 0)).save(tmp_path / "red.jpg", quality=95)
    for name in ("red.png", "red.jpg"):
        assert read_image(tmp_path / name)[0, 0].astype(int) == pytest.approx([0, 0, 250], abs=5)


# EXIF orientations and the corner to which they bring the white one at the left top.
@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))]
)
def test_exif_orientation_is_applied(
    orientation: int, corner: tuple[int, int], tmp_path: Path
) -> None:
    """An image that a phone stored rotated is upright."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:16, :16] = 255
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    PillowImage.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == ((64, 32, 3) if orientation in {6, 8} else (32, 64, 3))
    assert image[corner].min() > 200
    assert image.mean() < 60


def _noise(path: Path) -> bytes:
    """Write an image that fills some kilobytes, and return them."""
    noise = np.random.default_rng(3).integers(0, 256, (60, 80, 3), np.uint8)
    assert cv2.imwrite(str(path), noise)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.webp", "a.tif"])
@pytest.mark.parametrize("kind", ["empty", "text", "half", "end missing"])
def test_a_damaged_image_is_an_error(
    kind: str, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Half an image is never returned, and no library writes to stderr."""
    data = _noise(tmp_path / name)
    broken = {
        "empty": b"",
        "text": b"<html>404</html>" * 9,
        "half": data[: len(data) // 2],
        "end missing": data[: -len(data) // 20],
    }
    (tmp_path / name).write_bytes(broken[kind])
    with pytest.raises(SourceError, match=rf"{name} is (empty|damaged)"):
        read_image(tmp_path / name)
    assert capfd.readouterr().err == ""


def test_a_damaged_png_is_found_by_its_checksums(tmp_path: Path) -> None:
    """One wrong byte in the middle of a PNG is found."""
    data = bytearray(_noise(tmp_path / "a.png"))
    data[len(data) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        read_image(tmp_path / "a.png")


def test_bytes_after_a_jpeg_are_ignored(tmp_path: Path) -> None:
    """Cameras append a second image or other data."""
    data = _noise(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(data + b"\0maker's notes \xff\xda" * 3)
    assert np.array_equal(read_image(tmp_path / "a.jpg"), read_image(tmp_path / "b.jpg"))


def test_damaged_images_are_counted_and_skipped(tmp_path: Path) -> None:
    """The others keep their order and numbering, and the log names the damaged ones."""
    made.write_images(tmp_path, [f"{number}.png" for number in range(5)])
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "3.png").write_bytes((tmp_path / "3.png").read_bytes()[:60])
    source = open_source(str(tmp_path))
    frames = list(source)
    assert [(frame.index, frame.name) for frame in frames] == [
        (0, "0.png"),
        (1, "2.png"),
        (2, "4.png"),
    ]
    assert source.damaged == 2
    assert [note.split(" ")[0] for note in source.notes] == ["1.png", "3.png"]


def test_a_single_damaged_image_is_an_error(tmp_path: Path) -> None:
    """Without another image the run cannot continue."""
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"a\.png is empty"):
        list(open_source(str(tmp_path / "a.png")))


def test_a_folder_of_damaged_images_is_an_error(tmp_path: Path) -> None:
    """A folder without any frame is an error, not an empty run."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError, match="none of the 2 images"):
        list(ImageFiles("x", find_images(tmp_path), ["a", "b"]))
    with pytest.raises(SourceError, match="none of the 2 images"):
        list(open_source(str(tmp_path), loop=True))

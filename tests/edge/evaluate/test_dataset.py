"""Data sets are found by their layout and read from any position."""

from pathlib import Path

import pytest

from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.dataset import ImageSet, parse_dataset
from tests.support.media_files import write_images, write_map


def test_known_layouts_are_found(tmp_path: Path) -> None:
    """Each kind needs one folder or file named."""
    for folder in ("c/leftImg8bit/val", "c/gtFine/val", "v/test", "v/testannot"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("d/drive.mp4", "d/drive_gt.tar.gz", "images", "labels"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    at = str(tmp_path)
    expected = {
        f"cityscapes:{at}/c": ("leftImg8bit/val", "gtFine/val"),
        f"camvid:{at}/v": ("test", "testannot"),
        f"camvid:{at}/v/test": ("test", "testannot"),
        f"driveseg:{at}/d/drive_gt.tar.gz": ("drive.mp4", "drive_gt.tar.gz"),
        f"idx:{at}/images,{at}/labels": ("images", "labels"),
    }
    for text, (images, truth) in expected.items():
        found = parse_dataset(text)
        assert found.images.endswith(images), text
        assert found.truth.endswith(truth), text


def test_a_split_is_found_from_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder has a name too."""
    for folder in ("val", "valannot"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "val")
    assert Path(parse_dataset("camvid:.").truth) == tmp_path / "valannot"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pascal:x", "give camvid:DIR"),
        ("camvid", "give camvid:DIR"),
        ("camvid:nowhere", "test beside testannot"),
        ("cityscapes:nowhere", "leftImg8bit and gtFine"),
        ("driveseg:gt.tar", "no video beside"),
        ("idx:images", "two IDX files"),
        ("idx:a,b", "a does not exist"),
    ],
)
def test_wrong_data_sets_are_refused(text: str, why: str) -> None:
    """The message has the right form."""
    with pytest.raises((UsageError, SourceError), match=why):
        parse_dataset(text)


def test_a_folder_is_read_from_anywhere_and_damage_is_counted(tmp_path: Path) -> None:
    """Positions stay those of the whole set when an image before cannot be read."""
    names = [f"{number}.png" for number in range(5)]
    write_images(tmp_path / "test", names)
    for number, name in enumerate(names):
        write_map(tmp_path / "testannot" / name, number)
    (tmp_path / "test" / "1.png").write_bytes(b"broken")
    (tmp_path / "test" / "4.png").write_bytes(b"")
    images = ImageSet(parse_dataset(f"camvid:{tmp_path}"))
    damaged: list[str] = []
    found = [(place, frame.name) for place, frame in images.frames(0, 4, damaged)]
    assert found == [(0, "0.png"), (2, "2.png"), (3, "3.png")]
    assert list(images.frames(4, 5, damaged)) == []
    assert [line.split()[0] for line in damaged] == ["1.png", "4.png"]


def test_data_sets_have_a_digest_that_ignores_their_place(tmp_path: Path) -> None:
    """The digest knows names and sizes, and not the folder above."""
    for place in ("here", "there", "other"):
        write_images(tmp_path / place / "test", ["a.png", "b.png"])
        write_map(tmp_path / place / "testannot" / "a.png", 0)
        write_map(tmp_path / place / "testannot" / "b.png", 1)
    (tmp_path / "other" / "test" / "b.png").write_bytes(b"shorter")
    first, second, third = (
        parse_dataset(f"camvid:{tmp_path / place}").digest() for place in ("here", "there", "other")
    )
    assert first == second != third

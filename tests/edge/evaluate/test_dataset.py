"""Data sets are found by their layout and read from any position."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.dataset import ImageSet, parse_dataset
from tests.support.media_files import numbered_image, write_images, write_lossy, write_map


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
        ("camvid:nowhere", "^there is no folder nowhere; check the path$"),
        ("camvid:pictures", "there is no folder pictures; did you mean picture"),
        ("cityscapes:nowhere", "there is no folder nowhere"),
        ("driveseg:gt.tar", "there is no file gt.tar"),
        ("camvid:picture", "contains no test beside testannot"),
        ("cityscapes:picture", "contains no leftImg8bit and gtFine"),
        ("driveseg:other.tar", "no video beside"),
        ("idx:images", "two IDX files"),
        ("idx:a,b", "a does not exist"),
    ],
)
def test_wrong_data_sets_are_refused(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the right form; a missing folder is not one of the wrong layout."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picture").mkdir()
    (tmp_path / "other.tar").touch()
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


def test_damaged_frames_of_a_video_are_counted_once(tmp_path: Path) -> None:
    """In parts or as a whole: every frame is scored with its own truth, or damaged."""
    path = write_lossy(tmp_path / "film.ts", 18, lost=7)
    for number in range(18):
        write_map(tmp_path / "annot" / f"{number}.png", number % 11)
    dataset = parse_dataset(f"camvid:{path},{tmp_path / 'annot'}")
    for parts in ([(0, 18)], [(0, 5), (5, 18)], [(0, 17), (17, 18)]):
        images, damaged, seen = ImageSet(dataset), list[str](), 0
        for start, stop in parts:
            for _, frame in images.frames(start, stop, damaged):
                assert np.unique(frame.truth).tolist() == [round((frame.time_s or 0) * 25) % 11]  # type: ignore[arg-type]
                seen += 1
        assert damaged
        assert seen + len(damaged) == 18
        assert damaged[0] == f"film.ts: damaged frame 1 of {len(damaged)}"


def test_an_animation_in_a_folder_is_no_damage(tmp_path: Path) -> None:
    """Its first image is scored; the note on it is not a line of damage."""
    frames = [PillowImage.fromarray(numbered_image(number)) for number in range(3)]
    (tmp_path / "val").mkdir()
    frames[0].save(tmp_path / "val" / "1.webp", save_all=True, append_images=frames[1:])
    write_map(tmp_path / "valannot" / "1.png", 1)
    damaged: list[str] = []
    images = ImageSet(parse_dataset(f"camvid:{tmp_path / 'val'},{tmp_path / 'valannot'}"))
    assert len(list(images.frames(0, 1, damaged))) == 1
    assert damaged == []

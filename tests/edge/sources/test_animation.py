"""Animations are played, whatever format they have, and never taken for a still in silence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import features

from edge_app.errors import SourceError
from edge_app.sources.factory import open_source
from edge_app.sources.file_kinds import gif_images
from edge_app.sources.source import are_images
from edge_app.sources.truth import open_truth
from tests.support import media_files as made

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
FORMATS = [".png", ".webp", pytest.param(".avif", marks=needs_avif), ".gif"]


def write_animation(path: Path, count: int = 6, **more: Any) -> Path:
    """Write numbered images, each shown for 100 ms."""
    images = [PillowImage.fromarray(made.numbered_image(number)) for number in range(count)]
    images[0].save(path, save_all=True, append_images=images[1:], **{"duration": 100, **more})
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_frame_is_played_at_its_time(suffix: str, tmp_path: Path) -> None:
    """Six frames of 100 ms are 0 to 5, at 10 Hz, also under another name."""
    path = write_animation(tmp_path / f"a{suffix}").rename(tmp_path / "a")
    with open_source(str(path)) as source:
        frames = list(source)
        assert source.rate_hz == pytest.approx(10)
        assert source.has_clock
        assert (source.damaged, source.notes) == (0, [])
    assert [made.number_of(frame.image) for frame in frames] == list(range(6))
    assert [frame.time_s for frame in frames] == pytest.approx([n / 10 for n in range(6)])
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}


def test_unequal_times_are_kept(tmp_path: Path) -> None:
    """A WebP states how long each frame is shown; 0 means the 100 ms of browsers."""
    path = write_animation(tmp_path / "a.webp", 4, duration=[40, 200, 0, 100])
    with open_source(str(path)) as source:
        assert [frame.time_s for frame in source] == pytest.approx([0, 0.04, 0.24, 0.34])
        assert source.rate_hz == pytest.approx(4 / 0.44)


def test_an_animation_has_truth_by_position(tmp_path: Path) -> None:
    """Frame i has label i, as in a video."""
    path = write_animation(tmp_path / "a.webp")
    truth = open_truth(made.write_idx(tmp_path / "labels", np.arange(6, dtype=np.uint8)))
    with open_source(str(path), truth=truth) as source:
        assert [frame.truth for frame in source] == list(range(6))


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_file_of_one_image_is_a_still(suffix: str, tmp_path: Path) -> None:
    """One image is no animation."""
    PillowImage.fromarray(made.numbered_image(4)).save(tmp_path / f"a{suffix}", lossless=True)
    with open_source(str(tmp_path / f"a{suffix}")) as source:
        assert not source.has_clock
        assert [made.number_of(frame.image) for frame in source] == [4]


def test_in_a_folder_the_first_image_is_taken_and_said(tmp_path: Path) -> None:
    """Each file of a folder is one frame; a note names those that have more."""
    names = ["1.webp", "2.png", "4.gif", "5.apng"]
    for name in names:
        write_animation(tmp_path / name)
    made.write_images(tmp_path, ["3.png"])
    write_animation(tmp_path / "6.gif", 1)
    with open_source(str(tmp_path)) as source:
        assert [made.number_of(frame.image) for frame in source] == [0] * 6
        assert [note.partition(";")[0] for note in source.notes] == [
            f"{name} is an animation, of which the first image is taken" for name in names
        ]


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_of_an_animated_avif_the_first_image_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By FFmpeg where Pillow has no AVIF."""
    write_animation(tmp_path / "1.avif")
    write_animation(tmp_path / "1.avif").rename(tmp_path / "2.avifs")
    write_animation(tmp_path / "1.avif")
    for _ in ("Pillow", "FFmpeg"):
        with open_source(str(tmp_path)) as source:
            assert [made.number_of(frame.image) for frame in source] == [0, 0]
            assert [note.split(" ")[0] for note in source.notes] == ["1.avif", "2.avifs"]
        monkeypatch.setattr(features, "check", lambda name: False)


def test_files_that_are_skipped_are_named(tmp_path: Path) -> None:
    """A folder of photos has videos, which are not played; folders and hidden files are no loss."""
    made.write_images(tmp_path, ["1.png", "below/2.png"])
    for name in ("IMG_1.MOV", "a.mng", ".hidden", "notes.txt"):
        (tmp_path / name).touch()
    with open_source(str(tmp_path)) as source:
        assert source.notes == ["skipped 3 files that may be no image: a.mng, IMG_1.MOV, notes.txt"]
    (tmp_path / "z.jxl").touch()
    with open_source(str(tmp_path)) as source:
        assert source.notes[0].startswith("skipped 4 files")
        assert source.notes[0].endswith(": a.mng, IMG_1.MOV, notes.txt and more")


def test_a_damaged_animation_ends_early_and_says_so(tmp_path: Path) -> None:
    """What comes before the damage is played; a truncated file is an error."""
    path = tmp_path / "a.webp"
    images = [PillowImage.fromarray(image) for image in made.noise(5)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, lossless=True)
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"ANMF"]
    data[starts[3] + 60 : starts[4]] = b"\xff" * (starts[4] - starts[3] - 60)
    path.write_bytes(data)
    with open_source(str(path)) as source:
        assert [frame.index for frame in source] == [0, 1, 2]
        assert source.damaged == 1
        assert source.notes == ["a.webp: damaged from frame 3 on"]
    for length, message in ((len(data) * 3 // 4, "no frame that can be decoded"), (60, "no frame")):
        path.write_bytes(data[:length])
        with pytest.raises(SourceError, match=rf"a\.webp has {message}"):
            list(open_source(str(path)))


def webp_of_one(path: Path) -> Path:
    """Write a WebP with the header of an animation and one image."""
    data = write_animation(path, 2, lossless=True).read_bytes()
    data = data[: data.rindex(b"ANMF")]
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    return path


def test_an_animation_of_one_image_is_a_still(tmp_path: Path) -> None:
    """It is shown like a photo, and no note calls it an animation."""
    paths = [write_animation(tmp_path / "a.gif", 1), webp_of_one(tmp_path / "a.webp")]
    for path in paths:
        with open_source(str(path)) as source:
            assert are_images(source)
            assert [made.number_of(frame.image) for frame in source] == [0]
            assert (source.damaged, source.notes) == (0, [])
    assert gif_images(paths[0].read_bytes()) == (1, True)


def test_a_truncated_gif_says_so(tmp_path: Path) -> None:
    """A half image is left out and counted; without a mark of the end more may be missing."""
    path = write_animation(tmp_path / "a.gif")
    data = path.read_bytes()
    note = "a.gif: its end is not marked, so images may be missing"
    for length in (len(data) // 3, len(data) // 2, len(data) - 40, len(data) - 5):
        path.write_bytes(data[:length])
        whole = gif_images(data[:length]).number
        with open_source(str(path)) as source:
            numbers = [made.number_of(frame.image) for frame in source]
            assert numbers == list(range(whole))
            assert source.damaged == 1
            assert source.notes[0].startswith("a.gif: damaged from the frame at 0.")
            assert source.notes[1] == note
    path.write_bytes(data[:-1])  # every image is there
    with open_source(str(path)) as source:
        assert (len(list(source)), source.damaged, source.notes) == (6, 0, [note])
    path.write_bytes(data + b"\0 padding")
    with open_source(str(path)) as source:
        assert (len(list(source)), source.damaged, source.notes) == (6, 0, [])


def test_half_a_gif_of_one_image_is_an_error(tmp_path: Path) -> None:
    """There is no frame, and no half of one."""
    path = tmp_path / "a.gif"
    PillowImage.fromarray(made.noise(1)[0]).save(path)
    data = path.read_bytes()
    for length in (len(data) // 2, 20, 8):
        path.write_bytes(data[:length])
        with pytest.raises(SourceError, match=r"a\.gif"), open_source(str(path)) as source:
            list(source)

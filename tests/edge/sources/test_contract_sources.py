"""All sources of files behave the same, and `open_source` finds the right one."""

import gc
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import SourceError, UsageError
from edge_app.sources.factory import open_source
from edge_app.sources.image import find_images
from edge_app.sources.source import Source, Truth
from edge_app.sources.truth import open_truth
from edge_app.state import CLOSED, RUNNING
from tests.support import media_files as made

Opener = Callable[..., Source]
NAMES = [f"frame{number}.png" for number in range(5)]


def _image_file(folder: Path) -> tuple[str, Truth | None]:
    made.write_images(folder, NAMES[:1])
    truth = made.write_maps(folder / "annot", NAMES[:1])
    return str(folder / NAMES[0]), open_truth(truth)


def _image_folder(folder: Path) -> tuple[str, Truth | None]:
    made.write_images(folder, NAMES)
    return str(folder), open_truth(made.write_maps(folder / "annot", NAMES))


def _video_file(folder: Path) -> tuple[str, Truth | None]:
    made.write_video(folder / "film.mp4", 5)
    return str(folder / "film.mp4"), open_truth(made.write_maps(folder / "annot", NAMES))


def _digits(folder: Path) -> tuple[str, Truth | None]:
    made.write_digits(folder / "digits")
    labels = made.write_idx(folder / "labels", np.arange(5, dtype=np.uint8))
    return str(folder / "digits"), open_truth(labels)


def _gzipped_digits(folder: Path) -> tuple[str, Truth | None]:
    made.write_digits(folder / "digits.gz")
    labels = made.write_idx(folder / "labels.gz", np.arange(5, dtype=np.uint8))
    return str(folder / "digits.gz"), open_truth(labels)


def _synthetic(folder: Path) -> tuple[str, Truth | None]:
    return "synthetic:96x64@50", None


NUMBERED = [_image_file, _image_folder, _video_file, _digits, _gzipped_digits]
SOURCES = [*NUMBERED, _synthetic]


@pytest.fixture(params=SOURCES, ids=lambda make: make.__name__[1:])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Return a function that opens one of the sources with its truth."""
    text, truth = request.param(tmp_path)
    return lambda **more: open_source(text, truth=truth, **more)


def test_frames_are_bgr_images_in_order(opener: Opener) -> None:
    """Each frame is uint8 (H, W, 3), contiguous or gray without copies, numbered from 0."""
    with opener() as source:
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(source.frame_count or -1))
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.shape[2:] == (3,)
        assert frame.image.flags.c_contiguous or frame.image.strides[2] == 0
        assert frame.name
        assert frame.capture_ms >= 0
    stamps = [frame.captured_s for frame in frames]
    assert stamps == sorted(stamps)


def test_attributes_are_set_before_the_first_frame(opener: Opener) -> None:
    """A source has a name, is not live, and has no damage yet."""
    with opener() as source:
        assert source.name
        assert source.live is False
        assert (source.damaged, source.notes) == (0, [])
        assert source.truth_labels in {"camvid", "digits", "cityscapes"}


def test_times_increase_if_there_is_a_clock(opener: Opener) -> None:
    """Frames have times from 0 on exactly if the source says so."""
    with opener() as source:
        times = [frame.time_s for frame in islice(source, 5)]
    if source.has_clock:
        assert times[0] == 0
        assert all(late > early for early, late in pairwise(times))  # type: ignore[operator]
    else:
        assert set(times) == {None}


def test_iterating_again_starts_again(opener: Opener) -> None:
    """The second pass gives the frames of the first, also after one that was left early."""
    with opener() as source:
        first = next(iter(source))
        both = [[frame.image.tobytes() for frame in islice(source, 5)] for _ in range(2)]
    assert first.index == 0
    assert both[0] == both[1]
    assert both[0][0] == first.image.tobytes()


def test_frames_are_freed_without_the_garbage_collector(opener: Opener) -> None:
    """Nothing of a frame refers back to it: an image in such a cycle is held for seconds."""
    with opener(loop=True) as source:
        frames = iter(source)
        next(frames)
        gc.collect()
        gc.disable()
        try:
            assert sum(1 for _ in islice(frames, 40)) == 40
            assert gc.collect() < 40
        finally:
            gc.enable()


def test_closing_twice_is_safe_and_final(opener: Opener) -> None:
    """A closed source ends its iteration and refuses another."""
    source = opener(loop=True)
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    assert list(frames) == []
    with pytest.raises(SourceError, match="closed"):
        iter(source)


def test_a_file_is_running_until_it_is_closed(opener: Opener) -> None:
    """Files are never lost, so there is no other state."""
    source = opener()
    assert source.state == RUNNING
    next(iter(source))
    assert source.state == RUNNING
    source.close()
    assert source.state == CLOSED


def test_max_frames_ends_the_run(opener: Opener) -> None:
    """There are no more frames than `max_frames`, and the count agrees."""
    with opener(loop=True, max_frames=3) as source:
        assert source.frame_count == 3
        assert [frame.index for frame in source] == [0, 1, 2]


def test_loops_continue_indices_and_times(opener: Opener) -> None:
    """Indices and times continue; images and truth start again."""
    with opener() as source:
        count = source.frame_count
        assert count is not None
        once = list(source)
    with opener(loop=True) as source:
        assert source.frame_count is None
        frames = list(islice(source, 2 * count + 1))
    assert [frame.index for frame in frames] == list(range(2 * count + 1))
    for frame in frames:
        assert frame.image.tobytes() == once[frame.index % count].image.tobytes()
        assert np.array_equal(frame.truth, once[frame.index % count].truth)  # type: ignore[arg-type]
    if source.has_clock:
        steps = np.diff([frame.time_s for frame in frames])
        assert steps == pytest.approx([1 / (source.rate_hz or 0)] * (2 * count))


@pytest.mark.parametrize("make", NUMBERED, ids=lambda make: make.__name__[1:])
def test_each_frame_has_its_own_truth(
    make: Callable[[Path], tuple[str, Truth]], tmp_path: Path
) -> None:
    """The number in an image is the number in its truth."""
    text, truth = make(tmp_path)
    with open_source(text, truth=truth) as source:
        frames = list(source)
    assert frames
    for frame in frames:
        assert isinstance(frame.truth, int | np.ndarray)
        assert np.unique(frame.truth).tolist() == [made.number_of(frame.image)]


@pytest.mark.parametrize("wrong", [0, -1])
def test_max_frames_is_at_least_one(wrong: int) -> None:
    """Fewer is a usage error."""
    with pytest.raises(UsageError, match="give 1 or more"):
        open_source("synthetic", max_frames=wrong)


# What a user may write, and what the answer must say.
REFUSED = {
    "999": r"no /dev/video999; (plug in|there is)",
    "/dev/video999": "no /dev/video999",
    "/dev/null": "is not a camera",
    "camera": "may be any camera",
    "rtsp://127.0.0.1:9/stream": "does not answer",
    "ftp://127.0.0.1/stream": "not a supported protocol",
    "frame3.pgn": "did you mean frame3.png",
    "nowhere/film.mp4": "there is no folder",
    "x" * 3000: "cannot be reached",
    "empty": "there is no image in",
    "others": r"it has notes\.txt: name one",
    "others/notes.txt": "is a text",
    "others/../noise.bin": "not an image or video",
    "labels": "give it as --truth",
    "synthetic:9x9": "is out of range",
    "synthetic:fast": "is not valid",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_other_texts_are_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is one line that names the problem and ends with advice."""
    monkeypatch.chdir(made.write_images(tmp_path, NAMES))
    (tmp_path / "empty").mkdir()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "notes.txt").write_text("nothing to see\n" * 50)
    (tmp_path / "noise.bin").write_bytes(np.random.default_rng(1).bytes(9000))
    made.write_idx(tmp_path / "labels", np.arange(5, dtype=np.uint8))
    with pytest.raises(SourceError, match=REFUSED[text]) as caught:
        list(open_source(text))
    assert "\n" not in str(caught.value)


def test_synthetic_frames_take_no_other_truth(tmp_path: Path) -> None:
    """Truth for synthetic frames is refused."""
    truth = open_truth(made.write_maps(tmp_path / "annot", NAMES))
    with pytest.raises(SourceError, match="their own truth"):
        open_source("synthetic", truth=truth)


def test_a_file_is_recognised_by_its_content(tmp_path: Path) -> None:
    """Digits, images and videos are found under any name."""
    made.write_images(tmp_path, ["frame.png"])
    (tmp_path / "frame.png").rename(tmp_path / "one")
    made.write_digits(tmp_path / "two.gz")
    (tmp_path / "two.gz").rename(tmp_path / "two")
    made.write_video(tmp_path / "film.mp4", 3)
    (tmp_path / "film.mp4").rename(tmp_path / "3:film")
    counts = [open_source(str(tmp_path / name)).frame_count for name in ("one", "two", "3:film")]
    assert counts == [1, 5, 3]


def test_cityscapes_is_opened_at_any_level(shared: Path) -> None:
    """The root, the image folder and a split give the images of the cities below, and no truth."""
    root = shared / "cityscapes"
    for folder, count in ((root, 12), (root / "leftImg8bit", 12), (root / "leftImg8bit/val", 4)):
        source = open_source(str(folder), max_frames=1)
        assert len(find_images(folder)) == count
        frame = next(iter(source))
        assert frame.image.shape == (1024, 2048, 3)
        assert frame.name.endswith("_leftImg8bit.png")

"""int8 is calibrated on real images that are not scored."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.errors import EdgeError, SourceError, UsageError
from edge_app.frame import Image
from edge_app.model.card import InputSpec
from edge_app.sources.factory import open_source
from host_tools.convert.calibration import (
    Calibration,
    CalibrationOptions,
    choose_images,
)
from host_tools.convert.image_worth import fingerprint, fingerprints
from host_tools.datasets import digit_files, write_idx

GIVEN = InputSpec((28, 28), "gray", (0.0,), (255.0,))


def choose(
    source: str, samples: int | None, seed: int = 0, exclude: frozenset[bytes] = frozenset()
) -> Calibration:
    """Choose images without weak ones."""
    return choose_images(CalibrationOptions(source, samples, seed), exclude=exclude)


@pytest.fixture
def digits(mnist: Path) -> str:
    """Return the path of 200 synthetic training digits."""
    return str(digit_files(mnist, "train")[0])


def test_one_seed_chooses_the_same_images(digits: str) -> None:
    """The manifest differs between seeds and repeats for one."""
    first, again, other = (choose(digits, 100, seed).manifest for seed in (0, 0, 1))
    assert first == again
    assert first["sha256"] != other["sha256"]
    assert first["pictures"] == 100


def test_no_image_is_chosen_twice(digits: str) -> None:
    """The images are chosen without replacement."""
    chosen = {fingerprint(image) for image in choose(digits, 150, 0).images}
    assert len(chosen) == 150


def test_the_card_has_no_path_of_this_machine(digits: str) -> None:
    """Only the file's name goes into the card."""
    assert choose(digits, 100, 0).manifest["from"] == "train-images-idx3-ubyte.gz"


def test_scored_images_are_excluded(digits: str) -> None:
    """A scored image is never chosen, wherever it is in the file."""
    with open_source(digits, max_frames=60) as source:
        scored = fingerprints(source)
    chosen = choose(digits, 140, 0, scored)
    assert not scored & {fingerprint(image) for image in chosen.images}
    assert chosen.manifest["left_out_because_scored"] == 60


def test_too_few_images_beside_the_scored_ones(digits: str) -> None:
    """Calibrating on the scored images is an error."""
    with open_source(digits) as source:
        scored = fingerprints(source)
    with pytest.raises(SourceError, match="only 0 images beside the 200 it is scored on"):
        choose(digits, 100, 0, scored)


def test_images_are_prepared_as_on_the_device(digits: str) -> None:
    """A tensor is the image's pixels over 255, with a batch axis."""
    calibration = choose(digits, 100, 0)
    tensors = [tensor for [tensor] in calibration.tensors(GIVEN, (1, 28, 28))]
    assert len(tensors) == 100
    for image, tensor in zip(calibration.images, tensors, strict=True):
        assert np.allclose(tensor[0], image[:, :, 0] / 255, atol=1e-7)


def test_a_folder_of_images_is_a_source(tmp_path: Path) -> None:
    """Every source of edge-app can be used for calibration."""
    ramp = np.tile(np.arange(0, 64, dtype=np.uint8), (48, 1))
    for number in range(100):
        cv2.imwrite(str(tmp_path / f"{number}.png"), ramp + number)
    assert len(choose(str(tmp_path), 100, 0).images) == 100


@pytest.mark.parametrize("have", [19, 20, 60])
def test_fewer_than_usual_are_enough_if_none_are_asked_for(tmp_path: Path, have: int) -> None:
    """All are used from 20 on; below, the one error names what helps."""
    path = tmp_path / "few"
    ramp = np.tile(np.arange(0, 224, 8, dtype=np.uint8), (28, 1))
    write_idx(path, np.stack([ramp + number for number in range(have)]))
    if have < 20:
        with pytest.raises(SourceError, match=r"only 19 .* needs 20; .*--allow-weak-calibration"):
            choose(str(path), None)
        return
    assert len(choose(str(path), None).images) == have
    with pytest.raises(SourceError, match=rf"needs 100; .* leave out --samples to use all {have}"):
        choose(str(path), 100)


@pytest.mark.parametrize(
    ("text", "count", "kind", "why"),
    [
        ("made", 19, UsageError, "20 real images or more"),
        ("made", 201, SourceError, "has only 200 images"),
        ("noise", 100, SourceError, "are noise"),
        ("blank", 100, SourceError, "are blank"),
        ("synthetic", 100, UsageError, "real images"),
        ("synthetic:64x48", 100, UsageError, "real images"),
        ("nowhere", 100, SourceError, "there is no"),
    ],
)
def test_bad_images_are_refused(
    mnist: Path, tmp_path: Path, text: str, count: int, kind: type[EdgeError], why: str
) -> None:
    """Few images, noise, blank images and test patterns each have their own error."""
    draw = np.random.default_rng(0)
    path = tmp_path / text
    if text == "made":
        path = digit_files(mnist, "train")[0]
    elif text == "noise":
        write_idx(path, draw.integers(0, 256, (120, 28, 28), dtype=np.uint8))
    elif text == "blank":
        write_idx(path, np.zeros((120, 28, 28), np.uint8))
    with pytest.raises(kind, match=why):
        choose(text if text.startswith("synthetic") else str(path), count, 0)


def test_weak_images_can_be_allowed(tmp_path: Path) -> None:
    """Noise and a few images pass, and the manifest notes it."""
    draw = np.random.default_rng(0)
    write_idx(tmp_path / "noise", draw.integers(0, 256, (6, 28, 28), dtype=np.uint8))
    found = choose_images(CalibrationOptions(str(tmp_path / "noise"), allow_weak=True))
    assert len(found.images) == 6
    assert found.manifest["weak"] == "noise, and only 6"
    few = choose_images(CalibrationOptions("synthetic:64x64", 3, allow_weak=True))
    assert few.manifest["weak"] == "only 3 images, 2 nearly the same as others"


def _photo(seed: int) -> Image:
    """Return a smooth image that no other seed has: uint8 (240, 320, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)


def _write(folder: Path, images: list[Image], quality: int = 95) -> str:
    """Write images as JPEG, after those that are in the folder; return its path."""
    start = len(list(folder.iterdir()))
    for number, image in enumerate(images, start):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return str(folder)


def test_a_hundred_copies_are_one_image(tmp_path: Path) -> None:
    """Copies are found by their content, and an explicit number does not help them."""
    source = _write(tmp_path, [_photo(0)] * 100)
    said = r"has only 1 different image \(99 more are copies\), but calibration needs"
    for samples in (None, 20, 100):
        with pytest.raises(SourceError, match=said):
            choose(source, samples)
    weak = choose_images(CalibrationOptions(source, allow_weak=True))
    assert len(weak.images) == 1
    assert weak.manifest["weak"] == "only 1 image"


def test_copies_are_counted_once_and_said(tmp_path: Path) -> None:
    """30 images, five of them three times, are 30."""
    photos = [_photo(seed) for seed in range(30)]
    found = choose(_write(tmp_path, [*photos, *photos[:5], *photos[:5]]), None)
    assert len(found.images) == found.manifest["pictures"] == 30
    assert found.manifest["copies_left_out"] == 10
    assert found.notes == ("calibration: 10 images are copies of others, counted once",)
    assert choose(_write(tmp_path, []), 20).manifest["pictures"] == 20


def test_copies_saved_again_count_once_for_the_smallest_number(tmp_path: Path) -> None:
    """The same photographs in two qualities are near copies: said, and refused if all are."""
    _write(tmp_path, [_photo(seed) for seed in range(12)])
    source = _write(tmp_path, [_photo(seed) for seed in range(12)], quality=80)
    said = r"only 12 different images \(beside 12 nearly the same as others\), .* needs 20"
    with pytest.raises(SourceError, match=said):
        choose(source, None)
    found = choose(_write(tmp_path, [_photo(seed) for seed in range(12, 22)]), None)
    assert len(found.images) == 34
    assert found.notes == ("calibration: of the images, 12 nearly the same as others",)


def test_a_set_of_blank_images_and_one_photograph_is_refused(tmp_path: Path) -> None:
    """Images of one colour show nothing, however many colours there are."""
    blanks = [np.full((48, 64, 3), level, np.uint8) for level in range(0, 250, 5)]
    with pytest.raises(SourceError, match=r"only 1 different image \(beside 50 of one colour\)"):
        choose(_write(tmp_path, [_photo(0), *blanks]), None)


def test_one_black_image_among_others_is_kept(tmp_path: Path) -> None:
    """A camera gives such images too; the set says so, and names each image."""
    photos = [_photo(seed) for seed in range(24)]
    found = choose(_write(tmp_path, [*photos, np.zeros((48, 64, 3), np.uint8)]), None)
    assert len(found.images) == 25
    assert found.notes == ("calibration: of the images, 1 of one colour",)
    assert found.names[0] == "000.jpg"
    assert found.names[-1] == "024.jpg"


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    """It is left out, and the notes say which it is."""
    source = _write(tmp_path, [_photo(seed) for seed in range(25)])
    (tmp_path / "007.jpg").write_bytes(b"no image")
    found = choose(source, None)
    assert len(found.images) == 24
    assert any("007.jpg" in note for note in found.notes)


def test_images_without_names_are_named_by_their_position(digits: str) -> None:
    """An error about one of them says where it is."""
    names = choose(digits, 100, 0).names
    assert len(set(names)) == 100
    assert names[0].startswith("image ")
    assert names[0].endswith(" of train-images-idx3-ubyte.gz")


def test_good_images_are_not_noted_as_weak(digits: str) -> None:
    """The note is only for weak images."""
    assert "weak" not in choose_images(CalibrationOptions(digits, allow_weak=True)).manifest


def test_a_video_is_sampled_evenly(shared: Path) -> None:
    """25 of 101 frames are the middles of equal parts, for every seed."""
    video = str(shared / "video" / "camvid_val_drive.mp4")
    with open_source(video) as source:
        marks = [fingerprint(frame.image) for frame in source]
    places = [marks.index(fingerprint(image)) for image in choose(video, 25, 0).images]
    assert places == [int((i + 0.5) * 101 / 25) for i in range(25)]
    assert choose(video, 25, 1).manifest["sha256"] == choose(video, 25, 0).manifest["sha256"]


def test_black_and_white_pixels_are_added(digits: str) -> None:
    """The first image reaches both ends, so that a uint8 input takes pixels unchanged."""
    [first], *_ = choose(digits, 100, 0).spanning_tensors(GIVEN, (1, 28, 28))
    assert (first.min(), first.max()) == (0.0, 1.0)

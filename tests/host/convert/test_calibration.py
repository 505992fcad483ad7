"""Test that int8 is calibrated on real pictures which nothing is scored on."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.errors import EdgeError, SourceError, UsageError
from edge_app.model.card import InputSpec
from edge_app.sources.factory import open_source
from host_tools.convert.calibration import choose_images, fingerprint, fingerprints
from host_tools.datasets import digit_files, write_idx

GIVEN = InputSpec((28, 28), "gray", (0.0,), (255.0,))


@pytest.fixture
def digits(mnist: Path) -> str:
    """Return the path of 200 made training digits."""
    return str(digit_files(mnist, "train")[0])


def test_one_seed_picks_the_same_pictures(digits: str) -> None:
    """The manifest tells two draws apart and repeats for one seed."""
    first, again, other = (choose_images(digits, 100, seed).manifest for seed in (0, 0, 1))
    assert first == again
    assert first["sha256"] != other["sha256"]
    assert first["pictures"] == 100


def test_no_picture_is_picked_twice(digits: str) -> None:
    """The draw is without replacement."""
    picked = {fingerprint(image) for image in choose_images(digits, 150, 0).images}
    assert len(picked) == 150


def test_the_card_names_the_file_and_no_folder_of_this_machine(digits: str) -> None:
    """Paths stay at home."""
    assert choose_images(digits, 100, 0).manifest["from"] == "train-images-idx3-ubyte.gz"


def test_what_is_scored_is_left_out(digits: str) -> None:
    """A picture that is scored is never picked, whatever its place in the file."""
    with open_source(digits, max_frames=60) as source:
        scored = fingerprints(source)
    picked = choose_images(digits, 140, 0, never=scored)
    assert not scored & {fingerprint(image) for image in picked.images}
    assert picked.manifest["left_out_because_scored"] == 60


def test_too_few_are_left_beside_what_is_scored(digits: str) -> None:
    """Calibrating on the very pictures that are scored is refused in words."""
    with open_source(digits) as source:
        scored = fingerprints(source)
    with pytest.raises(SourceError, match="only 0 pictures beside the 200 it is scored on"):
        choose_images(digits, 100, 0, never=scored)


def test_pictures_are_prepared_as_on_the_device(digits: str) -> None:
    """A tensor is the picture's pixels over 255, with a batch axis."""
    calibration = choose_images(digits, 100, 0)
    tensors = [tensor for [tensor] in calibration.tensors(GIVEN, (1, 28, 28))]
    assert len(tensors) == 100
    for image, tensor in zip(calibration.images, tensors, strict=True):
        assert np.allclose(tensor[0], image[:, :, 0] / 255, atol=1e-7)


def test_a_folder_of_photographs_serves_as_well(tmp_path: Path) -> None:
    """Whatever edge-app can read can calibrate."""
    ramp = np.tile(np.arange(0, 64, dtype=np.uint8), (48, 1))
    for number in range(100):
        cv2.imwrite(str(tmp_path / f"{number}.png"), ramp + number)
    assert len(choose_images(str(tmp_path), 100, 0).images) == 100


@pytest.mark.parametrize(
    ("text", "count", "kind", "why"),
    [
        ("made", 19, UsageError, "20 real pictures or more"),
        ("made", 201, SourceError, "has only 200 pictures"),
        ("noise", 100, SourceError, "are noise"),
        ("blank", 100, SourceError, "are blank"),
        ("synthetic", 100, UsageError, "real pictures"),
        ("synthetic:64x48", 100, UsageError, "real pictures"),
        ("nowhere", 100, SourceError, "there is no"),
    ],
)
def test_refuses_what_would_calibrate_badly(
    mnist: Path, tmp_path: Path, text: str, count: int, kind: type[EdgeError], why: str
) -> None:
    """Few pictures, noise, blanks and test patterns each get their own reason."""
    draw = np.random.default_rng(0)
    path = tmp_path / text
    if text == "made":
        path = digit_files(mnist, "train")[0]
    elif text == "noise":
        write_idx(path, draw.integers(0, 256, (120, 28, 28), dtype=np.uint8))
    elif text == "blank":
        write_idx(path, np.zeros((120, 28, 28), np.uint8))
    with pytest.raises(kind, match=why):
        choose_images(text if text.startswith("synthetic") else str(path), count, 0)


def test_weak_pictures_are_taken_where_that_is_allowed(tmp_path: Path) -> None:
    """Noise and a handful of pictures pass, and the card says so."""
    draw = np.random.default_rng(0)
    write_idx(tmp_path / "noise", draw.integers(0, 256, (6, 28, 28), dtype=np.uint8))
    found = choose_images(str(tmp_path / "noise"), 100, 0, weak=True)
    assert len(found.images) == 6
    assert found.manifest["weak"] == "noise, and only 6"
    few = choose_images("synthetic:64x64", 3, 0, weak=True)
    assert few.manifest["weak"] == "only 3 pictures"


def test_good_pictures_are_not_called_weak(digits: str) -> None:
    """The mark stands only where it is deserved."""
    assert "weak" not in choose_images(digits, 100, 0, weak=True).manifest


def test_a_video_is_sampled_evenly(shared: Path) -> None:
    """Twenty-five of 101 frames are the middles of equal parts, whatever the seed."""
    video = str(shared / "video" / "camvid_val_drive.mp4")
    with open_source(video) as source:
        marks = [fingerprint(frame.image) for frame in source]
    places = [marks.index(fingerprint(image)) for image in choose_images(video, 25, 0).images]
    assert places == [int((i + 0.5) * 101 / 25) for i in range(25)]
    assert (
        choose_images(video, 25, 1).manifest["sha256"]
        == choose_images(video, 25, 0).manifest["sha256"]
    )


def test_black_and_white_span_what_a_pixel_can_be(digits: str) -> None:
    """The first picture reaches both ends, so that a uint8 input takes pixels as they are."""
    [first], *_ = choose_images(digits, 100, 0).spanning(GIVEN, (1, 28, 28))
    assert (first.min(), first.max()) == (0.0, 1.0)

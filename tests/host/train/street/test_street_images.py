"""Training samples with the teacher's labels, and the random examples made from them."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

from edge_app.errors import UsageError
from edge_app.frame import ClassMap, Image
from edge_app.labels import VOID
from host_tools.train.street.augment import CropWindow, draw_window, make_example
from host_tools.train.street.batches import WeightedSet, draw_example, drawn_batches
from host_tools.train.street.frames import (
    labelled_sample,
    load_arrays,
    parts_of,
    read_part,
    save_arrays,
)
from host_tools.train.street.synthetic_samples import draw_samples
from host_tools.train.street.teacher import (
    CLASSES,
    VIEWS,
    Teacher,
    TeacherViews,
    soft_labels,
    teacher_sizes,
)
from host_tools.train.street.truth_resize import resize_maps
from tests.support.made_street import ROAD, SIZE_WH, SKY, made_camvid, made_image, made_samples

pytestmark = pytest.mark.tensorflow

TREE_OF_CAMVID, VEGETATION, TERRAIN = 5, 8, 9


class FakeTeacher(Teacher):
    """Finds terrain likelier than vegetation everywhere, and counts its calls."""

    def __init__(self, views: TeacherViews = VIEWS["few"]) -> None:
        self.sha256 = "0" * 64
        self.views = views
        self.calls = 0

    def probabilities(self, image: Image) -> NDArray[np.float32]:
        """Return float32 (H, W, 19)."""
        self.calls += 1
        shares = np.full((*image.shape[:2], CLASSES), 0.01, np.float32)
        shares[..., TERRAIN], shares[..., VEGETATION] = 0.6, 0.2
        return np.asarray(shares / shares.sum(axis=2, keepdims=True), np.float32)


def test_truth_limits_the_teachers_classes() -> None:
    """The teacher decides if a CamVid tree is vegetation or terrain; a road is a road."""
    truth = np.full((8, 8), TREE_OF_CAMVID, np.uint8)
    truth[4:] = 3
    truth[:, 6:] = VOID
    target = soft_labels(
        FakeTeacher().probabilities(np.zeros((8, 8, 3), np.uint8)), truth, "camvid"
    )
    assert set(np.unique(target.labels[:4, :6])) == {TERRAIN}
    assert set(np.unique(target.labels[4:, :6])) == {ROAD}
    assert set(np.unique(target.labels[:, 6:])) == {VOID}  # 0.6 of the sum is below SURE
    assert target.soft.shape == (160, 160, CLASSES)
    assert np.all(np.abs(target.soft.sum(axis=2, dtype=int) - 255) <= CLASSES)


def test_without_truth_uncertain_labels_are_unknown() -> None:
    """A class below a probability of 0.7 is no label, but its probabilities are used."""
    shares = np.zeros((4, 8, CLASSES), np.float32)
    shares[..., SKY], shares[..., ROAD] = 0.9, 0.1
    shares[2:, :, SKY], shares[2:, :, ROAD] = 0.6, 0.4
    target = soft_labels(shares, None, "cityscapes")
    assert np.all(target.labels[:2] == SKY)
    assert np.all(target.labels[2:] == VOID)
    assert target.soft[-1, 0, SKY] == 153


def test_the_teacher_labels_an_image_once(tmp_path: Path) -> None:
    """The second time its labels come from the cache, and are the same."""
    teacher = FakeTeacher()
    image, labels = made_image(0)
    first, again = (
        labelled_sample(image, labels, "cityscapes", teacher, tmp_path) for _ in range(2)
    )
    assert teacher.calls == 1
    assert np.array_equal(first.target.labels, again.target.labels)
    assert np.array_equal(first.target.soft, again.target.soft)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_labels_of_other_views_are_other_labels(tmp_path: Path) -> None:
    """A teacher that looks again does not find what it found at a glance."""
    image, labels = made_image(0)
    for views in VIEWS.values():
        labelled_sample(image, labels, "cityscapes", FakeTeacher(views), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_unsure_probabilities_can_be_left_out() -> None:
    """A pixel without a likely class teaches nothing; others are as before."""
    shares = np.zeros((4, 8, CLASSES), np.float32)
    shares[:2, :, SKY], shares[:2, :, ROAD] = 0.6, 0.4
    shares[2:, :, :4] = 0.25
    whole = soft_labels(shares, None, "cityscapes").soft
    target = soft_labels(shares, None, "cityscapes", 0.5)
    assert np.all(target.soft[-1] == 0)
    assert np.any(whole[-1] > 0)
    assert np.array_equal(target.soft[0], whole[0])


class SlopedTeacher(Teacher):
    """Finds road at the left and sky at the right edge of what it is given."""

    def __init__(self, views: TeacherViews) -> None:
        self.views = views
        self.seen: list[tuple[int, int]] = []

    def _logits(self, image: Image, size_wh: tuple[int, int]) -> NDArray[np.float32]:
        self.seen.append(size_wh)
        logits = np.zeros((8, 16, CLASSES), np.float32)
        logits[..., SKY] = image[0, 0, 0]
        logits[:, :8, ROAD] = 9
        return logits


def test_views_are_averaged_where_they_show_the_same() -> None:
    """A mirrored view is turned back; a larger one is resized. Their logits are averaged."""
    image, _ = made_image(0, (64, 32))
    image[:, :, 0] = 0
    image[:, -1, 0] = 6  # the first pixel of the mirrored image
    teacher = SlopedTeacher(TeacherViews((1.5,), mirrored=True))
    shares = teacher.probabilities(image)
    assert teacher.seen == [(1025, 513)] * 2 + [(1537, 769)] * 2
    # Everywhere road 4.5 and sky 3 in the mean: the halves with road change places.
    even = np.exp([4.5, 3]) / (np.exp([4.5, 3]).sum() + 17)
    np.testing.assert_allclose(shares[:, 4:-4, ROAD][:, [0, -1]], even[0], rtol=1e-4)
    np.testing.assert_allclose(shares[:, 4:-4, SKY][:, [0, -1]], even[1], rtol=1e-4)


def test_a_cut_file_in_the_cache_is_made_again(tmp_path: Path) -> None:
    """A damaged file is ignored."""
    teacher = FakeTeacher()
    image, labels = made_image(0)
    labelled_sample(image, labels, "cityscapes", teacher, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    labelled_sample(image, labels, "cityscapes", teacher, tmp_path)
    assert teacher.calls == 2


def test_two_trainings_share_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process writes meanwhile is the same file, and stops nobody."""
    path, arrays = tmp_path / "image.npz", {"labels": np.arange(6, dtype=np.uint8)}
    write = np.savez_compressed

    def slow_write(file: Any, **given: Any) -> None:
        monkeypatch.setattr(np, "savez_compressed", write)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        save_arrays(path, **given)
        write(file, **given)

    monkeypatch.setattr(np, "savez_compressed", slow_write)
    save_arrays(path, **arrays)
    found = load_arrays(path, ("labels",))
    assert found is not None
    assert np.array_equal(found[0], arrays["labels"])
    assert list(tmp_path.iterdir()) == [path]


def test_a_scene_is_drawn_once(tmp_path: Path) -> None:
    """Scenes of one call differ, have soft labels, and come from the cache at the second."""
    drawn = []

    def draw(seed: int, size_wh: tuple[int, int]) -> tuple[Image, ClassMap]:
        drawn.append((seed, size_wh))
        return made_image(seed, size_wh)

    first, again = (draw_samples(3, tmp_path, draw) for _ in range(2))
    assert len(set(drawn)) == len(drawn) == 3
    assert {size_wh for _, size_wh in drawn} == {(640, 480), (960, 480), (854, 480)}
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.target.labels, other.target.labels)
        assert one.target.soft.shape[1:] == (160, CLASSES)
        assert set(one.target.soft[0].argmax(axis=-1)) == {SKY}


def test_large_frames_are_made_smaller(tmp_path: Path) -> None:
    """An image and its labels are both shrunk to 1024 pixels width."""
    image, labels = made_image(0, (2048, 1024))
    made = labelled_sample(image, labels, "cityscapes", FakeTeacher(), tmp_path)
    assert made.image.shape == (512, 1024, 3)
    assert made.target.labels.shape == (512, 1024)


def test_the_end_of_the_val_drive_is_held_out(tmp_path: Path) -> None:
    """Of 27 frames two are trained on and 25 are not; train is read whole."""
    root = made_camvid(tmp_path, 27)
    parts = [(part.held_out, len(list(read_part(part)))) for part in parts_of(f"camvid:{root}")]
    assert parts == [(False, 27), (False, 2), (True, 25)]


@pytest.mark.parametrize("text", ["camvid", "places:x", ":x"])
def test_unknown_data_is_refused(text: str) -> None:
    """The message lists the kinds."""
    with pytest.raises(UsageError, match="camvid:PATH"):
        parts_of(text)


def test_narrow_frames_have_two_teacher_sizes() -> None:
    """CamVid's frames are labelled in their own shape and stretched, wide ones once."""
    assert teacher_sizes((480, 360)) == [(1025, 769), (1025, 513)]
    assert teacher_sizes((2048, 1024)) == [(2049, 1025)]


@pytest.mark.parametrize("mirrored", [False, True])
def test_image_and_labels_are_cropped_at_the_same_place(mirrored: bool) -> None:
    """A pixel of either comes from the same place, whatever the map's own size."""
    ramp = np.tile(np.arange(96, dtype=np.float32), (72, 1))
    window = CropWindow(10, 5, 60, 40, mirrored)
    for unit, size_wh in ((1.0, (64, 32)), (0.5, (32, 16)), (0.5, (16, 8))):
        own = cv2.resize(ramp, None, fx=unit, fy=unit, interpolation=cv2.INTER_AREA)
        matrix = window.matrix(size_wh, unit)
        cut = cv2.warpAffine(own, matrix, size_wh, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        places = (np.arange(size_wh[0]) + 0.5) / size_wh[0] * 60
        wanted = 10 + (60 - places if mirrored else places) - 0.5
        np.testing.assert_allclose(cut[4], wanted, atol=0.05)


def test_an_example_fits_its_labels() -> None:
    """Sky is blue and road is gray according to the labels, and soft labels agree."""
    random = np.random.default_rng(3)
    for _ in range(10):
        example = make_example(made_samples(1)[0], SIZE_WH, random)
        assert example.image.shape == (32, 64, 3)
        assert example.labels.shape == (16, 32)
        assert example.soft.shape == (8, 16, CLASSES)
        image = example.image[::2, ::2].astype(int)
        blue = image[..., 2] - image[..., 0]
        if (example.labels == SKY).sum() > 20 and (example.labels == ROAD).sum() > 20:
            assert blue[example.labels == SKY].mean() > blue[example.labels == ROAD].mean()
        sure = example.soft.max(axis=2) > 250
        same = example.soft.argmax(axis=2) == example.labels[::2, ::2]
        sure &= example.labels[::2, ::2] != VOID  # outside of the image
        assert same[sure].mean() > 0.9


def test_windows_are_of_both_shapes() -> None:
    """Some windows have the frame's aspect ratio and some the input's."""
    random = np.random.default_rng(0)
    windows = [draw_window((480, 360), (512, 256), random) for _ in range(300)]
    shapes = np.array([window.width / window.height for window in windows])
    assert np.quantile(shapes, 0.25) < 1.5 < 1.7 < np.quantile(shapes, 0.9)
    assert any(window.mirrored for window in windows)


def test_a_step_draws_the_same_examples_again() -> None:
    """Batches depend on seed and step, not on what was drawn before."""
    sets = [WeightedSet(made_samples(3), 1.0), WeightedSet(made_samples(2), 0.5)]
    with drawn_batches(sets, SIZE_WH, 2, seed=5) as batches:
        third = [next(batches) for _ in range(3)][2]
    with drawn_batches(sets, SIZE_WH, 2, seed=5, first=2) as batches:
        again = next(batches)
    assert np.array_equal(third.images, again.images)
    assert np.array_equal(third.labels, again.labels)
    single = draw_example(sets, SIZE_WH, (5, 2, 1))
    assert np.array_equal(third.images[1], single.image)


def test_all_channels_are_resized_equally() -> None:
    """Nineteen channels have the result of nineteen single ones."""
    maps = np.random.default_rng(0).random((6, 8, 19), np.float32)
    whole = resize_maps(maps, (16, 12))
    assert whole.shape == (12, 16, 19)
    np.testing.assert_allclose(whole[..., 17], cv2.resize(maps[..., 17], (16, 12)), atol=1e-6)

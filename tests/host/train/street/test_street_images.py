"""Test what the street network is shown: taught pictures, and the windows cut from them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")

from edge_app.errors import UsageError
from edge_app.labels import VOID
from host_tools.train.street.augment import CropWindow, draw_window, make_example
from host_tools.train.street.batches import WeightedSet, draw_example, drawn_batches
from host_tools.train.street.frames import held_out, parts_of, read_part, study
from host_tools.train.street.synthetic_samples import draw_studies
from host_tools.train.street.teacher import CLASSES, teach, teacher_sizes
from host_tools.train.street.truth_resize import resize_maps
from tests.support.made_street import ROAD, SIZE_WH, SKY, made_camvid, made_picture, made_studies

TREE_OF_CAMVID, VEGETATION, TERRAIN = 5, 8, 9


class Teacher:
    """Say everywhere that terrain is likelier than vegetation, and count how often it is asked."""

    sha256 = "0" * 64

    def __init__(self) -> None:
        self.asked = 0

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Return float32 (H, W, 19)."""
        self.asked += 1
        seen = np.full((*image.shape[:2], CLASSES), 0.01, np.float32)
        seen[..., TERRAIN], seen[..., VEGETATION] = 0.6, 0.2
        return seen / seen.sum(axis=2, keepdims=True)


def test_truth_limits_what_the_teacher_may_say() -> None:
    """A CamVid tree is vegetation or terrain as the teacher says; a road is a road."""
    truth = np.full((8, 8), TREE_OF_CAMVID, np.uint8)
    truth[4:] = 3
    truth[:, 6:] = VOID
    lesson = teach(Teacher().probabilities(np.zeros((8, 8, 3), np.uint8)), truth, "camvid")
    assert set(np.unique(lesson.labels[:4, :6])) == {TERRAIN}
    assert set(np.unique(lesson.labels[4:, :6])) == {ROAD}
    assert set(np.unique(lesson.labels[:, 6:])) == {VOID}  # 0.6 of the sum is not sure enough
    assert lesson.soft.shape == (160, 160, CLASSES)
    assert np.all(np.abs(lesson.soft.sum(axis=2, dtype=int) - 255) <= CLASSES)


def test_without_truth_the_teacher_must_be_sure() -> None:
    """A class below seven tenths is not learnt as a label, but its probabilities are."""
    seen = np.zeros((4, 8, CLASSES), np.float32)
    seen[..., SKY], seen[..., ROAD] = 0.9, 0.1
    seen[2:, :, SKY], seen[2:, :, ROAD] = 0.6, 0.4
    lesson = teach(seen, None, "cityscapes")
    assert np.all(lesson.labels[:2] == SKY)
    assert np.all(lesson.labels[2:] == VOID)
    assert lesson.soft[-1, 0, SKY] == 153


def test_the_teacher_sees_a_picture_once(tmp_path: Path) -> None:
    """What it said comes from the cache at the second time, and is the same."""
    teacher = Teacher()
    image, labels = made_picture(0)
    first, again = (study(image, labels, "cityscapes", teacher, tmp_path) for _ in range(2))
    assert teacher.asked == 1
    assert np.array_equal(first.lesson.labels, again.lesson.labels)
    assert np.array_equal(first.lesson.soft, again.lesson.soft)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_a_cut_file_in_the_cache_is_made_again(tmp_path: Path) -> None:
    """A damaged file is no lesson."""
    teacher = Teacher()
    image, labels = made_picture(0)
    study(image, labels, "cityscapes", teacher, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    study(image, labels, "cityscapes", teacher, tmp_path)
    assert teacher.asked == 2


def test_a_scene_is_drawn_once(tmp_path: Path) -> None:
    """Scenes of one call differ, have soft labels, and come from the cache at the second."""
    drawn = []

    def draw(seed: int, size_wh: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        drawn.append((seed, size_wh))
        return made_picture(seed, size_wh)

    first, again = (draw_studies(3, tmp_path, draw) for _ in range(2))
    assert len(set(drawn)) == len(drawn) == 3
    assert {size_wh for _, size_wh in drawn} == {(640, 480), (960, 480), (854, 480)}
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.lesson.labels, other.lesson.labels)
        assert one.lesson.soft.shape[1:] == (160, CLASSES)
        assert set(one.lesson.soft[0].argmax(axis=-1)) == {SKY}


def test_large_frames_are_made_smaller(tmp_path: Path) -> None:
    """A picture and its labels come down to 1024 across together."""
    image, labels = made_picture(0, (2048, 1024))
    made = study(image, labels, "cityscapes", Teacher(), tmp_path)
    assert made.image.shape == (512, 1024, 3)
    assert made.lesson.labels.shape == (512, 1024)


def test_the_end_of_the_val_drive_is_held_out(tmp_path: Path) -> None:
    """Of 27 frames two are trained on and 25 are not; train is read whole."""
    root = made_camvid(tmp_path, 27)
    parts = [len(list(read_part(part))) for part in parts_of(f"camvid:{root}")]
    assert parts == [27, 2]
    (apart,) = held_out(f"camvid:{root}")
    assert len(list(read_part(apart))) == 25


@pytest.mark.parametrize("text", ["camvid", "places:x", ":x"])
def test_unknown_data_is_refused(text: str) -> None:
    """What is not KIND:PATH names the kinds there are."""
    with pytest.raises(UsageError, match="camvid:PATH"):
        parts_of(text)


def test_the_teacher_looks_at_narrow_frames_twice() -> None:
    """CamVid's frames are seen as they are and stretched, wide ones as they are."""
    assert teacher_sizes((480, 360)) == [(1025, 769), (1025, 513)]
    assert teacher_sizes((2048, 1024)) == [(2049, 1025)]


@pytest.mark.parametrize("mirrored", [False, True])
def test_picture_and_labels_are_cut_alike(mirrored: bool) -> None:
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
    """Sky is blue and road is gray wherever the labels say so, and soft labels agree."""
    random = np.random.default_rng(3)
    for _ in range(10):
        example = make_example(made_studies(1)[0], SIZE_WH, random)
        assert example.picture.shape == (32, 64, 3)
        assert example.labels.shape == (16, 32)
        assert example.soft.shape == (8, 16, CLASSES)
        picture = example.picture[::2, ::2].astype(int)
        blue = picture[..., 2] - picture[..., 0]
        if (example.labels == SKY).sum() > 20 and (example.labels == ROAD).sum() > 20:
            assert blue[example.labels == SKY].mean() > blue[example.labels == ROAD].mean()
        sure = example.soft.max(axis=2) > 250
        same = example.soft.argmax(axis=2) == example.labels[::2, ::2]
        sure &= example.labels[::2, ::2] != VOID  # beside the picture's edge
        assert same[sure].mean() > 0.9


def test_windows_are_of_both_shapes() -> None:
    """Some have the frame's shape and some the input's."""
    random = np.random.default_rng(0)
    windows = [draw_window((480, 360), (512, 256), random) for _ in range(300)]
    shapes = np.array([window.width / window.height for window in windows])
    assert np.quantile(shapes, 0.25) < 1.5 < 1.7 < np.quantile(shapes, 0.9)
    assert any(window.mirrored for window in windows)


def test_a_step_draws_the_same_examples_again() -> None:
    """Batches depend on seed and step, not on what was drawn before."""
    shelves = [WeightedSet(made_studies(3), 1.0), WeightedSet(made_studies(2), 0.5)]
    with drawn_batches(shelves, SIZE_WH, 2, seed=5) as batches:
        third = [next(batches) for _ in range(3)][2]
    with drawn_batches(shelves, SIZE_WH, 2, seed=5, first=2) as batches:
        again = next(batches)
    assert np.array_equal(third.pictures, again.pictures)
    assert np.array_equal(third.labels, again.labels)
    single = draw_example(shelves, SIZE_WH, (5, 2, 1))
    assert np.array_equal(third.pictures[1], single.picture)


def test_maps_of_many_channels_are_resized_one_like_the_other() -> None:
    """Nineteen channels come out as nineteen single ones would."""
    maps = np.random.default_rng(0).random((6, 8, 19), np.float32)
    whole = resize_maps(maps, (16, 12))
    assert whole.shape == (12, 16, 19)
    np.testing.assert_allclose(whole[..., 17], cv2.resize(maps[..., 17], (16, 12)), atol=1e-6)

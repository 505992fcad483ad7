"""Scores are exact, summable, and equal to those of cityscapesScripts."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.frame import Segmentation
from edge_app.labels import CITYSCAPES, VOID
from edge_app.model.decode import classes_at
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.quality import ConfusionMatrix, agreement, map_classes
from edge_app.sources.label_encodings import LABEL_IDS

ClassMap = NDArray[np.uint8]


def scored(truth: list[list[int]], prediction: list[list[int]], n: int = 3) -> ConfusionMatrix:
    """Return the matrix of one small frame."""
    matrix = ConfusionMatrix(n)
    matrix.add(np.array(truth, np.uint8), np.array(prediction, np.uint8))
    return matrix


def test_a_frame_of_nine_pixels_is_counted() -> None:
    """Void truth does not count; other pixels count by truth and prediction."""
    matrix = scored([[0, 0, 1], [1, 1, 2], [2, VOID, VOID]], [[0, 1, 1], [1, 0, 2], [0, 2, 0]])
    assert matrix.counts.tolist() == [[1, 1, 0], [1, 2, 0], [1, 0, 1]]
    assert matrix.accuracy == 4 / 7
    # Intersection over union: 1/4, 2/4 and 1/2.
    assert matrix.iou().tolist() == [0.25, 0.5, 0.5]
    assert matrix.miou() == pytest.approx(1.25 / 3)


def test_a_class_that_is_only_predicted_scores_zero() -> None:
    """It lowers the mean, while a class in neither truth nor prediction is left out."""
    matrix = scored([[0, 0]], [[0, 1]])
    assert matrix.iou()[:2].tolist() == [0.5, 0.0]
    assert np.isnan(matrix.iou()[2])
    assert matrix.miou() == 0.25


@pytest.mark.parametrize("predicted", [3, 200, VOID])
def test_a_prediction_of_no_class_is_a_miss(predicted: int) -> None:
    """It counts against the class of its truth and against the accuracy only."""
    matrix = scored([[0, 0, 1, VOID]], [[0, predicted, 1, predicted]])
    assert matrix.iou()[:2].tolist() == [0.5, 1.0]
    assert matrix.accuracy == 2 / 3


def test_frames_of_void_have_no_score() -> None:
    """The scores are NaN, not zero."""
    matrix = scored([[VOID, VOID]], [[0, 1]])
    assert np.isnan([matrix.accuracy, matrix.miou(), *matrix.iou()]).all()


@pytest.mark.parametrize("n", [3, 19, 255])
def test_matrices_add_up(n: int) -> None:
    """The sum of two frames' matrices is the matrix of both, and equals a slow count."""
    random = np.random.default_rng(n)
    truths = random.integers(0, 256, (2, 40, 50), np.uint8)
    answers = random.integers(0, 256, (2, 40, 50), np.uint8)
    both, parts = ConfusionMatrix(n), [ConfusionMatrix(n), ConfusionMatrix(n)]
    for truth, answer, part in zip(truths, answers, parts, strict=True):
        both.add(truth, answer)
        part.add(truth, answer)
    total = parts[0] + parts[1]
    assert np.array_equal(total.counts, both.counts)
    assert np.array_equal(total.missed, both.missed)
    slow = np.zeros((256, 256), np.int64)
    np.add.at(slow, (truths.ravel(), answers.ravel()), 1)
    assert np.array_equal(both.counts, slow[:n, :n])
    assert np.array_equal(both.missed, slow[:n, n:].sum(1))


def test_digits_are_counted_singly() -> None:
    """Top-1 is the share of right predictions; ids outside the classes follow the same rules."""
    matrix = ConfusionMatrix(10)
    for truth, answer in [(7, 7), (3, 5), (0, 0), (9, 12), (-1, 9), (10, 1)]:
        matrix.add_one(truth, answer)
    assert matrix.counts[7, 7] == matrix.counts[3, 5] == matrix.counts[0, 0] == 1
    assert matrix.accuracy == 2 / 4


def test_maps_of_different_shapes_are_refused() -> None:
    """Truth and prediction of different sizes cannot be compared."""
    small, wide = np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)
    with pytest.raises(ValueError, match="truth is"):
        ConfusionMatrix(3).add(small, wide)
    with pytest.raises(ValueError, match="differ in shape"):
        agreement(small, wide)


def test_agreement_is_the_share_of_equal_pixels() -> None:
    """One pixel of four differs."""
    assert agreement(
        np.array([[1, 2], [3, 4]], np.uint8), np.array([[1, 2], [3, 9]], np.uint8)
    ) == (0.75)


def test_folding_looks_every_pixel_up() -> None:
    """A table translates a class map; without one it stays the same object."""
    table = np.arange(256, dtype=np.uint8)[::-1].copy()
    class_map = np.array([[0, 255]], np.uint8)
    assert map_classes(class_map, table).tolist() == [[255, 0]]
    assert map_classes(class_map, None) is class_map


def shifted(truth: ClassMap, _image: ClassMap) -> ClassMap:
    """Predict the truth shifted, with road in place of void."""
    shifted_truth = np.roll(truth, (11, 37), (0, 1))
    return np.where(shifted_truth == VOID, 0, shifted_truth).astype(np.uint8)


def noisy(truth: ClassMap, _image: ClassMap) -> ClassMap:
    """Predict every tenth pixel at random, and keep void."""
    random = np.random.default_rng(5)
    guesses = random.integers(0, 19, truth.shape, np.uint8)
    return np.where(random.random(truth.shape) < 0.1, guesses, truth)


@pytest.mark.parametrize("predictor", [shifted, noisy, "a real network"])
def test_scores_are_those_of_cityscapesscripts(
    shared: Path, tmp_path: Path, predictor: Callable[[ClassMap, ClassMap], ClassMap] | str
) -> None:
    """Four validation frames score the same to the last digit, per class and on average."""
    theirs = pytest.importorskip("cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling")
    if callable(predictor):
        predict = predictor
    else:
        file = shared / "street_trial" / "int8.tflite"
        spec = infer_card(file, CardOverrides(labels="cityscapes"))
        engine = load_engine(spec, "int8")

        def predict(truth: ClassMap, image: ClassMap) -> ClassMap:
            result = engine.predict(image)
            assert isinstance(result, Segmentation)
            return classes_at(result, truth.shape[::-1])

    options = theirs.args
    options.evalInstLevelScore = False
    counted = theirs.generateMatrix(options)
    ours = ConfusionMatrix(19)
    to_id = np.zeros(256, np.uint8)  # void becomes `unlabeled`, which is ignored
    for label in CITYSCAPES.classes:
        to_id[label.train_id] = label.id
    truths = sorted(shared.glob("cityscapes/gtFine/val/*/*_labelIds.png"))
    assert len(truths) == 4
    for path in truths:
        ids = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)
        image_path = str(path).replace("gtFine_labelIds", "leftImg8bit")
        image = np.asarray(cv2.imread(image_path.replace("gtFine", "leftImg8bit")), np.uint8)
        truth = LABEL_IDS.to_train_ids(ids, path.name)
        prediction = predict(truth, image)
        ours.add(truth, prediction)
        saved = tmp_path / path.name
        cv2.imwrite(str(saved), to_id[prediction])
        theirs.evaluatePair(str(saved), str(path), counted, {}, {}, options)
    scores = {
        label.name: theirs.getIouScoreForLabel(label.id, counted, options)
        for label in CITYSCAPES.classes
    }
    assert dict(zip(CITYSCAPES.names, ours.iou().tolist(), strict=True)) == pytest.approx(
        scores, abs=0, rel=0, nan_ok=True
    )
    assert ours.miou() == pytest.approx(theirs.getScoreAverage(scores, options), abs=1e-15)
    assert 0.2 < ours.miou() < 1

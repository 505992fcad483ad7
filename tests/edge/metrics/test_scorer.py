"""Results are scored against the truth of their frame, in its classes and at its size."""

import numpy as np
import pytest

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Classification, ClassMap, Frame, Reading, Readings, Segmentation
from edge_app.label_sets import label_set
from edge_app.labels import CAMVID, CITYSCAPES, DIGITS, VOID, numbered_classes, numbered_labels
from edge_app.metrics.scorer import Scorer

IMAGE = np.zeros((4, 6, 3), np.uint8)


def frame(truth: ClassMap | int | None) -> Frame:
    """Return a frame with some truth."""
    return Frame(IMAGE, 0, 0.0, 0.0, "frankfurt 0", truth=truth)


def class_map(name: str, shape_hw: tuple[int, int] = (4, 6)) -> ClassMap:
    """Return a map of one Cityscapes class."""
    return np.full(shape_hw, CITYSCAPES.names.index(name), np.uint8)


def digit(class_id: int) -> Classification:
    """Return the result of one digit."""
    return Classification(class_id, np.eye(10, dtype=np.float32)[class_id])


def test_a_segmentation_is_scored_at_the_size_of_its_truth() -> None:
    """The smaller class map is enlarged; scores per class come with their names."""
    scorer = Scorer(CITYSCAPES, "cityscapes")
    truth = class_map("road", (40, 60))
    truth[:, 30:] = CITYSCAPES.names.index("sky")
    truth[0] = VOID
    answer = class_map("road")
    answer[:, 3:] = CITYSCAPES.names.index("car")
    scorer.add(frame(truth), Segmentation(answer))
    quality = scorer.quality()
    assert quality is not None
    assert quality.frames == 1
    assert quality.pixel_accuracy == 0.5
    scores = dict(quality.per_class)
    assert (scores["road"], scores["sky"], scores["car"]) == (1.0, 0.0, 0.0)
    assert scores["bus"] is None
    assert quality.miou == pytest.approx(1 / 3)
    assert quality.top1 is None


def test_cityscapes_classes_are_folded_into_camvid() -> None:
    """A truck counts as a car, and a rider as a bicyclist."""
    scorer = Scorer(CITYSCAPES, "camvid")
    for answer, truth in [("truck", "car"), ("rider", "bicyclist"), ("terrain", "tree")]:
        ids = np.full((8, 12), CAMVID.names.index(truth), np.uint8)
        scorer.add(frame(ids), Segmentation(class_map(answer)))
    quality = scorer.quality()
    assert quality is not None
    assert quality.pixel_accuracy == quality.miou == 1.0
    assert tuple(quality.per_class) == CAMVID.names


def test_labels_of_the_same_classes_need_no_fold() -> None:
    """A card's own name for the same 19 classes is scored as they are."""
    scorer = Scorer(numbered_labels("my street", CITYSCAPES.names), "driveseg")
    scorer.add(frame(class_map("bus")), Segmentation(class_map("bus")))
    quality = scorer.quality()
    assert quality is not None
    assert dict(quality.per_class)["bus"] == 1.0


def test_digits_are_scored_by_top_1() -> None:
    """Three of four are correct, and each digit has its own share; without truth it has none."""
    scorer = Scorer(DIGITS, "digits")
    for truth, answer in [(7, 7), (2, 2), (1, 7), (0, 0)]:
        scorer.add(frame(truth), digit(answer))
    quality = scorer.quality()
    assert quality is not None
    assert quality.top1 == 0.75
    assert quality.miou is quality.pixel_accuracy is None
    recall = dict(quality.per_class)
    assert list(recall) == [str(digit) for digit in range(10)]
    assert (recall["7"], recall["1"]) == (1.0, 0.0)
    assert recall["9"] is None


def test_frames_without_truth_are_skipped() -> None:
    """Before the first truth there is no score, which is not a score of zero."""
    scorer = Scorer(CITYSCAPES, "cityscapes")
    scorer.add(frame(None), Segmentation(class_map("road")))
    assert scorer.quality() is None


def test_void_alone_gives_no_score() -> None:
    """A frame in which nothing is scored has no accuracy and no mIoU."""
    scorer = Scorer(CITYSCAPES, "cityscapes")
    scorer.add(frame(np.full((4, 6), VOID, np.uint8)), Segmentation(class_map("road")))
    quality = scorer.quality()
    assert quality is not None
    assert quality.frames == 1
    assert quality.pixel_accuracy is None
    assert quality.miou is None


def test_a_classifier_is_not_scored_against_class_maps() -> None:
    """The error names the frame and the fix."""
    with pytest.raises(SourceError, match=r"frankfurt 0.*choose a segmentation model"):
        Scorer(DIGITS, "digits").add(frame(class_map("road")), digit(1))


def test_a_segmenter_is_not_scored_against_single_classes() -> None:
    """The error names the frame and the fix."""
    with pytest.raises(SourceError, match=r"frankfurt 0.*choose a classification model"):
        Scorer(CITYSCAPES, "cityscapes").add(frame(7), Segmentation(class_map("road")))


@pytest.mark.parametrize(
    ("labels", "truth"), [(CAMVID, "cityscapes"), (DIGITS, "camvid"), (CITYSCAPES, "digits")]
)
def test_label_sets_without_correspondence_are_an_error_before_the_run(
    labels: object, truth: str
) -> None:
    """No frame is needed to find out."""
    with pytest.raises(UsageError, match="cannot be scored against"):
        Scorer(labels, truth)  # type: ignore[arg-type]


def test_numbered_truth_has_the_ids_of_the_model() -> None:
    """Any model is scored against it under its own names; 255 is not scored."""
    labels = numbered_classes(5)
    scorer = Scorer(labels, "numbered")
    truth = np.full((8, 12), 4, np.uint8)
    truth[:4] = VOID
    scorer.add(frame(truth), Segmentation(np.full((4, 6), 4, np.uint8)))
    quality = scorer.quality()
    assert quality is not None
    assert (quality.miou, tuple(quality.per_class)) == (1.0, labels.names)


def test_a_class_that_the_model_does_not_have_is_refused() -> None:
    """Both numbers are in the message, for a class map and for single classes."""
    maps = Scorer(numbered_classes(5), "numbered")
    problem = r"frankfurt 0: the truth has class 6, the model's .* labels have 5 classes, 0 to 4; "
    with pytest.raises(UsageError, match=problem):
        maps.add(frame(np.full((4, 6), 6, np.uint8)), Segmentation(np.zeros((4, 6), np.uint8)))
    with pytest.raises(UsageError, match=problem):
        Scorer(numbered_classes(5), "numbered").add(frame(6), digit(1))
    with pytest.raises(UsageError, match="class 10, the model's digits labels have 10 classes"):
        Scorer(DIGITS, "numbered").add(frame(10), digit(1))


def test_masks_of_0_and_255_are_refused() -> None:
    """255 is not scored: every answer would be right."""
    two = Scorer(numbered_classes(2), "numbered")
    answer = Segmentation(np.zeros((2, 2), np.uint8))
    for values in ([[0, 0], [0, 0]], [[0, 1], [VOID, 0]], [[VOID, VOID], [VOID, VOID]]):
        two.add(frame(np.array(values, np.uint8)), answer)
    mask = np.array([[0, VOID], [VOID, 0]], np.uint8)
    with pytest.raises(UsageError, match="only 0 and 255, and 255 is not scored; write 1 for the"):
        two.add(frame(mask), answer)


def test_a_thousand_classes_are_scored() -> None:
    """Class 255 is one like the others for a classifier."""
    scorer = Scorer(label_set("imagenet"), "numbered")
    for truth, answer in ((255, 255), (999, 255)):
        logits = np.zeros(1000, np.float32)
        scorer.add(frame(truth), Classification(answer, logits))
    quality = scorer.quality()
    assert quality is not None
    assert quality.top1 == 0.5


def test_a_mapped_class_map_is_scored_by_name() -> None:
    """Own labels in another order than the truth's."""
    scorer = Scorer(numbered_labels("own", CAMVID.names[::-1]), "camvid")
    scorer.add(frame(np.zeros((8, 12), np.uint8)), Segmentation(np.full((4, 6), 10, np.uint8)))
    quality = scorer.quality()
    assert quality is not None
    assert dict(quality.per_class)["sky"] == 1.0


def test_readings_count_if_one_digit_is_in_view() -> None:
    """One reading is a result; none or two are a miss of the digit that is there."""
    one = Reading((0, 0, 9, 9), 7, 0.9, np.eye(10, dtype=np.float32)[7])
    scorer = Scorer(DIGITS, "digits")
    for found in ((one,), (), (one, one)):
        scorer.add(frame(7), Readings(found))
    quality = scorer.quality()
    assert quality is not None
    assert quality.frames == 3
    assert quality.top1 == pytest.approx(1 / 3)
    assert scorer.matrix.missed[7] == 2

"""Scores refuse labels that do not correspond, and fold, reorder or number those that do."""

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.label_fit import fit_labels
from edge_app.label_sets import label_set
from edge_app.labels import (
    CAMVID,
    CITYSCAPES,
    DIGITS,
    DRIVESEG,
    NUMBERED,
    PASCAL_VOC,
    VOID,
    LabelSet,
    numbered_classes,
    numbered_labels,
)


def test_cityscapes_folds_into_camvid() -> None:
    """Classes are merged as in the published comparison; void stays void."""
    table = fit_labels(CITYSCAPES, "camvid").table
    assert table is not None
    camvid = CAMVID.names
    mapped: dict[str, set[int]] = {name: set() for name in camvid}
    for train_id in range(19):
        mapped[camvid[table[train_id]]].add(train_id)
    assert mapped == {
        "sky": {10}, "building": {2, 3}, "pole": {5}, "road": {0}, "pavement": {1},
        "tree": {8, 9}, "sign symbol": {6, 7}, "fence": {4}, "car": {13, 14, 15, 16},
        "pedestrian": {11}, "bicyclist": {12, 17, 18},
    }  # fmt: skip
    assert (table[len(CITYSCAPES.names) :] == VOID).all()
    for labels in (DRIVESEG, numbered_labels("my street", CITYSCAPES.names)):
        other = fit_labels(labels, "camvid").table
        assert other is not None
        assert np.array_equal(table, other)


@pytest.mark.parametrize(
    ("model", "truth"),
    [
        (CITYSCAPES, "driveseg"),
        (DRIVESEG, "cityscapes"),
        (CAMVID, "camvid"),
        (
            numbered_labels("own", tuple(n.replace(" ", "_").title() for n in CAMVID.names)),
            "camvid",
        ),
    ],
)
def test_sets_of_the_same_classes_need_no_table(model: LabelSet, truth: str) -> None:
    """The ids of two such sets mean the same, however their names are written."""
    fit = fit_labels(model, truth)
    assert fit.table is None
    assert fit.labels == label_set(truth)


def test_classes_in_another_order_are_scored_by_name() -> None:
    """The table leads to the truth's ids."""
    model = numbered_labels("own", CAMVID.names[::-1])
    table = fit_labels(model, "camvid").table
    assert table is not None
    assert table[:11].tolist() == list(range(10, -1, -1))


@pytest.mark.parametrize(("name", "truth"), [("camvid-12", "camvid"), ("ade20k-151", "ade20k")])
def test_a_class_for_the_rest_counts_as_no_answer(name: str, truth: str) -> None:
    """Such a network is scored on the classes of the truth."""
    model = label_set(name)
    table = fit_labels(model, truth).table
    assert table is not None
    rest = model.names.index("void" if name == "camvid-12" else "other")
    assert table[rest] == VOID
    assert table[model.names.index("sky")] == label_set(truth).names.index("sky")


@pytest.mark.parametrize(
    ("model", "truth", "problem"),
    [
        (CAMVID, "cityscapes", "it has 11 classes, the truth 19, and the model has no 'sidewalk'"),
        (PASCAL_VOC, "camvid", "it has 21 classes, the truth 11, and the model has no 'sky'"),
        (DIGITS, "cityscapes", "it has 10 classes"),
        (CITYSCAPES, "digits", "it has 19 classes, the truth 10"),
        (numbered_labels("own", (*CAMVID.names, "cow")), "camvid", "the truth has no 'cow'"),
        (numbered_classes(11), "camvid", "the model has no 'sky'"),
        (numbered_classes(12), "digits", "it has 12 classes, the truth 10"),
    ],
)
def test_sets_without_a_correspondence_are_refused(
    model: LabelSet, truth: str, problem: str
) -> None:
    """The message has both names, both counts, the first class that is missing, and ways on."""
    with pytest.raises(UsageError) as refused:
        fit_labels(model, truth)
    text = str(refused.value)
    assert text.startswith(
        f"a model with {model.name} labels cannot be scored against {truth} truth: "
    )
    assert problem in text
    assert "--truth-labels numbered" in text
    assert "\n" not in text


@pytest.mark.parametrize("model", [CITYSCAPES, numbered_classes(5), label_set("imagenet")])
def test_numbered_truth_has_the_ids_of_the_model(model: LabelSet) -> None:
    """Any model is scored against it, with its own names."""
    fit = fit_labels(model, NUMBERED)
    assert (fit.labels, fit.table, fit.own_ids) == (model, None, True)


def test_ten_classes_of_any_name_are_scored_against_ids_of_digits() -> None:
    """Files of class ids do not say that they are digits: clothes come in the same files."""
    clothes = numbered_labels("clothes", tuple(f"garment {i}" for i in range(10)))
    fit = fit_labels(clothes, "digits")
    assert (fit.labels, fit.table, fit.own_ids) == (clothes, None, True)


def test_without_truth_the_labels_are_the_model_s() -> None:
    """Nothing is refused, and no id is checked."""
    fit = fit_labels(CITYSCAPES, None)
    assert (fit.labels, fit.table, fit.own_ids) == (CITYSCAPES, None, False)

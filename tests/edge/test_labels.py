"""One table per label set, true to its source, and the lookups derived from it."""

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.labels import (
    CITYSCAPES,
    LABEL_SETS,
    PASCAL_VOC,
    VOID,
    fold_table,
    label_set,
    numbered_labels,
)


def test_cityscapes_is_the_data_sets_own_table() -> None:
    """Names, ids, trainIds, colours and what is ignored equal cityscapesScripts' labels."""
    theirs = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    # The last row, the licence plate, has id -1 and stands in no file.
    assert [
        (label.name, label.id, label.train_id, label.colour_rgb, label.ignored)
        for label in CITYSCAPES.labels
    ] == [
        (label.name, label.id, label.trainId, label.color, label.ignoreInEval)
        for label in theirs
        if label.id >= 0
    ]


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("cityscapes", 19, "road", "bicycle"),
        ("driveseg", 19, "road", "bicycle"),
        ("camvid", 11, "sky", "bicyclist"),
        ("pascal-voc", 21, "background", "tv monitor"),
        ("digits", 10, "0", "9"),
    ],
)
def test_every_set_has_its_classes(name: str, count: int, first: str, last: str) -> None:
    """TrainIds count up from zero without a gap, in the order of the names."""
    labels = label_set(name)
    assert [label.train_id for label in labels.classes] == list(range(count))
    assert (labels.names[0], labels.names[-1]) == (first, last)
    assert len(set(labels.names)) == count


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    """A misspelt --labels is a fault of usage."""
    with pytest.raises(UsageError, match="choose one of: camvid, cityscapes, digits, driveseg"):
        label_set("citiscapes")


@pytest.mark.parametrize(
    ("name", "ids", "train_ids"),
    [
        ("cityscapes", [0, 7, 8, 9, 26, 33, 34, 255], [VOID, 0, 1, VOID, 13, 18, VOID, VOID]),
        ("camvid", [0, 10, 11, 12], [0, 10, VOID, VOID]),
        ("driveseg", [0, 18, 19, 255], [0, 18, VOID, VOID]),
    ],
)
def test_ids_of_truth_files_become_train_ids(
    name: str, ids: list[int], train_ids: list[int]
) -> None:
    """Known ids are looked up; everything else is void."""
    assert label_set(name).id_to_train_id()[ids].tolist() == train_ids


@pytest.mark.parametrize("name", sorted(LABEL_SETS))
def test_the_palette_holds_bgr_and_black_for_void(name: str) -> None:
    """Each trainId has its label's colour in OpenCV's order."""
    labels = label_set(name)
    palette = labels.palette_bgr()
    assert palette.shape == (256, 1, 3)
    for label in labels.classes:
        assert tuple(palette[label.train_id, 0, ::-1].tolist()) == label.colour_rgb
    assert not palette[len(labels.classes) :].any()


def test_cityscapes_folds_into_camvid() -> None:
    """The classes meet as in the published comparison; void stays void."""
    table = fold_table("cityscapes", "camvid")
    assert table is not None
    camvid, ours = label_set("camvid").names, CITYSCAPES.names
    folded: dict[str, set[int]] = {name: set() for name in camvid}
    for train_id in range(19):
        folded[camvid[table[train_id]]].add(train_id)
    assert folded == {
        "sky": {10}, "building": {2, 3}, "pole": {5}, "road": {0}, "pavement": {1},
        "tree": {8, 9}, "sign symbol": {6, 7}, "fence": {4}, "car": {13, 14, 15, 16},
        "pedestrian": {11}, "bicyclist": {12, 17, 18},
    }  # fmt: skip
    assert (table[len(ours) :] == VOID).all()
    assert np.array_equal(table, fold_table("driveseg", "camvid"))


@pytest.mark.parametrize("pair", [("cityscapes", "driveseg"), ("driveseg", "cityscapes")])
def test_sets_of_the_same_classes_need_no_folding(pair: tuple[str, str]) -> None:
    """Ids of such sets mean the same as they are."""
    assert fold_table(*pair) is None


@pytest.mark.parametrize(
    "pair",
    [
        ("camvid", "cityscapes"),
        ("pascal-voc", "camvid"),
        ("digits", "cityscapes"),
        ("packed", "camvid"),
    ],
)
def test_sets_without_a_correspondence_are_refused(pair: tuple[str, str]) -> None:
    """The message names both sets, also where the model's set is its own."""
    with pytest.raises(UsageError, match=f"{pair[0]} labels cannot be scored against {pair[1]}"):
        fold_table(*pair)


def test_a_thousand_classes_keep_their_names() -> None:
    """Classifiers may have more classes than a byte holds; maps of theirs show 255."""
    labels = numbered_labels("things", tuple(f"thing {i}" for i in range(1001)))
    assert len(labels.classes) == 1001
    assert labels.names[1000] == "thing 1000"
    assert labels.palette_bgr().shape == (256, 1, 3)
    assert not labels.palette_bgr()[VOID].any()


def test_numbered_classes_are_coloured_by_the_voc_rule() -> None:
    """The first colours are those of the Pascal devkit's own colour map."""
    made = numbered_labels("x", PASCAL_VOC.names)
    assert [label.colour_rgb for label in made.labels] == [
        label.colour_rgb for label in PASCAL_VOC.labels
    ]

"""Each label set equals its source, and the tables derived from it are right."""

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.labels import (
    CITYSCAPES,
    LABEL_SETS,
    PASCAL_VOC,
    VOID,
    class_mapping,
    label_set,
    numbered_labels,
)


def test_cityscapes_equals_the_published_table() -> None:
    """Names, ids, trainIds, colours and ignored labels equal those of cityscapesScripts."""
    published = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    # The last row, the licence plate, has id -1 and is in no file.
    assert [
        (label.name, label.id, label.train_id, label.colour_rgb, label.ignored)
        for label in CITYSCAPES.labels
    ] == [
        (label.name, label.id, label.trainId, label.color, label.ignoreInEval)
        for label in published
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


def test_an_unknown_set_is_a_usage_error() -> None:
    """The message lists the known sets."""
    with pytest.raises(UsageError, match="choose one of: camvid, cityscapes, digits, driveseg"):
        label_set("citiscapes")


@pytest.mark.parametrize("name", sorted(LABEL_SETS))
def test_the_palette_is_bgr_with_black_for_void(name: str) -> None:
    """Each trainId has its label's colour in OpenCV's order."""
    labels = label_set(name)
    palette = labels.palette_bgr()
    assert palette.shape == (256, 1, 3)
    for label in labels.classes:
        assert tuple(palette[label.train_id, 0, ::-1].tolist()) == label.colour_rgb
    assert not palette[len(labels.classes) :].any()


def test_cityscapes_folds_into_camvid() -> None:
    """Classes are merged as in the published comparison; void stays void."""
    table = class_mapping("cityscapes", "camvid")
    assert table is not None
    camvid = label_set("camvid").names
    mapped: dict[str, set[int]] = {name: set() for name in camvid}
    for train_id in range(19):
        mapped[camvid[table[train_id]]].add(train_id)
    assert mapped == {
        "sky": {10}, "building": {2, 3}, "pole": {5}, "road": {0}, "pavement": {1},
        "tree": {8, 9}, "sign symbol": {6, 7}, "fence": {4}, "car": {13, 14, 15, 16},
        "pedestrian": {11}, "bicyclist": {12, 17, 18},
    }  # fmt: skip
    assert (table[len(CITYSCAPES.names) :] == VOID).all()
    driveseg = class_mapping("driveseg", "camvid")
    assert driveseg is not None
    assert np.array_equal(table, driveseg)


@pytest.mark.parametrize("pair", [("cityscapes", "driveseg"), ("driveseg", "cityscapes")])
def test_sets_of_the_same_classes_need_no_folding(pair: tuple[str, str]) -> None:
    """The ids of two such sets mean the same."""
    assert class_mapping(*pair) is None


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
    """The message names both sets, even if the model's set does not ship."""
    with pytest.raises(UsageError, match=f"{pair[0]} labels cannot be scored against {pair[1]}"):
        class_mapping(*pair)


def test_a_thousand_classes_keep_their_names() -> None:
    """A classifier may have more than 255 classes; the palette has colours for 255."""
    labels = numbered_labels("things", tuple(f"thing {i}" for i in range(1001)))
    assert len(labels.classes) == 1001
    assert labels.names[1000] == "thing 1000"
    assert labels.palette_bgr().shape == (256, 1, 3)
    assert not labels.palette_bgr()[VOID].any()


def test_numbered_classes_are_coloured_by_the_voc_rule() -> None:
    """The first colours are those of the Pascal VOC devkit."""
    labels = numbered_labels("x", PASCAL_VOC.names)
    assert labels.labels == PASCAL_VOC.labels
    assert [label.colour_rgb for label in labels.labels] == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128),
        (0, 128, 128), (128, 128, 128), (64, 0, 0), (192, 0, 0), (64, 128, 0), (192, 128, 0),
        (64, 0, 128), (192, 0, 128), (64, 128, 128), (192, 128, 128), (0, 64, 0), (128, 64, 0),
        (0, 192, 0), (128, 192, 0), (0, 64, 128),
    ]  # fmt: skip

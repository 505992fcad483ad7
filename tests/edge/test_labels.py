"""Each table of labels equals its source, and colours are right."""

import pytest

from edge_app.labels import (
    CITYSCAPES,
    PASCAL_VOC,
    VOID,
    is_background,
    numbered_classes,
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


@pytest.mark.parametrize("count", [1, 2, 5, 255, 1000])
def test_every_numbered_class_has_a_colour_of_its_own(count: int) -> None:
    """None is black, which would not be painted; nothing says that class 0 is a background."""
    colours = [label.colour_rgb for label in numbered_classes(count).labels]
    assert len(set(colours)) == count
    assert (0, 0, 0) not in colours


@pytest.mark.parametrize("name", ["background", "__background__", "Void", "unlabeled"])
def test_a_background_is_not_painted(name: str) -> None:
    """Its colour is black, whatever it is called; a first class that is something has one."""
    assert is_background(name)
    assert numbered_labels("x", (name, "cat")).labels[0].colour_rgb == (0, 0, 0)
    assert numbered_labels("x", ("sky", "cat")).labels[0].colour_rgb != (0, 0, 0)


def test_given_colours_are_kept() -> None:
    """The rule is only for classes without colours."""
    labels = numbered_labels("x", ("sky", "cat"), ((1, 2, 3), (0, 0, 0)))
    assert [label.colour_rgb for label in labels.labels] == [(1, 2, 3), (0, 0, 0)]

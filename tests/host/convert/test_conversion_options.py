"""What the card of a conversion says of the classes: given names, usual ones, or numbers."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.label_sets import label_set
from edge_app.labels import numbered_classes
from edge_app.model.card import TensorInfo
from host_tools.convert.conversion_options import (
    CardOptions,
    ConversionOptions,
    check_options,
    infer_labels,
)


def output(*shape: int) -> TensorInfo:
    """Return an output of some shape."""
    return TensorInfo("out", shape, np.dtype(np.float32))


def test_classes_without_a_usual_set_are_numbered() -> None:
    """A network of five classes converts without an option."""
    labels = infer_labels(CardOptions(), "segmentation", output(1, 8, 8, 5))
    assert labels == numbered_classes(5)
    assert infer_labels(CardOptions(), "segmentation", output(1, 8, 8, 19)).name == "cityscapes"


def test_labels_and_palette_may_be_files(tmp_path: Path) -> None:
    """Their names and colours go into the card; a set's name is still one."""
    names, colours = tmp_path / "my.txt", tmp_path / "colours.txt"
    names.write_text("1 road\n2 sky\n", "utf-8")
    colours.write_text("1 2 3\n4 5 6\n7 8 9\n", "utf-8")
    given = CardOptions(labels=str(names), palette=colours)
    two = infer_labels(given, "segmentation", output(1, 8, 8, 2))
    assert [(label.name, label.colour_rgb) for label in two.labels] == [
        ("road", (1, 2, 3)), ("sky", (4, 5, 6)),
    ]  # fmt: skip
    three = infer_labels(given, "segmentation", output(1, 8, 8, 3))
    assert three.names == ("background", "road", "sky")
    given = CardOptions(palette=colours)
    assert infer_labels(given, "segmentation", output(1, 8, 8, 3)).labels[2].colour_rgb == (7, 8, 9)
    given = CardOptions(labels="coco")
    assert infer_labels(given, "classification", output(1, 80)) is label_set("coco")


def test_files_are_checked_before_anything_is_converted(tmp_path: Path) -> None:
    """A missing file or a wrong line is found at once."""
    model, out = tmp_path / "a.tflite", tmp_path / "out"
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("0 road\nsky\n", "utf-8")
    for card, problem in (
        (CardOptions(labels="nothing.txt"), "neither a file nor a label set"),
        (CardOptions(labels=str(wrong)), "line 2 is 'sky'"),
        (CardOptions(palette=wrong), "line 2 is 'sky'"),
    ):
        with pytest.raises(UsageError, match=problem):
            check_options(ConversionOptions(model, out, card=card))

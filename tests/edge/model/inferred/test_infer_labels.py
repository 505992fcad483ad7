"""Names of classes: given, packed, beside the file, by their number."""

from pathlib import Path

import pytest

from edge_app.errors import UsageError
from edge_app.labels import CAMVID
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.infer_labels import choose_labels
from edge_app.model.inferred.packed_metadata import FileNotes, TensorNotes

NOTHING = CardOverrides()
OWN = tuple(f"own {i}" for i in range(11))


def found(
    path: Path,
    task: str,
    classes: int | None,
    files: dict[str, str] | None = None,
    *,
    is_one_value: bool = False,
) -> str:
    """Return the names' set, the first two names, and where they come from."""
    notes = FileNotes(files=files or {})
    labels, guess = choose_labels(path, task, classes, notes, 0, NOTHING, is_one_value=is_one_value)
    assert guess is not None
    return f"{labels.name}: {', '.join(labels.names[:2])} {guess.origin}, {guess.sureness}"


@pytest.mark.parametrize(
    ("task", "classes", "said"),
    [
        ("classification", 10, "digits: 0, 1 by their number, likely"),
        ("classification", 1000, "imagenet: tench, goldfish by their number, likely"),
        ("classification", 1001, "imagenet-1001: background, tench by their number, likely"),
        ("segmentation", 11, "camvid: sky, building by their number, likely"),
        ("segmentation", 19, "cityscapes: road, sidewalk by their number, likely"),
        ("segmentation", 21, "pascal-voc: background, aeroplane by their number, likely"),
        ("segmentation", 150, "ade20k: wall, building by their number, likely"),
        ("segmentation", None, "cityscapes: road, sidewalk as usual for class ids, assumed"),
        ("segmentation", 5, "numbered: class 0, class 1 no names are known, assumed"),
        ("classification", 2, "numbered: class 0, class 1 no names are known, assumed"),
    ],
)
def test_a_usual_number_of_classes_names_them(
    tmp_path: Path, task: str, classes: int | None, said: str
) -> None:
    """Others are numbered."""
    assert found(tmp_path / "a.tflite", task, classes) == said


def test_one_value_is_two_classes(tmp_path: Path) -> None:
    """A mask's object or a classifier's yes; one packed name is that of the object."""
    path = tmp_path / "a.tflite"
    mask = found(path, "segmentation", 2, is_one_value=True)
    assert mask.startswith("two-classes: background, object")
    assert found(path, "classification", 2, is_one_value=True).startswith("two-classes: no, yes")
    files = {"labels.txt": "person\n"}
    packed = found(path, "segmentation", 2, files, is_one_value=True)
    assert packed == "packed: background, person packed in the file, certain"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Sky", *CAMVID.names[1:9], "person", "cyclist"), "camvid: sky, building packed"),
        (OWN, "packed: own 0, own 1 packed"),
        (("sky", *OWN[:10]), "packed: sky, own 0 packed"),
        (OWN[:1], "camvid: sky, building by their number"),
    ],
    ids=["the usual names", "other names", "one usual name", "another number"],
)
def test_packed_names_win_over_the_usual_set(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    """Eleven classes are CamVid's, unless the file has eleven names of its own."""
    files = {"labels.txt": "\n".join(names)}
    assert found(tmp_path / "a.tflite", "segmentation", 11, files).startswith(said)


def test_metadata_says_which_file_is_an_outputs(tmp_path: Path) -> None:
    """Or, for Ultralytics, the names themselves."""
    files = {"other.txt": "a\nb\nc", "own.txt": "x\ny\nz"}
    notes = FileNotes(outputs=(TensorNotes(label_files=("own.txt",)),), files=files)
    labels, guess = choose_labels(tmp_path / "a", "classification", 3, notes, 0, NOTHING)
    assert labels.names == ("x", "y", "z")
    assert guess is not None
    assert guess.origin == "stated in its metadata"
    notes = FileNotes(
        files={"metadata.json": '{"task": "classify", "names": {"0": "u", "1": "v"}}'}
    )
    labels, _ = choose_labels(tmp_path / "a", "classification", 2, notes, 0, NOTHING)
    assert labels.names == ("u", "v")


@pytest.mark.parametrize("name", ["net.txt", "net_labels.txt", "labels.txt", "labelmap.txt"])
def test_a_label_file_beside_the_network_counts_if_it_fits(tmp_path: Path, name: str) -> None:
    """With or without numbers, as Teachable Machine writes them."""
    path = tmp_path / "net.tflite"
    (tmp_path / name).write_text("0 cat\n1 black dog\n2 cow\n")
    said = found(path, "classification", 3)
    assert said == "packed: cat, black dog in the text file beside it, likely"
    assert found(path, "classification", 4).startswith("numbered")


def test_files_of_the_user_name_and_colour_the_classes(tmp_path: Path) -> None:
    """Names of --labels, and colours of --palette, also for names that are inferred."""
    names, colours = tmp_path / "names.txt", tmp_path / "colours.txt"
    names.write_text("1 cat\n2 dog\n3 cow\n")
    colours.write_text("1 2 3\n" * 21)
    for overrides, classes, first in (
        (CardOverrides(labels=str(names)), 3, "cat"),
        (CardOverrides(labels=str(names), palette=colours), 3, "cat"),
        (CardOverrides(palette=colours), 21, "background"),
        (CardOverrides(palette=colours), 5, "class 0"),
    ):
        path = tmp_path / "a.tflite"
        labels, guess = choose_labels(path, "segmentation", classes, FileNotes(), 0, overrides)
        assert (len(labels.names), labels.names[0]) == (classes, first)
        assert (labels.labels[-1].colour_rgb == (1, 2, 3)) is (overrides.palette is not None)
        assert (guess is None) is (overrides.labels is not None)


def test_a_wrong_set_is_refused(tmp_path: Path) -> None:
    """The message lists the sets."""
    with pytest.raises(UsageError, match="'cats'"):
        choose_labels(
            tmp_path / "a", "classification", 3, FileNotes(), 0, CardOverrides(labels="cats")
        )

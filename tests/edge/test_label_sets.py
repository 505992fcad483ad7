"""Each label set that ships has its classes, ids and colours; files are read when they are used."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from edge_app.errors import EdgeError, UsageError
from edge_app.label_sets import LABEL_SETS, label_set
from edge_app.labels import VOID, LabelSet


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("cityscapes", 19, "road", "bicycle"),
        ("driveseg", 19, "road", "bicycle"),
        ("camvid", 11, "sky", "bicyclist"),
        ("camvid-12", 12, "sky", "void"),
        ("pascal-voc", 21, "background", "tv monitor"),
        ("ade20k", 150, "wall", "flag"),
        ("ade20k-151", 151, "other", "flag"),
        ("coco", 80, "person", "toothbrush"),
        ("coco-90", 90, "person", "toothbrush"),
        ("coco-91", 91, "background", "toothbrush"),
        ("coco-stuff", 171, "person", "wood"),
        ("coco-stuff-182", 182, "person", "wood"),
        ("imagenet", 1000, "tench", "toilet tissue"),
        ("imagenet-1001", 1001, "background", "toilet tissue"),
        ("digits", 10, "0", "9"),
    ],
)
def test_every_set_has_its_classes(name: str, count: int, first: str, last: str) -> None:
    """TrainIds count up from zero without a gap, in the order of the names."""
    labels = label_set(name)
    assert labels.name == name
    assert [label.train_id for label in labels.classes] == list(range(count))
    assert (labels.names[0], labels.names[-1]) == (first, last)
    assert len(set(labels.names)) == count


def test_all_sets_are_tested_here() -> None:
    """The list above is complete."""
    assert len(LABEL_SETS) == len(list(LABEL_SETS)) == 15


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ade20k", {1: "wall", 3: "sky", 7: "road", 13: "person", 150: "flag"}),
        ("coco", {1: "person", 13: "stop sign", 18: "dog", 90: "toothbrush"}),
        ("coco-stuff", {0: "person", 12: "stop sign", 91: "banner", 181: "wood"}),
        ("imagenet", {0: "tench", 207: "golden retriever", 281: "tabby", 817: "sports car"}),
    ],
)
def test_ids_are_those_of_the_annotations(name: str, known: dict[int, str]) -> None:
    """Some published ids of each set that is read from a file."""
    by_id = {label.id: label.name for label in label_set(name).labels}
    assert {i: by_id[i] for i in known} == known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("coco-90", {0: "person", 11: "unused 12", 17: "dog", 89: "toothbrush"}),
        ("coco-91", {0: "background", 1: "person", 12: "unused 12", 18: "dog", 90: "toothbrush"}),
        ("coco-stuff-182", {0: "person", 11: "unused 11", 91: "banner", 181: "wood"}),
        ("imagenet-1001", {0: "background", 1: "tench", 208: "golden retriever"}),
        ("ade20k-151", {0: "other", 3: "sky"}),
    ],
)
def test_sets_with_gaps_or_a_background_keep_the_ids(name: str, known: dict[int, str]) -> None:
    """A network with an output for each id has names at the right ones."""
    names = label_set(name).names
    assert {i: names[i] for i in known} == known


@pytest.mark.parametrize("name", sorted(LABEL_SETS))
def test_the_palette_is_bgr_with_black_for_void(name: str) -> None:
    """Each trainId has its label's colour in OpenCV's order."""
    labels = label_set(name)
    palette = labels.palette_bgr()
    assert palette.shape == (256, 1, 3)
    for label in labels.classes[:VOID]:
        assert tuple(palette[label.train_id, 0, ::-1].tolist()) == label.colour_rgb
    assert not palette[len(labels.classes) :].any()


@pytest.mark.parametrize("name", sorted(LABEL_SETS))
def test_classes_have_colours_of_their_own(name: str) -> None:
    """ADE20K's published palette has one colour twice; black is for what is nothing."""
    labels = label_set(name)
    used = [label for label in labels.classes if not label.name.startswith("unused")]
    twice = [colour for colour, n in Counter(one.colour_rgb for one in used).items() if n > 1]
    assert twice == ([(140, 140, 140)] if name.startswith("ade20k") else [])
    black = {label.name for label in used if label.colour_rgb == (0, 0, 0)}
    assert black <= {"background", "other", "void"}


def test_an_unknown_set_is_a_usage_error() -> None:
    """The message lists the known sets."""
    with pytest.raises(UsageError, match=r"choose one of: ade20k, ade20k-151, camvid, .*imagenet"):
        label_set("citiscapes")


def test_names_are_known_without_reading_a_file() -> None:
    """`--help` lists the sets; only the one that is used is read."""
    code = """
import builtins, io, pathlib
def refuse(self, *arguments): raise AssertionError(f"{self} was read")
pathlib.Path.read_text = refuse
from edge_app.label_sets import LABEL_SETS, label_set
assert "imagenet" in LABEL_SETS and "imagenette" not in LABEL_SETS
assert len(sorted(LABEL_SETS)) == len(LABEL_SETS)
label_set("cityscapes")
try:
    label_set("imagenet")
except AssertionError as fault:
    print(fault)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip().endswith("imagenet.csv was read")


def test_a_set_is_made_once() -> None:
    """Equal sets are one value; an unknown name is absent, as in any mapping."""
    assert label_set("coco") is label_set("coco")
    assert LABEL_SETS.get("nothing") is None
    assert isinstance(LABEL_SETS.get("coco"), LabelSet)


def test_a_missing_file_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A damaged installation says what to do."""
    from edge_app import label_sets

    monkeypatch.setattr(label_sets, "shipped_dir", lambda name: tmp_path)
    with pytest.raises(EdgeError, match=r"coco\.csv cannot be read .*install the package again"):
        label_sets._from_file("coco")

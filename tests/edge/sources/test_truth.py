"""Frames get their own truth, and every kind of class ids is recognised."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from edge_app.errors import SourceError
from edge_app.sources.class_maps import pair_key
from edge_app.sources.factory import open_source
from edge_app.sources.source import Truth
from edge_app.sources.truth import open_truth
from tests.support import media_files as made

FRAMES = ["frame1.png", "frame2.png", "frame10.png"]


def _ids(truth: Truth, index: int = 0, name: str = "") -> list[int]:
    return np.unique(truth.of(index, name)).tolist()


def test_camvid_void_is_not_scored(tmp_path: Path) -> None:
    """CamVid's ids 0 to 10 are trainIds already, and 11 becomes 255."""
    made.write_map(tmp_path / "testannot" / "a.png", np.arange(12, dtype=np.uint8).reshape(3, 4))
    truth = open_truth(tmp_path / "testannot")
    truth.check(1, None)
    assert truth.labels == "camvid"
    assert _ids(truth) == [*range(11), 255]


@pytest.mark.parametrize(
    ("labels", "wrong"), [("camvid", 12), ("driveseg", 19), ("cityscapes", 34), ("cityscapes", 254)]
)
def test_an_unknown_id_is_an_error(labels: str, wrong: int, tmp_path: Path) -> None:
    """The message names the file and the id."""
    ids = np.array([[1, 2], [21 if labels == "cityscapes" else 3, wrong]], np.uint8)
    made.write_map(tmp_path / "x" / "a.png", ids)
    truth = open_truth(tmp_path / "x", labels)
    truth.check(1, None)
    with pytest.raises(SourceError, match=rf"a\.png has the id {wrong},.*--truth-labels"):
        truth.of(0, "0")


def test_names_pair_whatever_their_order(tmp_path: Path) -> None:
    """An image has the truth of its name, also if there are others."""
    made.write_maps(tmp_path / "annot", ["frame10.png", "extra.png", "frame2.png", "frame1.png"])
    truth = open_truth(tmp_path / "annot")
    truth.check(3, ["frame1.jpg", "frame2.jpg", "frame10.jpg"])
    assert [_ids(truth, 0, name) for name in ("frame1.jpg", "frame2.jpg", "frame10.jpg")] == [
        [3],
        [2],
        [0],
    ]


def test_missing_truths_are_counted_and_named(tmp_path: Path) -> None:
    """Every image needs its truth before the run begins."""
    made.write_images(tmp_path / "x", [*FRAMES, "frame3.png", "frame4.png"])
    truth = open_truth(made.write_maps(tmp_path / "annot", ["frame2.png"]))
    with pytest.raises(
        SourceError, match=r"no truth for 4 of 5 images \(frame1.png, frame3.png, frame4.png, ...\)"
    ):
        open_source(str(tmp_path / "x"), truth=truth)


def test_names_that_occur_twice_are_refused(tmp_path: Path) -> None:
    """Two cities may both have a 1.png, and neither may get the truth of the other."""
    made.write_images(tmp_path / "x", ["a/1.png", "b/1.png"])
    truth = open_truth(made.write_maps(tmp_path / "annot", ["1.png", "2.png"]))
    with pytest.raises(SourceError, match="occur twice among the images"):
        open_source(str(tmp_path / "x"), truth=truth)


def test_one_image_and_one_map_are_a_pair(tmp_path: Path) -> None:
    """Two single files may have different names."""
    made.write_images(tmp_path, ["photo.png"])
    truth = open_truth(made.write_map(tmp_path / "painted.png", 7), "camvid")
    frame = next(iter(open_source(str(tmp_path / "photo.png"), truth=truth)))
    assert np.unique(frame.truth).tolist() == [7]  # type: ignore[arg-type]


def test_a_damaged_image_does_not_shift_the_truth(tmp_path: Path) -> None:
    """The frames after a skipped one have the truth of their own names."""
    made.write_images(tmp_path / "x", FRAMES)
    (tmp_path / "x" / "frame2.png").write_bytes(b"")
    truth = open_truth(made.write_maps(tmp_path / "annot", FRAMES))
    frames = list(open_source(str(tmp_path / "x"), truth=truth))
    assert [np.unique(frame.truth).tolist() for frame in frames] == [[0], [2]]  # type: ignore[arg-type]


def test_a_damaged_image_does_not_shift_digit_labels(tmp_path: Path) -> None:
    """Labels have no names, so images keep their positions."""
    made.write_images(tmp_path / "x", FRAMES)
    (tmp_path / "x" / "frame2.png").write_bytes(b"")
    labels = made.write_idx(tmp_path / "labels", np.array([4, 5, 6], np.uint8))
    frames = list(open_source(str(tmp_path / "x"), truth=open_truth(labels)))
    assert [frame.truth for frame in frames] == [4, 6]


def test_streams_pair_in_natural_order(tmp_path: Path) -> None:
    """Frame i of a video has the i-th map, 2 before 10."""
    truth = open_truth(made.write_maps(tmp_path / "annot", FRAMES))
    truth.check(3, None)
    assert [_ids(truth, index) for index in range(3)] == [[0], [1], [2]]
    with pytest.raises(SourceError, match="no truth for frame 3"):
        truth.of(3, "3")


@pytest.mark.parametrize("count", [2, 4, None])
def test_streams_must_be_as_long(count: int | None, tmp_path: Path) -> None:
    """Another number of frames, or an unknown one, is refused."""
    truth = open_truth(made.write_maps(tmp_path / "annot", FRAMES))
    with pytest.raises(SourceError, match=r"truth of 3 frames, but there are (2|4|an unknown)"):
        truth.check(count, None)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("0001TP_008580.jpg", "0001TP_008580"),
        ("val/frankfurt/frankfurt_000000_000294_leftImg8bit.png", "frankfurt_000000_000294"),
        ("frankfurt_000000_000294_gtFine_labelTrainIds.png", "frankfurt_000000_000294"),
        ("aachen_1_gtCoarse_labelIds.png", "aachen_1"),
        ("7_labelIds.png", "7"),
    ],
)
def test_pair_keys_of_frames_and_truth_are_equal(name: str, key: str) -> None:
    """Suffixes, also those of Cityscapes, do not count."""
    assert pair_key(name) == key


TRAIN = np.array([[0, 10], [18, 255]], np.uint8)
LABEL = np.array([[7, 23], [33, 0]], np.uint8)
PLAIN = np.array([[0, 1], [2, 3]], np.uint8)


def _read_all(folder: Path, names: list[str]) -> None:
    truth = open_truth(folder)
    truth.check(len(names), names)
    for index, name in enumerate(names):
        truth.of(index, name)


def _city(folder: Path, maps: dict[str, np.ndarray]) -> Path:
    for name, ids in maps.items():
        made.write_map(folder / "gtFine" / "val" / "ulm" / name, ids)
    return folder


# The maps of a folder, and what every frame's truth must be.
AGREEING = {
    "trainIds": {"a_gtFine_labelTrainIds.png": TRAIN, "b_gtFine_labelTrainIds.png": TRAIN},
    "labelIds": {"a_gtFine_labelIds.png": LABEL, "b_gtFine_labelIds.png": LABEL},
    "both": {
        f"{frame}_gtFine_{kind}.png": ids
        for frame in "ab"
        for kind, ids in (("labelIds", LABEL), ("labelTrainIds", TRAIN), ("color", PLAIN))
    },
    "labelIds complete": {
        "a_gtFine_labelIds.png": LABEL,
        "b_gtFine_labelIds.png": LABEL,
        "b_gtFine_labelTrainIds.png": np.zeros((2, 2), np.uint8),
    },
}


@pytest.mark.parametrize("kind", AGREEING)
@pytest.mark.parametrize("level", [".", "gtFine", "gtFine/val", "gtFine/val/ulm"])
def test_cityscapes_is_recognised(kind: str, level: str, tmp_path: Path) -> None:
    """At every level of the folders, labelIds and labelTrainIds give the same trainIds."""
    truth = open_truth(_city(tmp_path, AGREEING[kind]) / level)
    truth.check(2, ["a_leftImg8bit.png", "b_leftImg8bit.png"])
    assert truth.labels == "cityscapes"
    for index, name in enumerate(("a_leftImg8bit.png", "b_leftImg8bit.png")):
        assert np.array_equal(truth.of(index, name), TRAIN)


# The maps of a folder, and why they are refused.
CONTRADICTORY = {
    "trainIds named labelIds": ({"a_gtFine_labelIds.png": TRAIN}, "labelTrainIds .* instead of"),
    "labelIds named trainIds": ({"a_gtFine_labelTrainIds.png": LABEL}, "labelIds .* instead of"),
    "a mix under one name": (
        {"a_gtFine_labelIds.png": LABEL, "b_gtFine_labelIds.png": TRAIN},
        r"b_gtFine_labelIds\.png has ids of Cityscapes labelTrainIds",
    ),
    "a mix of names": (
        {"a_gtFine_labelIds.png": LABEL, "b_gtFine_labelTrainIds.png": TRAIN},
        "mixes labelIds and labelTrainIds",
    ),
    "labelIds that show none": (
        {"a_gtFine_labelIds.png": PLAIN},
        "may have labelIds or labelTrainIds",
    ),
}


@pytest.mark.parametrize("kind", CONTRADICTORY)
def test_cityscapes_that_contradicts_itself_is_refused(kind: str, tmp_path: Path) -> None:
    """A name that disagrees with the content, or a mix of both kinds, is an error."""
    maps, message = CONTRADICTORY[kind]
    folder = _city(tmp_path, maps)
    with pytest.raises(SourceError, match=message):
        _read_all(folder, [name.replace("gtFine", "leftImg8bit") for name in maps])


@pytest.mark.parametrize(("first", "second"), [(TRAIN, LABEL), (LABEL, TRAIN)])
def test_maps_are_recognised_by_content(
    first: np.ndarray, second: np.ndarray, tmp_path: Path
) -> None:
    """The first map that shows its kind decides, and one of the other kind is refused."""
    for name, ids in (("a.png", PLAIN), ("b.png", first), ("c.png", second)):
        made.write_map(tmp_path / name, ids)
    truth = open_truth(tmp_path, "cityscapes")
    truth.check(3, None)
    assert np.array_equal(truth.of(1, "b"), TRAIN)
    with pytest.raises(SourceError, match=r"c\.png"):
        truth.of(2, "c")


def test_ambiguous_maps_are_refused(tmp_path: Path) -> None:
    """Ids below 19 may be of either kind, so the file names must say which."""
    with pytest.raises(SourceError, match="may have labelIds or labelTrainIds"):
        open_truth(made.write_map(tmp_path / "x" / "a.png", PLAIN).parent, "cityscapes")


@pytest.mark.parametrize("colour", [False, True], ids=["one channel", "three channels"])
@pytest.mark.parametrize("name", ["truth.tar", "truth.tar.gz", "truth.gz"])
def test_driveseg_tarballs_are_read_in_natural_order(
    name: str, colour: bool, tmp_path: Path
) -> None:
    """One PNG per frame; folders and hidden files are skipped, nothing is unpacked."""
    names = [f"{number}.png" for number in (1, 2, 10, 11, 9)]
    path = made.write_tarball(tmp_path / name, names, colour=colour)
    truth = open_truth(path)
    truth.check(5, None)
    assert truth.labels == "driveseg"
    assert [_ids(truth, index) for index in range(5)] == [[0], [1], [4], [2], [3]]
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_driveseg_void_is_not_scored(tmp_path: Path) -> None:
    """DriveSeg's ids are trainIds, and 255 stays void."""
    made.write_map(tmp_path / "x" / "0.png", TRAIN)
    truth = open_truth(tmp_path / "x", "driveseg")
    truth.check(1, None)
    assert np.array_equal(truth.of(0, "0"), TRAIN)


def test_a_tarball_may_have_other_labels(tmp_path: Path) -> None:
    """--truth-labels wins over what the layout suggests."""
    truth = open_truth(made.write_tarball(tmp_path / "a.tar", ["0.png"]), "camvid")
    assert truth.labels == "camvid"


def _palette(path: Path) -> None:
    picture = PillowImage.fromarray(np.array([[0, 3], [5, 11]], np.uint8), "L").convert("P")
    picture.putdata([0, 3, 5, 11])
    picture.putpalette([255, 0, 0] * 256)
    picture.save(path)


def _rgb(path: Path) -> None:
    assert cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 9, (6, 8, 3), np.uint8))


def _deep(path: Path) -> None:
    assert cv2.imwrite(str(path), np.zeros((6, 8), np.uint16))


def _cut(path: Path) -> None:
    made.write_map(path, 3)
    path.write_bytes(path.read_bytes()[:50])


def test_a_palette_is_read_by_its_indices(tmp_path: Path) -> None:
    """The colours of the palette are ignored."""
    _palette(tmp_path / "a.png")
    truth = open_truth(tmp_path, "camvid")
    truth.check(1, None)
    assert _ids(truth) == [0, 3, 5, 255]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_rgb, "has colours"),
        (_deep, "16 bits"),
        (_cut, "damaged"),
        (Path.touch, "damaged"),
    ],
    ids=["colours", "16 bits", "cut", "empty"],
)
def test_other_images_are_refused(
    write: Callable[[Path], None], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Colours, deep images and damage are errors that name the file."""
    write(tmp_path / "a.png")
    truth = open_truth(tmp_path, "camvid")
    truth.check(1, None)
    with pytest.raises(SourceError, match=rf"a\.png .*{message}"):
        truth.of(0, "0")
    assert capfd.readouterr().err == ""


# What a user may write after --truth, with the labels said, and what the answer must say.
REFUSED = {
    ("maps", None): r"--truth-labels camvid\|cityscapes\|driveseg",
    ("maps", "pascal"): "choose one of: camvid, cityscapes, driveseg, pascal-voc, ade20k",
    ("mapz", None): "did you mean maps",
    ("empty", "camvid"): "no truth",
    ("root", None): "it has testannot, valannot: name one",
    ("digits", None): "takes the label file",
    ("labels", "camvid"): "leave out --truth-labels",
    ("notes.txt", None): "not truth that can be read",
    ("cut.tar.gz", None): "not truth that can be read",
    ("none.tar", None): "no PNG in",
}


@pytest.mark.parametrize(("name", "labels"), REFUSED)
def test_other_paths_are_refused(name: str, labels: str | None, tmp_path: Path) -> None:
    """The error is one line that names the problem and ends with advice."""
    made.write_maps(tmp_path / "maps", FRAMES)
    made.write_maps(tmp_path / "root" / "testannot", FRAMES)
    made.write_maps(tmp_path / "root" / "valannot", FRAMES)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("frame,label\n0,7\n")
    made.write_digits(tmp_path / "digits")
    made.write_idx(tmp_path / "labels", np.arange(5, dtype=np.uint8))
    whole = made.write_tarball(tmp_path / "whole.tar.gz", FRAMES).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    made.write_tarball(tmp_path / "none.tar", [])
    with pytest.raises(SourceError, match=REFUSED[name, labels]) as caught:
        open_truth(tmp_path / name, labels)
    assert "\n" not in str(caught.value)


def test_camvid_folder_pairs_with_its_annotations(shared: Path) -> None:
    """Every CamVid test image has its truth, of its own size and in CamVid's trainIds."""
    truth = open_truth(shared / "camvid" / "testannot")
    with open_source(str(shared / "camvid" / "test"), truth=truth, max_frames=10) as source:
        frames = list(source)
    assert len(frames) == 10
    for frame in frames:
        assert isinstance(frame.truth, np.ndarray)
        assert frame.truth.shape == frame.image.shape[:2]
        assert set(np.unique(frame.truth)) <= {*range(11), 255}


def test_camvid_drive_pairs_with_the_annotations_of_its_frames(shared: Path) -> None:
    """Frame i of the drive is image i of the folder, and has that image's truth."""
    folder = shared / "camvid"
    drive = open_source(
        str(shared / "video" / "camvid_val_drive.mp4"), truth=open_truth(folder / "valannot")
    )
    stills = open_source(str(folder / "val"), truth=open_truth(folder / "valannot"))
    count = 0
    for moving, still in zip(drive, stills, strict=True):
        assert np.array_equal(moving.truth, still.truth)  # type: ignore[arg-type]
        assert np.abs(moving.image.astype(int) - still.image).mean() < 8
        count += 1
    assert count == 101


def test_camvid_truth_of_another_drive_is_refused(shared: Path) -> None:
    """174 class maps do not fit the 101 frames of another drive."""
    truth = open_truth(shared / "camvid" / "testannot")
    with pytest.raises(SourceError, match=r"truth of 174 frames, but there are 101"):
        open_source(str(shared / "video" / "camvid_val_drive.mp4"), truth=truth)


def test_cityscapes_pairs_across_its_two_trees(shared: Path, tmp_path: Path) -> None:
    """Images and truth of all cities pair, and both kinds of ids agree but for class borders.

    The data set's two kinds were drawn apart: 0.3 to 0.6 % of their pixels differ, all at
    borders. The official script scores against labelIds.
    """
    root = shared / "cityscapes"
    source = open_source(str(root / "leftImg8bit"), truth=open_truth(root))
    frames = list(source)
    assert len(frames) == 12
    copies = tmp_path / "gtFine"
    copies.mkdir()
    for path in root.glob("gtFine/*/*/*_labelIds.png"):
        (copies / path.name).symlink_to(path)
    by_label_ids = open_truth(copies)
    by_label_ids.check(12, [frame.name for frame in frames])
    for frame in frames:
        assert np.mean(by_label_ids.of(0, frame.name) != frame.truth) < 0.01
        assert set(np.unique(frame.truth)) <= {*range(19), 255}  # type: ignore[arg-type]


def test_cityscapes_without_the_truth_of_a_split_is_refused(shared: Path) -> None:
    """The truth of one split does not fit the images of another."""
    root = shared / "cityscapes"
    truth = open_truth(root / "gtFine" / "val")
    with pytest.raises(SourceError, match="no truth for 8 of 12 images"):
        open_source(str(root), truth=truth)

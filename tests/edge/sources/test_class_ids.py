"""Truth with one class for each frame can be a .csv file."""

from pathlib import Path

import pytest

from edge_app.errors import SourceError
from edge_app.sources.class_ids import read_csv_labels
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from tests.support.media_files import write_video


def table(tmp_path: Path, text: str) -> Path:
    """Write a table."""
    path = tmp_path / "labels.csv"
    path.write_text(text, "utf-8")
    return path


def test_labels_are_found_by_frame(tmp_path: Path) -> None:
    """In any order, with other columns, spaces, and the byte order mark of spreadsheets."""
    truth = read_csv_labels(table(tmp_path, "\ufefflabel, frame, note\n7, 1, x\n2, 0, y\n"))
    truth.check(2, None)
    assert [truth.of(i, "") for i in range(2)] == [2, 7]
    assert truth.labels == "digits"


def test_without_frame_numbers_the_lines_are_in_order(tmp_path: Path) -> None:
    """The first line is frame 0."""
    truth = read_csv_labels(table(tmp_path, "label\n3\n5\n"))
    assert [truth.of(i, "") for i in range(2)] == [3, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'label'"),
        ("frame,class\n0,1\n", "no column 'label'"),
        ("frame,label\n", "no lines"),
        ("frame,label\n0,ten\n", "'ten' in line 2"),
        ("frame,label\n0\n", "'' in line 2"),
        (f"frame,label\n0,{'9' * 5000}\n", "in line 2 is not a number"),
        ("frame,label\n-1,3\n", "'-1' in line 2"),
        ("frame,label\n0,1\n0,1\n", "twice"),
        (f"frame,label\n{'9' * 5000},1\n", r"'9{40}\.\.\.' in line 2 is not a number; give"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message names the problem and the line."""
    with pytest.raises(SourceError, match=message):
        open_truth(table(tmp_path, text))


def test_ids_above_nine_are_those_of_the_model(tmp_path: Path) -> None:
    """A table or IDX file of other things than digits; digits alone can be asked for."""
    path = table(tmp_path, "label\n3\n46\n")
    assert open_truth(path).labels == "numbered"
    with pytest.raises(SourceError, match="has label 46 for frame 1, which is not a digit"):
        open_truth(path, "digits")
    assert open_truth(table(tmp_path, "label\n3\n"), "numbered").labels == "numbered"


def test_other_content_is_refused(tmp_path: Path) -> None:
    """The file is an image with the name .csv."""
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(SourceError, match="cannot be read"):
        open_truth(path)


def test_a_table_holds_no_class_maps(tmp_path: Path) -> None:
    """A table cannot be the truth of a street."""
    with pytest.raises(SourceError, match=r"not class maps of camvid; leave out --truth-labels"):
        open_truth(table(tmp_path, "label\n1\n"), "camvid")


def test_a_video_gets_its_labels_from_a_table(tmp_path: Path) -> None:
    """Labels are paired frame by frame; another number of lines is refused."""
    video = write_video(tmp_path / "a.mp4", 3)
    truth = open_truth(table(tmp_path, "frame,label\n0,4\n1,5\n2,6\n"))
    assert [frame.truth for frame in open_source(str(video), truth=truth)] == [4, 5, 6]
    with pytest.raises(SourceError, match="2 labels, but there are 3 frames"):
        open_source(str(video), truth=open_truth(table(tmp_path, "label\n1\n2\n")))
    with pytest.raises(SourceError, match="no label for frame 7"):
        truth.of(7, "7")

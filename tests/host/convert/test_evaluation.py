"""Test how the pictures that variants are scored on are named."""

from pathlib import Path

import pytest

from edge_app.errors import UsageError
from host_tools.convert.evaluation import Evaluation, parse_evaluation


def test_labels_pictures_and_truth_are_told_apart() -> None:
    """A set's name before the colon says what the ids mean."""
    assert parse_evaluation("camvid:a,b", 3) == Evaluation("a", "b", "camvid", 3)
    assert parse_evaluation("a,b") == Evaluation("a", "b")


@pytest.mark.parametrize(
    ("folders", "pictures", "truth"),
    [
        (("leftImg8bit/val", "gtFine/val"), "leftImg8bit/val", "gtFine/val"),
        (("leftImg8bit", "gtFine"), "leftImg8bit", "gtFine"),
        (("test", "testannot"), "test", "testannot"),
    ],
)
def test_known_layouts_need_no_names(
    tmp_path: Path, folders: tuple[str, str], pictures: str, truth: str
) -> None:
    """A root of Cityscapes or CamVid is enough; the training part is not scored."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    found = parse_evaluation(str(tmp_path))
    assert found == Evaluation(str(tmp_path / pictures), str(tmp_path / truth))


@pytest.mark.parametrize(
    ("text", "every", "why"),
    [("one", 1, "IMAGES,LABELS"), (".", 1, "layout is not known"), ("a,b", 0, "score every frame")],
)
def test_what_cannot_be_told_is_refused(
    text: str, every: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wrong form names the right one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=why):
        parse_evaluation(text, every)


def test_every_nth_frame_is_scored(mnist: Path) -> None:
    """The frames are spread over all of them, and counted before."""
    whole = parse_evaluation(str(mnist))
    some = parse_evaluation(str(mnist), 7)
    assert (whole.count(), some.count()) == (50, 8)
    with some.open() as source:
        assert [frame.index for frame in some.scored(source)] == list(range(0, 50, 7))

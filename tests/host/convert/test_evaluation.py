"""The images that variants are scored on are read from one option."""

from pathlib import Path

import pytest

from edge_app.errors import UsageError
from host_tools.convert.evaluation import Evaluation, parse_evaluation


def test_encoding_images_and_truth_are_separated() -> None:
    """A name before the colon is the encoding of the ids."""
    assert parse_evaluation("camvid:a,b", 3) == Evaluation("a", "b", "camvid", 3)
    assert parse_evaluation("a,b") == Evaluation("a", "b")


@pytest.mark.parametrize(
    ("folders", "images", "truth"),
    [
        (("leftImg8bit/val", "gtFine/val"), "leftImg8bit/val", "gtFine/val"),
        (("leftImg8bit", "gtFine"), "leftImg8bit", "gtFine"),
        (("test", "testannot"), "test", "testannot"),
    ],
)
def test_known_layouts_need_one_folder(
    tmp_path: Path, folders: tuple[str, str], images: str, truth: str
) -> None:
    """The root of Cityscapes or CamVid is enough; the training part is not scored."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    found = parse_evaluation(str(tmp_path))
    assert found == Evaluation(str(tmp_path / images), str(tmp_path / truth))


@pytest.mark.parametrize(
    ("text", "every", "why"),
    [("one", 1, "IMAGES,LABELS"), (".", 1, "unknown layout"), ("a,b", 0, "give 1 for every frame")],
)
def test_other_texts_are_refused(
    text: str, every: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error shows the right form."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=why):
        parse_evaluation(text, every)


def test_every_nth_frame_is_scored(mnist: Path) -> None:
    """The frames are spread evenly, and their number is known in advance."""
    whole = parse_evaluation(str(mnist))
    some = parse_evaluation(str(mnist), 7)
    assert (whole.count(), some.count()) == (50, 8)
    with some.open() as source:
        assert [frame.index for frame in some.scored(source)] == list(range(0, 50, 7))

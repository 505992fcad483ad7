"""Test that a model folder is replaced whole or not at all."""

from pathlib import Path

import pytest

from edge_app.errors import ModelError
from host_tools.bundle import fresh_bundle


def _old(folder: Path) -> Path:
    folder.mkdir()
    (folder / "model.json").write_text("old")
    (folder / "int8.tflite").write_text("old")
    return folder


@pytest.mark.parametrize("before", ["absent", "empty", "old"])
def test_a_finished_bundle_takes_the_place(tmp_path: Path, before: str) -> None:
    """Afterwards there is the new folder, readable by all, and nothing beside it."""
    out = tmp_path / "deep" / "model"
    if before != "absent":
        out.parent.mkdir()
        _old(out) if before == "old" else out.mkdir()
    with fresh_bundle(out) as draft:
        (draft / "model.json").write_text("new")
    assert [path.read_text() for path in out.iterdir()] == ["new"]
    assert out.stat().st_mode & 0o500 == 0o500
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError])
def test_an_unfinished_one_leaves_the_old(tmp_path: Path, fault: type[BaseException]) -> None:
    """Ctrl-C and faults change nothing and leave nothing behind."""
    out = _old(tmp_path / "model")

    def begin_and_fail() -> None:
        with fresh_bundle(out) as draft:
            (draft / "model.json").write_text("new")
            raise fault

    with pytest.raises(fault):
        begin_and_fail()
    assert (out / "model.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_failed_swap_brings_the_old_back(tmp_path: Path) -> None:
    """Where the new folder has gone, the old one is put back."""
    out = _old(tmp_path / "model")

    def lose_the_draft() -> None:
        with fresh_bundle(out) as draft:
            draft.rmdir()

    with pytest.raises(FileNotFoundError):
        lose_the_draft()
    assert (out / "model.json").read_text() == "old"


def test_other_files_are_never_thrown_away(tmp_path: Path) -> None:
    """A folder with anything else in it is refused before the work begins."""
    out = _old(tmp_path / "model")
    (out / "thesis.docx").write_text("years of work")
    with pytest.raises(ModelError, match=r"holds thesis\.docx"), fresh_bundle(out):
        pass
    assert (out / "thesis.docx").exists()


def test_a_file_is_no_place_for_a_folder(tmp_path: Path) -> None:
    """The message asks for a folder."""
    out = tmp_path / "model"
    out.write_text("")
    with pytest.raises(ModelError, match="is a file"), fresh_bundle(out):
        pass

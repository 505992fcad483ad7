"""Test that a model folder is replaced whole or not at all."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from host_tools.convert import bundle as room
from host_tools.convert.bundle import new_bundle


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
    with new_bundle(out) as draft:
        (draft / "model.json").write_text("new")
    assert [path.read_text() for path in out.iterdir()] == ["new"]
    assert out.stat().st_mode & 0o500 == 0o500
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError])
def test_an_unfinished_one_leaves_the_old(tmp_path: Path, fault: type[BaseException]) -> None:
    """Ctrl-C and faults change nothing and leave nothing behind."""
    out = _old(tmp_path / "model")

    def begin_and_fail() -> None:
        with new_bundle(out) as draft:
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
        with new_bundle(out) as draft:
            draft.rmdir()

    with pytest.raises(FileNotFoundError):
        lose_the_draft()
    assert (out / "model.json").read_text() == "old"


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_within_the_swap_brings_the_old_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Where the system cannot swap names, after either rename."""
    out = _old(tmp_path / "model")
    whole, calls = Path.rename, 0

    def rename(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if at == 2 and calls == 2:
            raise KeyboardInterrupt
        moved = whole(path, target)
        if at == 1 and calls == 1:
            raise KeyboardInterrupt
        return moved

    def replace_it() -> None:
        with new_bundle(out) as draft:
            (draft / "model.json").write_text("new")

    monkeypatch.setattr(room, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        replace_it()
    assert (out / "model.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_where_names_cannot_be_swapped_two_renames_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is the same."""
    monkeypatch.setattr(room, "_exchange", lambda *_: False)
    test_a_finished_bundle_takes_the_place(tmp_path, "old")


def test_an_old_one_that_a_kill_left_aside_comes_back(tmp_path: Path) -> None:
    """The next conversion, even one that fails, finds it under its hidden name."""
    out = tmp_path / "model"
    _old(tmp_path / ".model.abc.old")
    with pytest.raises(ModelError), new_bundle(out):
        raise ModelError
    assert (out / "model.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


# Replaces the folder over and over, each time with five files that hold one number.
_CHILD = """
import sys
from pathlib import Path
from edge_app.model.card import VARIANTS
from host_tools.convert.bundle import new_bundle
for number in range(1_000_000):
    with new_bundle(Path(sys.argv[1])) as draft:
        for name in ("model.json", *(f"{name}.tflite" for name in VARIANTS)):
            (draft / name).write_text(str(number))
"""


@pytest.mark.parametrize("delay_ms", [0, 1, 2, 3, 5, 8, 13, 21])
def test_sigkill_leaves_one_whole_folder(tmp_path: Path, delay_ms: int) -> None:
    """Killed at any moment, the swap's too: five files of one conversion."""
    out = tmp_path / "model"
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(out)])
    try:
        deadline = time.monotonic() + 60
        while not out.exists():
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(delay_ms / 1000)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    texts = [path.read_text() for path in out.iterdir()]
    assert len(texts) == 5
    assert len(set(texts)) == 1


def test_other_files_are_never_thrown_away(tmp_path: Path) -> None:
    """A folder with anything else in it is refused before the work begins."""
    out = _old(tmp_path / "model")
    (out / "thesis.docx").write_text("years of work")
    with pytest.raises(ModelError, match=r"holds thesis\.docx"), new_bundle(out):
        pass
    assert (out / "thesis.docx").exists()


def test_a_file_is_no_place_for_a_folder(tmp_path: Path) -> None:
    """The message asks for a folder."""
    out = tmp_path / "model"
    out.write_text("")
    with pytest.raises(ModelError, match="is a file"), new_bundle(out):
        pass

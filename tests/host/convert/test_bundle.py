"""A model folder is replaced as a whole or not at all."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from host_tools.convert.bundle import new_bundle, restore_old


def _old(folder: Path) -> Path:
    folder.mkdir()
    (folder / "model.json").write_text("old")
    (folder / "int8.tflite").write_text("old")
    return folder


@pytest.mark.parametrize("before", ["absent", "empty", "old"])
def test_a_finished_bundle_replaces_the_folder(tmp_path: Path, before: str) -> None:
    """Then there is the new folder, readable for all, and nothing beside it."""
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
def test_an_unfinished_bundle_changes_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    """Ctrl-C and errors keep the old folder, and leave nothing beside it."""
    out = _old(tmp_path / "model")

    def begin_and_fail() -> None:
        with new_bundle(out) as draft:
            (draft / "model.json").write_text("new")
            raise fault

    with pytest.raises(fault):
        begin_and_fail()
    assert (out / "model.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_failed_rename_restores_the_old_folder(tmp_path: Path) -> None:
    """If the new folder is gone, the old one returns."""
    out = _old(tmp_path / "model")

    def lose_the_draft() -> None:
        with new_bundle(out) as draft:
            draft.rmdir()

    with pytest.raises(FileNotFoundError):
        lose_the_draft()
    assert (out / "model.json").read_text() == "old"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
def test_ctrl_c_at_either_rename_leaves_one_whole_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, when: str
) -> None:
    """The old folder is restored until the new one is in its place."""
    out = _old(tmp_path / "model")
    original, calls = Path.rename, 0

    def rename(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == number and when == "before":
            raise KeyboardInterrupt
        moved = original(path, target)
        if calls == number:
            raise KeyboardInterrupt
        return moved

    def replace_it() -> None:
        with new_bundle(out) as draft:
            (draft / "model.json").write_text("new")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        replace_it()
    renamed = (number, when) == (2, "after")
    assert (out / "model.json").read_text() == ("new" if renamed else "old")
    assert list(tmp_path.iterdir()) == [out]


def test_an_old_folder_is_restored_after_a_kill(tmp_path: Path) -> None:
    """The next conversion, even one that fails, finds it under its hidden name."""
    out = tmp_path / "model"
    _old(tmp_path / ".model.abc.old")
    with pytest.raises(ModelError), new_bundle(out):
        raise ModelError
    assert (out / "model.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_an_old_folder_beside_a_whole_one_is_removed(tmp_path: Path) -> None:
    """A kill after the second rename leaves both."""
    out = _old(tmp_path / "model")
    (tmp_path / ".model.abc.old").mkdir()
    restore_old(out)
    assert list(tmp_path.iterdir()) == [out]


# Replaces the folder again and again, each time with five files that hold one number.
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
    """Killed at any moment, between the renames too: five files of one conversion."""
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
    restore_old(out)
    texts = [path.read_text() for path in out.iterdir()]
    assert len(texts) == 5
    assert len(set(texts)) == 1


def test_other_files_are_never_lost(tmp_path: Path) -> None:
    """A folder with any other file is refused."""
    out = _old(tmp_path / "model")
    (out / "thesis.docx").write_text("years of work")
    with pytest.raises(ModelError, match=r"holds thesis\.docx"), new_bundle(out):
        pass
    assert (out / "thesis.docx").exists()


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    """The error asks for a folder."""
    out = tmp_path / "model"
    out.write_text("")
    with pytest.raises(ModelError, match="is a file"), new_bundle(out):
        pass


_STOPPED = """
import sys, time
from pathlib import Path
from host_tools.convert.bundle import new_bundle
from host_tools.convert.interrupt import swallowed_interrupts
with swallowed_interrupts(), new_bundle(Path(sys.argv[1])) as draft:
    (draft / "int8.tflite").write_bytes(b"half")
    print("begun", flush=True)
    time.sleep(60)
"""


def _stop_in_the_middle(out: Path, number: signal.Signals) -> int:
    """Replace a folder in a process, and send it a signal meanwhile; return its exit code."""
    command = [sys.executable, "-c", _STOPPED, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.send_signal(number)
    return child.returncode


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_stop_leaves_no_draft(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """As after Ctrl-C, the folder is as it was."""
    out = _old(tmp_path / "model")
    assert _stop_in_the_middle(out, number) == code
    assert list(tmp_path.iterdir()) == [out]


def test_an_ignored_signal_stops_nothing(tmp_path: Path) -> None:
    """Under nohup the terminal may close; SIGTERM still stops the work."""
    code = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{_STOPPED}"
    command = [sys.executable, "-c", code, str(tmp_path / "model")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGTERM)
    assert child.returncode == 128 + signal.SIGTERM


def test_an_old_draft_is_removed(tmp_path: Path) -> None:
    """SIGKILL leaves one, which the next conversion finds."""
    out = _old(tmp_path / "model")
    assert _stop_in_the_middle(out, signal.SIGKILL) == -signal.SIGKILL
    assert len(list(tmp_path.glob(".model.*.part"))) == 1
    with new_bundle(out) as draft:
        (draft / "model.json").write_text("{}")
    assert list(tmp_path.iterdir()) == [out]


def test_an_error_does_not_name_the_draft(tmp_path: Path) -> None:
    """It is gone when the message is read; the name of the file is enough."""
    with (
        pytest.raises(ModelError, match=r"^float32\.tflite: wrong; correct it$"),
        new_bundle(tmp_path / "model") as draft,
    ):
        raise ModelError(f"{draft / 'float32.tflite'}: wrong; correct it")

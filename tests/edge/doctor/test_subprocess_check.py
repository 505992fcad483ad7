"""The doctor's children tell what they find, and may die of it."""

import shutil
from pathlib import Path

import pytest

from edge_app.doctor import subprocess_check as ask
from edge_app.doctor.subprocess_check import ask_child


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose modules come before the installed ones in a child."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_a_module_that_loads_tells_its_version(packages: Path) -> None:
    """Noise that it prints is not taken for an answer."""
    (packages / "fine.py").write_text("print('{noise'); print('hello'); __version__ = '7.1'")
    answer = ask_child("import", "fine")
    assert answer.end == ""
    assert answer.all == {"copies": [], "state": "loaded", "version": "7.1"}


def test_a_module_that_is_missing_or_broken_is_told_apart(packages: Path) -> None:
    """A module that wants another one is not missing itself."""
    assert ask_child("import", "not_there_at_all").all["state"] == "missing"
    (packages / "wants.py").write_text("import not_there_at_all")
    assert ask_child("import", "wants").all["state"] == "broken"
    (packages / "size.py").write_text("raise ValueError('numpy.dtype size changed')")
    assert "numpy.dtype size changed" in ask_child("import", "size").all["fault"]


@pytest.mark.parametrize(("number", "words"), [(11, "SIGSEGV"), (4, "lacks an instruction")])
def test_a_crash_is_a_finding(packages: Path, number: int, words: str) -> None:
    """A native library that takes its process with it leaves the doctor standing."""
    (packages / "cv2.py").write_text(f"import os; os.kill(os.getpid(), {number})")
    answer = ask_child("import", "cv2", "opencv-python")
    assert words in answer.end
    assert "state" not in answer.all


def test_a_child_that_hangs_is_given_up(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said before counts, its silence too."""
    (packages / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(ask, "_USUALLY_S", 1.0)
    assert "did not end within 1 s" in ask_child("import", "slow").end


def test_headless_opencv_is_read_off_its_build(packages: Path) -> None:
    """The toolkit is told before anything is done with it."""
    (packages / "cv2.py").write_text("getBuildInformation = lambda: '  GUI:   NONE\\n'")
    assert ask_child("display").all["toolkit"] == "NONE"


def test_without_a_display_the_child_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict is the one a run would come to."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    answer = ask_child("display").all
    assert answer["usable"] is False
    assert answer["reason"]


def test_a_model_is_checked_variant_by_variant(tmp_path: Path, assets: Path) -> None:
    """A flipped byte is told of one variant, a lost file of another; the others are right."""
    folder = tmp_path / "mnist"
    shutil.copytree(assets / "models/mnist", folder)
    data = bytearray((folder / "int8.tflite").read_bytes())
    data[-100] ^= 0xFF
    (folder / "int8.tflite").write_bytes(bytes(data))
    (folder / "float16.tflite").unlink()
    answer = ask_child("model", str(folder), "look")
    states = {one["variant"]: one["state"] for one in answer.records}
    assert states == {
        "float32": "right",
        "float16": "changed",
        "dynamic_range": "right",
        "int8": "changed",
    }
    assert "model.json" in ask_child("model", str(tmp_path), "look").all["card"]

"""Checks in a child process report what they find, and may crash."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_app.doctor import subprocess_check
from edge_app.doctor.subprocess_check import run_check


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose modules come before the installed ones in a child process."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_module_that_loads_reports_its_version(packages: Path) -> None:
    """What it prints is not taken for a record."""
    (packages / "fine.py").write_text("print('{noise'); print('hello'); __version__ = '7.1'")
    output = run_check("import", "fine")
    assert output.failure == ""
    assert output.all == {"copies": [], "state": "loaded", "version": "7.1"}


def test_a_missing_module_and_a_broken_one_differ(packages: Path) -> None:
    """A module that needs another one is not missing itself."""
    assert run_check("import", "not_there_at_all").all["state"] == "missing"
    (packages / "wants.py").write_text("import not_there_at_all")
    assert run_check("import", "wants").all["state"] == "broken"
    (packages / "size.py").write_text("raise ValueError('numpy.dtype size changed')")
    assert "numpy.dtype size changed" in run_check("import", "size").all["error"]


@pytest.mark.parametrize(("number", "text"), [(11, "SIGSEGV"), (4, "lacks an instruction")])
def test_a_crash_is_part_of_the_output(packages: Path, number: int, text: str) -> None:
    """A native library that ends its process does not end the doctor."""
    (packages / "cv2.py").write_text(f"import os; os.kill(os.getpid(), {number})")
    output = run_check("import", "cv2", "opencv-python")
    assert text in output.failure
    assert "state" not in output.all


def test_a_child_that_hangs_is_stopped(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the timeout, the failure says so."""
    (packages / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(subprocess_check, "_TIMEOUT_S", 1.0)
    assert "did not end within 1 s" in run_check("import", "slow").failure


def test_opencv_without_windows_is_found_by_its_build(packages: Path) -> None:
    """The toolkit is reported before anything is done with it."""
    (packages / "cv2.py").write_text("getBuildInformation = lambda: '  GUI:   NONE\\n'")
    assert run_check("display").all["toolkit"] == "NONE"


def test_the_display_check_agrees_with_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a display, the verdict is the one of a run."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    record = run_check("display").all
    assert record["usable"] is False
    assert record["reason"]


def test_a_model_is_checked_variant_by_variant(tmp_path: Path, assets: Path) -> None:
    """One variant has a flipped byte, another lost its file; the others pass."""
    folder = tmp_path / "mnist"
    shutil.copytree(assets / "models/mnist", folder)
    data = bytearray((folder / "int8.tflite").read_bytes())
    data[-100] ^= 0xFF
    (folder / "int8.tflite").write_bytes(bytes(data))
    (folder / "float16.tflite").unlink()
    output = run_check("model", str(folder), "look")
    states = {record["variant"]: record["state"] for record in output.records}
    assert states == {
        "float32": "passed",
        "float16": "changed",
        "dynamic_range": "passed",
        "int8": "changed",
    }
    assert "model.json" in run_check("model", str(tmp_path), "look").all["card"]

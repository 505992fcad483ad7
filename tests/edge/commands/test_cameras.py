"""`edge-app cameras` lists what can be given as a source, whatever state libcamera is in."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from edge_app.commands import cameras
from edge_app.doctor import subprocess_check
from edge_app.sources import devices
from edge_app.sources.holders import Holder
from edge_app.sources.picamera import print_cameras
from tests.support.boards import LAPTOP, PI_5, write_tree
from tests.support.fake_picamera2 import Hardware
from tests.support.fake_v4l2 import METADATA, Kernel, Node

NONE = """print('noise from libcamera'); print('{"cameras": [], "reason": "no cable; check it"}')"""
ONE = """print(); print('{"cameras": [[0, "imx708"]], "reason": null}')"""
CRASH = "import os; os.kill(os.getpid(), 11)"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Replace the kernel's V4L2 with a fake, and make tables wide."""
    made = Kernel(tmp_path)
    made.install(monkeypatch)
    monkeypatch.setenv("COLUMNS", "250")  # the paths are those of pytest's folders
    return made


def listed(
    child: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    as_json: bool = False,
) -> Any:
    """Run the command with this code instead of the check of libcamera."""
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patched:
        Path(folder, "fake_camera_check.py").write_text(child)
        patched.syspath_prepend(folder)
        patched.setattr(subprocess_check, "_CHILD", "fake_camera_check")
        return _listed(capsys, as_json=as_json)


def _listed(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> Any:
    assert cameras.run(argparse.Namespace(json=as_json)) == 0
    written = capsys.readouterr().out
    return json.loads(written) if as_json else written


def test_cameras_are_listed_with_sizes_and_holders(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Pi's own and those on USB; nodes that give no images are left out."""
    kernel.plug("video0", Node("unicam", "unicam"))
    path = kernel.plug("video1", Node(), by_id="usb-HD_Webcam-index0")
    kernel.plug("video2", Node(flags=METADATA))
    held = {str(path): [Holder("zoom", 77)]}
    monkeypatch.setattr(cameras, "holders", lambda nodes: held.get(nodes[0], []))
    record = listed(ONE, monkeypatch, capsys, as_json=True)
    assert [one["source"] for one in record["cameras"]] == ["picamera:0", str(path)]
    webcam = record["cameras"][1]
    assert webcam["pictures"]["MJPG"] == ["1920x1080", "1280x720", "640x480"]
    assert webcam["held_by"] == [{"name": "zoom", "pid": 77}]
    assert webcam["stable"].endswith("usb-HD_Webcam-index0")
    table = listed(ONE, monkeypatch, capsys)
    for words in ("picamera:0", "imx708", "HD Webcam", "zoom (pid 77)", "nobody", "MJPG 1920x1080"):
        assert words in table
    assert "try one: edge-app run picamera:0" in table


def test_help_is_printed_without_a_camera(
    kernel: Kernel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Help for both kinds of camera on a Pi, for a PC's on a PC, and a source that needs none."""
    monkeypatch.setattr(devices, "ROOT", write_tree(tmp_path / "pc", LAPTOP))
    said = listed(NONE, monkeypatch, capsys)
    assert "no camera found" in said
    assert "in a laptop: look for the switch" in said
    assert "Pi" not in said
    monkeypatch.setattr(devices, "ROOT", write_tree(tmp_path / "pi", PI_5))
    said = listed(NONE, monkeypatch, capsys)
    assert "no camera found" in said
    assert "lsusb" in said
    assert "the Pi's own camera: no cable; check it" in said
    assert "edge-app run synthetic" in said


def test_a_crash_of_libcamera_hides_no_other_camera(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The child process may crash; the other cameras are still listed."""
    kernel.plug("video0", Node())
    record = listed(CRASH, monkeypatch, capsys, as_json=True)
    assert len(record["cameras"]) == 1
    assert "crashed (SIGSEGV)" in record["picamera"]


def test_a_libcamera_that_hangs_is_stopped(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is reported instead of a camera."""
    monkeypatch.setattr(subprocess_check, "_TIMEOUTS_S", {"cameras": 0.1})
    record = listed("import time; time.sleep(60)", monkeypatch, capsys, as_json=True)
    assert "did not end within" in record["picamera"]


def test_the_child_reports_models_or_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of JSON: the cameras, or why a Pi has none."""
    monkeypatch.setattr(devices, "ROOT", write_tree(tmp_path / "pi", PI_5))
    hardware = Hardware(models=["imx708", "ov5647"])
    hardware.install(monkeypatch)
    print_cameras()
    assert json.loads(capsys.readouterr().out) == {
        "cameras": [[0, "imx708"], [1, "ov5647"]],
        "reason": None,
    }
    hardware.models = []
    print_cameras()
    assert "finds no camera" in json.loads(capsys.readouterr().out)["reason"]

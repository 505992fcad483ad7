"""Checks of the display and the cameras."""

from __future__ import annotations

from pathlib import Path

from edge_app.doctor.finding import INFO, WARN
from tests.support.machines import Outputs, findings, made_machine, reported


def test_a_display_that_is_not_used_is_a_warning(tmp_path: Path) -> None:
    """The fix is the variable to set if an X server runs; with none, nothing is wrong."""
    reason = "there is no display (neither is set); start it from the desktop"
    outputs: Outputs = {("display",): reported(toolkit="QT5", usable=False, reason=reason)}
    finding = findings(made_machine(tmp_path, outputs, env={}))["display"]
    assert (finding.state, finding.fix) == (INFO, "")
    assert "in the terminal" in finding.message
    finding = findings(made_machine(tmp_path, outputs, env={"DISPLAY": ":9"}))["display"]
    assert (finding.state, finding.message) == (WARN, "there is no display (neither is set)")
    (tmp_path / "tmp/.X11-unix").mkdir(parents=True)
    (tmp_path / "tmp/.X11-unix/X0").touch()
    finding = findings(made_machine(tmp_path, outputs, env={}))["display"]
    assert (finding.state, finding.fix) == (WARN, "export DISPLAY=:0")


def test_opencv_without_windows_is_a_warning(tmp_path: Path) -> None:
    """The fix is the command that replaces it."""
    toolkit = reported(toolkit="NONE", usable=False, reason="without windows")
    finding = findings(made_machine(tmp_path, {("display",): toolkit}))["display"]
    assert finding.state == WARN
    assert "uninstall -y opencv-python-headless" in finding.fix
    assert finding.fix.endswith("install --force-reinstall opencv-python")

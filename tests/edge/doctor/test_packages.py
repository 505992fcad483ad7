"""Checks of the packages the app is built on."""

from __future__ import annotations

from pathlib import Path

from edge_app.board import UNKNOWN
from edge_app.doctor.finding import FAIL, OK, WARN
from tests.support.machines import MISSING, PI, Outputs, findings, made_machine, problems, reported


def test_a_missing_libcamera_fails_on_a_pi(tmp_path: Path) -> None:
    """The fix is apt, or a venv that includes the system's packages."""
    outputs: Outputs = {("import", "libcamera"): reported(**MISSING)}
    finding = findings(made_machine(tmp_path, outputs))["picamera2"]
    assert (finding.state, finding.fix) == (FAIL, "sudo apt install python3-picamera2")
    (tmp_path / "usr/lib/python3/dist-packages/libcamera").mkdir(parents=True)
    finding = findings(made_machine(tmp_path, outputs))["picamera2"]
    assert finding.fix == f"/usr/bin/python3 -m venv --system-site-packages {tmp_path / 'venv'}"
    laptop = made_machine(tmp_path, outputs, board={**PI, "model": "Some CPU"})
    assert findings(laptop)["picamera2"].state == OK
    unknown = made_machine(tmp_path, outputs, board={**PI, "model": UNKNOWN})
    assert findings(unknown)["picamera2"].state == WARN


def test_a_numpy_that_hides_the_systems_is_named(tmp_path: Path) -> None:
    """Both versions and folders are reported if picamera2 was built for the other one."""
    copies = [["numpy", "2.4.6", "/v/site-packages"], ["numpy", "1.24.2", "/usr/lib/python3"]]
    error = "ValueError: numpy.dtype size changed, may indicate binary incompatibility"
    broken = reported(copies=copies, state="broken", error=error)
    outputs: Outputs = {("import", "picamera2"): broken}
    finding = findings(made_machine(tmp_path, outputs))["picamera2"]
    assert "numpy 2.4.6 in /v/site-packages hides 1.24.2 in /usr/lib/python3" in finding.message
    assert finding.fix == "python3 -m pip install 'numpy<2' 'opencv-python<4.12'"


def test_conflicts_of_the_apps_packages_are_reported(tmp_path: Path) -> None:
    """Of the problems that pip reports, only those of the app's packages count."""
    lines = [
        "other 1 requires thing, which is not installed.",
        "opencv-python 4.12 has requirement numpy<2.3,>=2, but you have numpy 1.26.",
    ]
    outputs: Outputs = {("conflicts",): reported(code=1, lines=lines)}
    finding = findings(made_machine(tmp_path, outputs))["requirements"]
    assert (finding.state, finding.fix) == (WARN, "python3 -m pip install 'numpy<2.3,>=2'")
    outputs = {("conflicts",): reported(code=1, lines=lines[:1])}
    assert problems(made_machine(tmp_path, outputs)) == []

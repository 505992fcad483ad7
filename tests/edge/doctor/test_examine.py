"""The doctor checks everything, and takes nothing unknown for good."""

from __future__ import annotations

from pathlib import Path

from edge_app.board import UNKNOWN
from edge_app.doctor.finding import INFO, OK, WARN, worst
from edge_app.doctor.subprocess_check import CheckOutput
from edge_app.python_environment import PythonEnvironment
from tests.support.machines import (
    MISSING,
    PI,
    Outputs,
    findings,
    made_machine,
    problems,
    reported,
)


def test_a_good_machine_has_no_problems(tmp_path: Path) -> None:
    """Everything is checked, and nothing is reported as a problem."""
    machine = made_machine(tmp_path)
    assert problems(machine) == []
    names = set(findings(machine))
    assert {"Python", "bits", "glibc", "numpy", "OpenCV", "picamera2", "runtime litert"} < names
    assert {"display", "picamera:0", "governor", "throttling", "temperature", "memory"} < names
    assert {f"disk {tmp_path}", "model street", "requirements"} < names


def test_unknown_is_never_ok(tmp_path: Path) -> None:
    """A Pi that reports nothing about itself gets warnings, each with a command."""
    board = {**dict.fromkeys(PI, UNKNOWN), "model": PI["model"]}
    machine = made_machine(tmp_path, board=board, libc=("", ""))
    (tmp_path / "proc/meminfo").unlink()
    found = findings(machine)
    for name in ("glibc", "governor", "throttling", "temperature", "memory"):
        assert found[name].state == WARN
        assert found[name].fix


def test_what_a_pc_need_not_have_is_no_warning(tmp_path: Path) -> None:
    """Without screen, camera, sensors, aiohttp and pip, as in a container, it is still healthy."""
    board = {**dict.fromkeys(PI, UNKNOWN), "model": "AMD EPYC", "os": "Debian GNU/Linux 12"}
    reason = "there is no display; start it from the desktop"
    outputs: Outputs = {
        ("import", "libcamera"): reported(**MISSING),
        ("import", "aiohttp"): reported(**MISSING),
        ("display",): reported(toolkit="QT5", usable=False, reason=reason),
    }
    packages = PythonEnvironment(".venv/bin/python", pip=False, ensurepip=True)
    machine = made_machine(tmp_path, outputs, board=board, env={}, packages=packages)
    found = findings(machine)
    notes = {name: one.state for name, one in found.items() if one.state != OK}
    names = ("display", "cameras", "governor", "throttling", "temperature", "browser view")
    assert notes == dict.fromkeys((*names, "requirements"), INFO)
    assert worst(found.values()) == OK
    fixes = [one.fix for one in found.values() if one.fix]
    pip = ".venv/bin/python -m pip install aiohttp"
    assert fixes == [f".venv/bin/python -m ensurepip && {pip}"]


def test_checks_without_output_are_never_ok(tmp_path: Path) -> None:
    """If every child process crashes before its first record, nothing it checks is ok."""

    def crash(*check: str) -> CheckOutput:
        return CheckOutput((), "crashed (SIGSEGV)")

    checked = {"numpy", "OpenCV", "requirements", "runtime litert", "display", "picamera2"}
    found = findings(made_machine(tmp_path, run_check=crash))
    assert {name for name in (*checked, "model street") if found[name].state == OK} == set()

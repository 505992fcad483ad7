"""The doctor checks everything, and takes nothing unknown for good."""

from __future__ import annotations

from pathlib import Path

from edge_app.board import UNKNOWN
from edge_app.doctor.finding import OK, WARN
from edge_app.doctor.subprocess_check import CheckOutput
from tests.support.machines import PI, findings, made_machine, problems


def test_a_good_machine_has_no_problems(tmp_path: Path) -> None:
    """Everything is checked, and nothing is reported as a problem."""
    machine = made_machine(tmp_path)
    assert problems(machine) == []
    names = set(findings(machine))
    assert {"Python", "bits", "glibc", "numpy", "OpenCV", "picamera2", "runtime litert"} < names
    assert {"display", "picamera:0", "governor", "throttling", "temperature", "memory"} < names
    assert {f"disk {tmp_path}", "model street", "requirements"} < names


def test_unknown_is_never_ok(tmp_path: Path) -> None:
    """A machine that reports nothing about itself gets warnings, each with a command."""
    machine = made_machine(tmp_path, board=dict.fromkeys(PI, UNKNOWN), libc=("", ""))
    (tmp_path / "proc/meminfo").unlink()
    found = findings(machine)
    for name in ("board", "glibc", "governor", "throttling", "temperature", "memory"):
        assert found[name].state == WARN
        assert found[name].fix


def test_checks_without_output_are_never_ok(tmp_path: Path) -> None:
    """If every child process crashes before its first record, nothing it checks is ok."""

    def crash(*check: str) -> CheckOutput:
        return CheckOutput((), "crashed (SIGSEGV)")

    checked = {"numpy", "OpenCV", "requirements", "runtime litert", "display", "picamera2"}
    found = findings(made_machine(tmp_path, run_check=crash))
    assert {name for name in (*checked, "model street") if found[name].state == OK} == set()

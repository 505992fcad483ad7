"""All checks, in the order in which one thing depends on another."""

from __future__ import annotations

from collections.abc import Callable

from edge_app.doctor.condition import check_condition
from edge_app.doctor.finding import Finding
from edge_app.doctor.inference import check_models, check_runtimes
from edge_app.doctor.machine import Machine
from edge_app.doctor.packages import check_packages
from edge_app.doctor.peripherals import check_cameras, check_display
from edge_app.doctor.system import check_system


def examine(machine: Machine, on_progress: Callable[[str], object] = len) -> list[Finding]:
    """Return all findings. on_progress: called with the name of each group of checks."""
    on_progress("system")
    findings = check_system(machine)
    on_progress("packages")
    findings += check_packages(machine)
    on_progress("runtimes")
    runtimes = check_runtimes(machine)
    findings += runtimes
    on_progress("display and cameras")
    findings += [check_display(machine), *check_cameras(machine)]
    on_progress("board")
    findings += check_condition(machine)
    on_progress("models")
    return findings + check_models(machine, runtimes)

"""Examine everything, in the order in which one thing depends on another."""

from __future__ import annotations

from collections.abc import Callable

from edge_app.doctor.condition import look_at_condition
from edge_app.doctor.finding import Finding
from edge_app.doctor.inference import look_at_models, look_at_runtimes
from edge_app.doctor.machine import Machine
from edge_app.doctor.packages import look_at_packages
from edge_app.doctor.peripherals import look_at_cameras, look_at_display
from edge_app.doctor.system import look_at_system


def examine(machine: Machine, progress: Callable[[str], object] = len) -> list[Finding]:
    """Return all findings; progress is told what is looked at next."""
    progress("system")
    found = look_at_system(machine)
    progress("packages")
    found += look_at_packages(machine)
    progress("runtimes")
    runtimes = look_at_runtimes(machine)
    found += runtimes
    progress("display and cameras")
    found += [look_at_display(machine), *look_at_cameras(machine)]
    progress("board")
    found += look_at_condition(machine)
    progress("models")
    return found + look_at_models(machine, runtimes)

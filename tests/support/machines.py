"""Machines for the doctor to check, as its child processes and the kernel would report them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge_app.doctor.examine import examine
from edge_app.doctor.finding import OK, Finding
from edge_app.doctor.machine import Machine
from edge_app.doctor.subprocess_check import CheckOutput

PI = {
    "model": "Raspberry Pi 5 Model B Rev 1.0",
    "os": "Debian GNU/Linux 12 (bookworm)",
    "cores": 4,
    "memory_mb": 8442,
    "governor": "ondemand",
    "clock_driver": "cpufreq-dt",
    "clock_max_mhz": 2400,
    "temperature_c": 51.2,
    "throttled": "0",
    "throttled_now": [],
    "throttled_since_boot": [],
}
LOADED = {"state": "loaded", "version": "1.2.3", "copies": []}
MISSING = {"state": "missing", "copies": []}
Outputs = dict[tuple[str, ...], CheckOutput]


class FakeChecks:
    """The output of checks on a good machine, but for some checks.

    outputs: by the check's name, or by its name and first argument.
    """

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs

    def __call__(self, *check: str) -> CheckOutput:
        for length in (2, 1):
            if check[:length] in self._outputs:
                return self._outputs[check[:length]]
        variants = [{"variant": "int8", "file": "int8.tflite", "state": "passed", "message": "ok"}]
        return {
            "import": reported(**LOADED),
            "runtime": reported(state="loaded", title="LiteRT 2.3.0")
            if "litert" in check
            else reported(state="missing"),
            "display": reported(toolkit="QT5", usable=True, reason=""),
            "cameras": reported(cameras=[[0, "imx708"]], reason=None),
            "conflicts": reported(code=0, lines=["No broken requirements found."], error=""),
            "model": CheckOutput(tuple(variants)),
        }[check[0]]


def reported(**record: Any) -> CheckOutput:
    """Return the output of a child process that reported one record and ended well."""
    return CheckOutput((record,))


def made_machine(folder: Path, outputs: Outputs | None = None, **other: Any) -> Machine:
    """Return a Raspberry Pi without a problem, but for what is given; folder: its root."""
    (folder / "proc").mkdir(exist_ok=True)
    (folder / "proc/meminfo").write_text("MemTotal: 8245056 kB\nMemAvailable: 6000000 kB\n")
    card = folder / "assets/models/street/model.json"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.touch()
    good: dict[str, Any] = {
        "board": PI,
        "run_check": FakeChecks(outputs or {}),
        "space": lambda folder: (32_000_000_000, 20_000_000_000),
        "python": (3, 11, 2),
        "bits": 64,
        "architecture": "aarch64",
        "libc": ("glibc", "2.36"),
        "venv": folder / "venv",
        "assets": folder / "assets",
        "folders": (folder,),
        "root": folder,
        "env": {"DISPLAY": ":0"},
    }
    return Machine(**{**good, **other})


def findings(machine: Machine) -> dict[str, Finding]:
    """Return all findings by name."""
    return {finding.name: finding for finding in examine(machine)}


def problems(machine: Machine) -> list[tuple[str, str]]:
    """Return the name and state of all findings that are not ok."""
    return [(finding.name, finding.state) for finding in examine(machine) if finding.state != OK]

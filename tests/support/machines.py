"""Machines for the doctor to examine, as its children and the kernel would tell of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


class FakeAsk:
    """Answer as the children of a well machine do; `sick` holds what is otherwise."""

    def __init__(self, sick: dict[tuple[str, ...], CheckOutput]) -> None:
        self.sick = sick

    def __call__(self, *question: str) -> CheckOutput:
        for length in (2, 1):
            if question[:length] in self.sick:
                return self.sick[question[:length]]
        variants = [{"variant": "int8", "file": "int8.tflite", "state": "right", "said": "ok"}]
        return {
            "import": tell(**LOADED),
            "runtime": tell(state="loaded", title="LiteRT 2.3.0")
            if question[-1] == "litert"
            else tell(state="missing"),
            "display": tell(toolkit="QT5", usable=True, reason=""),
            "cameras": tell(cameras=[[0, "imx708"]], reason=None),
            "conflicts": tell(code=0, lines=["No broken requirements found."], fault=""),
            "model": CheckOutput(tuple(variants)),
        }[question[0]]


def tell(**record: Any) -> CheckOutput:
    """Return the answer of a child that told one record and ended well."""
    return CheckOutput((record,))


def patient(
    folder: Path, sick: dict[tuple[str, ...], CheckOutput] | None = None, **other: Any
) -> Machine:
    """Return a Raspberry Pi in good health but for what is given."""
    (folder / "proc").mkdir(exist_ok=True)
    (folder / "proc/meminfo").write_text("MemTotal: 8245056 kB\nMemAvailable: 6000000 kB\n")
    card = folder / "assets/models/street/model.json"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.touch()
    well: dict[str, Any] = {
        "board": PI,
        "ask": FakeAsk(sick or {}),
        "space": lambda folder: (32_000_000_000, 20_000_000_000),
        "python": (3, 11, 2),
        "bits": 64,
        "kind": "aarch64",
        "libc": ("glibc", "2.36"),
        "venv": folder / "venv",
        "assets": folder / "assets",
        "folders": (folder,),
        "root": folder,
        "env": {"DISPLAY": ":0"},
    }
    return Machine(**{**well, **other})

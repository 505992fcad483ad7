"""Look at the packages the app is built on, each imported in a child process."""

from __future__ import annotations

import re
from typing import Any

from edge_app.doctor.finding import FAIL, OK, WARN, Finding
from edge_app.doctor.machine import Machine

_OPENCVS = (
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
# What to call it, its module, and the packages that bring it, the usual one first.
_NEEDED = (
    ("numpy", "numpy", ("numpy",)),
    ("OpenCV", "cv2", _OPENCVS),
    ("PyAV", "av", ("av",)),
    ("Pillow", "PIL", ("pillow",)),
    ("rich", "rich", ("rich",)),
    ("msgspec", "msgspec", ("msgspec",)),
)
_DEBIAN = "usr/lib/python3/dist-packages"


def look_at_packages(machine: Machine) -> list[Finding]:
    """Return what is found of each package, and of what they ask of one another."""
    found = [_needed(machine, *one) for one in _NEEDED]
    return [*found, _conflicts(machine)]


def _needed(machine: Machine, name: str, module: str, packages: tuple[str, ...]) -> Finding:
    answer = machine.ask("import", module, *packages)
    record = answer.all
    copies: list[list[str]] = record.get("copies", [])
    package = copies[0][0] if copies else packages[0]
    reinstall = f"{machine.pip} install --force-reinstall {package}"
    if answer.end:
        return Finding(name, FAIL, f"importing it {answer.end}", reinstall)
    if record.get("state") == "missing":
        return Finding(name, FAIL, "not installed", f"{machine.pip} install {packages[0]}")
    if record.get("state") != "loaded":
        fault = str(record.get("fault", "it said nothing"))
        return Finding(name, FAIL, f"does not load: {fault}", _cure(fault, reinstall, machine))
    several = sorted({one[0] for one in copies}) if module == "cv2" else []
    if len(several) > 1:
        mend = f"{machine.pip} uninstall -y {' '.join(several)} && {machine.pip} install "
        said = f"{record['version']}, but {' and '.join(several)} overwrite each other"
        return Finding(name, WARN, said, mend + several[0])
    return Finding(name, OK, f"{record.get('version') or 'loads'}{_place(copies)}")


def _place(copies: list[list[str]]) -> str:
    """Name the package where another one could have brought the module."""
    return f" ({copies[0][0]})" if copies and copies[0][0] in _OPENCVS else ""


def _cure(fault: str, reinstall: str, machine: Machine) -> str:
    if "libGL" in fault or "libgthread" in fault or "libglib" in fault:
        return "sudo apt install libgl1 libglib2.0-0"
    if "numpy" in fault or "_ARRAY_API" in fault:
        return f"{machine.pip} install --upgrade numpy opencv-python"
    return reinstall


def _conflicts(machine: Machine) -> Finding:
    answer = machine.ask("conflicts")
    lines: list[str] = answer.all.get("lines", [])
    own = {package for _, _, packages in _NEEDED for package in packages}
    own |= {"ai-edge-litert", "tflite-runtime", "edge-quant", "picamera2"}
    ours = [line for line in lines if line.split() and line.split()[0].lower() in own]
    if ours:
        more = f" (and {len(ours) - 1} more)" if len(ours) > 1 else ""
        return Finding("requirements", WARN, f"{ours[0]}{more}", _satisfy(ours[0], machine))
    if answer.end or (answer.all.get("code") and not lines) or "code" not in answer.all:
        why = answer.end or answer.all.get("fault") or "it said nothing"
        said = f"unknown, for pip cannot tell: {why}"
        return Finding("requirements", WARN, said, "python -m ensurepip")
    return Finding("requirements", OK, "pip finds no conflict")


def _satisfy(line: str, machine: Machine) -> str:
    """Return the command that installs what one line of `pip check` misses."""
    missing = re.search(r"requires (\S+), which is not installed", line)
    other = re.search(r"has requirement ([^,]+(?:,[^,]+)*?), but you have", line)
    wanted = missing or other
    return f"{machine.pip} install '{wanted.group(1)}'" if wanted else f"{machine.pip} check"


def look_at_picamera2(machine: Machine, *, other_camera: bool) -> Finding:
    """Return whether a Pi's own camera can be used from this Python.

    other_camera: whether there is a USB camera, so that this one may be missed.
    """
    name = "picamera2"
    for module in ("libcamera", "picamera2"):
        answer = machine.ask("import", module, "numpy")
        record = answer.all
        if not answer.end and record.get("state") == "loaded":
            continue
        if not answer.end and record.get("state") == "missing":
            return _absent(machine, module, WARN if other_camera else FAIL)
        fault = answer.end or str(record.get("fault", "it said nothing"))
        if "numpy" in fault:
            said = f"{_hidden(record)}: {fault}"
            mend = f"{machine.pip} install 'numpy<2' 'opencv-python<4.12'"
            return Finding(name, FAIL, said, mend)
        mend = "sudo apt install --reinstall python3-picamera2 python3-libcamera"
        return Finding(name, FAIL, f"{module} does not load: {fault}", mend)
    return Finding(name, OK, f"{record.get('version') or 'it'} loads, libcamera too")


def _absent(machine: Machine, module: str, state: str) -> Finding:
    if not machine.is_pi:
        if machine.board.get("model") == "unknown":
            said = f"no {module}; whether this is a Raspberry Pi is unknown"
            return Finding("picamera2", WARN, said, "cat /proc/device-tree/model")
        return Finding("picamera2", OK, "not there and not needed: this is no Raspberry Pi")
    there = (machine.root / _DEBIAN / module).exists()
    if there and machine.venv:
        said = f"this venv does not see the system's {module}"
        mend = f"/usr/bin/python3 -m venv --system-site-packages {machine.venv}"
        return Finding("picamera2", state, said, mend)
    said = f"no Python module {module}, so the Pi's own camera cannot be read"
    return Finding("picamera2", state, said, "sudo apt install python3-picamera2")


def _hidden(record: dict[str, Any]) -> str:
    """Name the numpy that comes first and the one it hides."""
    copies = record.get("copies", [])
    if len(copies) < 2:
        return "built for another numpy"
    (_, first, where), (_, hidden, there), *_ = copies
    return f"numpy {first} in {where} hides {hidden} in {there}"

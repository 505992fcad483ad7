"""Checks of the packages the app is built on, each imported in a child process."""

from __future__ import annotations

import re
from typing import Any

from edge_app.doctor.finding import FAIL, INFO, OK, WARN, Finding
from edge_app.doctor.machine import Machine

_HEADLESS = ("opencv-python-headless", "opencv-contrib-python-headless")
_OPENCVS = ("opencv-python", "opencv-contrib-python", *_HEADLESS)
# A name, the module, and the packages that contain it, the usual one first.
_NEEDED = (
    ("numpy", "numpy", ("numpy",)),
    ("OpenCV", "cv2", _OPENCVS),
    ("PyAV", "av", ("av",)),
    ("Pillow", "PIL", ("pillow",)),
    ("rich", "rich", ("rich",)),
    ("msgspec", "msgspec", ("msgspec",)),
)
_BROWSER_VIEW = ("browser view", "aiohttp", ("aiohttp",))
_ABSENT = "not installed"
_DEBIAN = "usr/lib/python3/dist-packages"


def check_packages(machine: Machine) -> list[Finding]:
    """Check each package, and what they require of one another."""
    found = [_needed(machine, *one) for one in _NEEDED]
    return [*found, _browser_view(machine), _conflicts(machine)]


def _browser_view(machine: Machine) -> Finding:
    """Check what `run --serve` alone needs."""
    found = _needed(machine, *_BROWSER_VIEW)
    message = f"aiohttp {found.message}"
    if found.state != FAIL:
        return Finding(found.name, found.state, message, found.fix)
    state = INFO if found.message == _ABSENT else WARN
    return Finding(found.name, state, f"{message}; only --serve needs it", found.fix)


def _needed(machine: Machine, name: str, module: str, packages: tuple[str, ...]) -> Finding:
    output = machine.run_check("import", module, *packages)
    # state: "loaded" with version, or "missing" or "broken" with error; copies: [package, version,
    # folder] of each, in the order Python looks.
    record = output.all
    copies: list[list[str]] = record.get("copies", [])
    package = copies[0][0] if copies else packages[0]
    reinstall = machine.packages.install(package, options="--force-reinstall")
    if output.failure:
        return Finding(name, FAIL, f"importing it {output.failure}", reinstall)
    if record["state"] == "missing":
        return Finding(name, FAIL, _ABSENT, machine.packages.install(packages[0]))
    if record["state"] != "loaded":
        error = record["error"]
        return Finding(name, FAIL, f"does not load: {error}", _fix(error, reinstall, machine))
    several = sorted({one[0] for one in copies}) if module == "cv2" else []
    if len(several) > 1:
        python = machine.packages
        fix = f"{python.uninstall(*several)} && {python.install(several[0])}"
        message = f"{record['version']}, but {' and '.join(several)} overwrite each other"
        return Finding(name, WARN, message, fix)
    place = f" ({package})" if copies and package in _OPENCVS else ""
    return Finding(name, OK, f"{record.get('version') or 'loads'}{place}")


def _fix(error: str, reinstall: str, machine: Machine) -> str:
    if "libGL" in error or "libgthread" in error or "libglib" in error:
        return "sudo apt install libgl1 libglib2.0-0"
    if "numpy" in error or "_ARRAY_API" in error:
        return machine.packages.install("numpy", "opencv-python", options="--upgrade")
    return reinstall


def _conflicts(machine: Machine) -> Finding:
    if not machine.packages.pip:
        message = "conflicts are not checked: this Python has no pip"
        return Finding("requirements", INFO, message)
    output = machine.run_check("conflicts")  # of pip check: code, lines, error
    lines: list[str] = output.all.get("lines", [])
    own = {package for _, _, packages in _NEEDED for package in packages}
    own |= {"ai-edge-litert", "tflite-runtime", "edge-quant", "picamera2"}
    ours = [line for line in lines if line.split() and line.split()[0].lower() in own]
    if ours:
        more = f" (and {len(ours) - 1} more)" if len(ours) > 1 else ""
        return Finding("requirements", WARN, f"{ours[0]}{more}", _satisfy(ours[0], machine))
    if output.failure or (output.all["code"] and not lines):
        why = output.failure or output.all.get("error") or "no output"
        message = f"unknown: pip check failed: {why}"
        return Finding("requirements", WARN, message, f"{machine.packages.pip_command} check")
    return Finding("requirements", OK, "pip finds no conflict")


def _satisfy(line: str, machine: Machine) -> str:
    """Return the command that fixes one line of `pip check`."""
    for form in (r"requires (\S+), which is not", r"has requirement ([^,]+(?:,[^,]+)*?), but you"):
        if wanted := re.search(form, line):
            return machine.packages.install(wanted.group(1))
    return f"{machine.packages.pip_command} check"


def check_picamera2(machine: Machine, *, other_camera: bool) -> Finding:
    """Check whether the Pi's own camera can be used from this Python.

    other_camera: whether there is a USB camera, so that this one may be missing.
    """
    name = "picamera2"
    for module in ("libcamera", "picamera2"):
        output = machine.run_check("import", module, "numpy")
        record = output.all
        state = "" if output.failure else record["state"]
        if state == "loaded":
            continue
        if state == "missing":
            return _absent(machine, module, WARN if other_camera else FAIL)
        error = output.failure or record["error"]
        if "numpy" in error:
            fix = machine.packages.install("numpy<2", "opencv-python<4.12")
            return Finding(name, FAIL, f"{_hidden(record)}: {error}", fix)
        fix = "sudo apt install --reinstall python3-picamera2 python3-libcamera"
        return Finding(name, FAIL, f"{module} does not load: {error}", fix)
    return Finding(name, OK, f"{record.get('version') or 'it'} loads, and libcamera")


def _absent(machine: Machine, module: str, state: str) -> Finding:
    name = "picamera2"
    if machine.board.get("model") == "unknown":
        message = f"no {module}; whether this is a Raspberry Pi is unknown"
        return Finding(name, WARN, message, "cat /proc/device-tree/model")
    if not machine.is_pi:
        return Finding(name, OK, "not installed and not needed: this is not a Raspberry Pi")
    if machine.venv and (machine.root / _DEBIAN / module).exists():
        message = f"this venv does not include the system's {module}"
        fix = f"/usr/bin/python3 -m venv --system-site-packages {machine.venv}"
        return Finding(name, state, message, fix)
    message = f"no Python module {module}; the Pi's own camera needs it"
    return Finding(name, state, message, "sudo apt install python3-picamera2")


def _hidden(record: dict[str, Any]) -> str:
    """Return which numpy comes first, and which one it hides."""
    copies = record.get("copies", [])
    if len(copies) < 2:
        return "built for another numpy"
    (_, first, where), (_, hidden, there), *_ = copies
    return f"numpy {first} in {where} hides {hidden} in {there}"

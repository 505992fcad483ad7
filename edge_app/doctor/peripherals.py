"""Look at what is plugged in: the display and the cameras."""

from __future__ import annotations

import os
from typing import Any

from edge_app.doctor.finding import FAIL, OK, WARN, Finding, split_advice
from edge_app.doctor.machine import Machine
from edge_app.doctor.packages import look_at_picamera2
from edge_app.sources import devices
from edge_app.sources.holders import holders

_WITHOUT = "edge-app run --headless --serve 8080  # shows it in a browser instead"


def look_at_display(machine: Machine) -> Finding:
    """Return whether a window can be opened; without one the app runs on, so it is no failure."""
    answer = machine.ask("display")
    record = answer.all
    if record.get("toolkit") == "NONE":
        headless = "opencv-python-headless opencv-contrib-python-headless"
        mend = (
            f"{machine.pip} uninstall -y {headless} && "
            f"{machine.pip} install --force-reinstall opencv-python"
        )
        return Finding("display", WARN, "this OpenCV was built without windows", mend)
    if answer.end or "usable" not in record:
        state = FAIL if "crashed" in answer.end else WARN
        said = f"unknown, for asking {answer.end or 'gave no answer'}"
        return Finding("display", state, said, "edge-app doctor  # again, once OpenCV loads")
    if record["usable"]:
        where = machine.env.get("DISPLAY") or machine.env.get("WAYLAND_DISPLAY") or "the desktop's"
        return Finding("display", OK, f"{where}, windows by {record.get('toolkit')}")
    said = split_advice(str(record["reason"]))[0]
    sockets = sorted((machine.root / "tmp/.X11-unix").glob("X*"))
    if sockets and not machine.env.get("DISPLAY"):
        said += f"; one runs here as :{sockets[0].name[1:]}"
        return Finding("display", WARN, said, f"export DISPLAY=:{sockets[0].name[1:]}")
    return Finding("display", WARN, said, _WITHOUT)


def look_at_cameras(machine: Machine) -> list[Finding]:
    """Return what is found of picamera2, of every camera, and who holds it."""
    usb = devices.cameras()
    own = look_at_picamera2(machine, other_camera=bool(usb))
    found = [own]
    if own.state == OK and "not needed" not in own.said:
        found += _own(machine)
    found += [_camera(one.path, one.name, [one.path]) for one in usb]
    nodes = sorted(str(node) for node in devices.DEV.glob("video*"))
    locked = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
    if locked:
        mend = "sudo usermod -aG video $USER  # then log in anew"
        said = f"this user may not open {', '.join(locked[:3])}"
        found.append(Finding("cameras", WARN, said, mend))
    elif len(found) == 1:
        ask = "rpicam-hello --list-cameras" if machine.is_pi else "lsusb"
        found.append(Finding("cameras", WARN, "none; videos and pictures can be run", ask))
    return found


def _own(machine: Machine) -> list[Finding]:
    answer = machine.ask("cameras")
    record: dict[str, Any] = answer.all
    nodes = [str(node) for kind in ("media", "video") for node in devices.DEV.glob(f"{kind}*")]
    if answer.end or "cameras" not in record:
        said = f"unknown, for asking libcamera {answer.end or 'gave no answer'}"
        return [Finding("picamera", FAIL, said, "rpicam-hello --list-cameras")]
    if not record["cameras"]:
        said, mend = split_advice(str(record.get("reason") or "libcamera finds no camera"))
        return [Finding("picamera", WARN, said, mend or "rpicam-hello --list-cameras")]
    return [_camera(f"picamera:{n}", str(model), nodes) for n, model in record["cameras"]]


def _camera(source: str, model: str, nodes: list[str]) -> Finding:
    held = holders(nodes)
    if held:
        said = f"{model}, held by {' and '.join(map(str, held))}"
        return Finding(source, WARN, said, f"kill {' '.join(str(one.pid) for one in held)}")
    if hasattr(os, "geteuid") and os.geteuid() != 0:  # other users' files are hidden
        return Finding(source, OK, f"{model}, held by none of this user's programs")
    return Finding(source, OK, f"{model}, held by nobody")

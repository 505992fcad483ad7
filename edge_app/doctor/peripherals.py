"""Checks of the display and the cameras."""

from __future__ import annotations

import os

from edge_app.doctor.finding import FAIL, INFO, OK, WARN, Finding, split_advice
from edge_app.doctor.machine import Machine
from edge_app.doctor.packages import check_picamera2
from edge_app.sources import devices
from edge_app.sources.holders import holders


def check_display(machine: Machine) -> Finding:
    """Check whether a window can be opened. The app also runs without one: it only warns."""
    output = machine.run_check("display")
    record = output.all
    if record.get("toolkit") == "NONE":
        python = machine.packages
        headless = ("opencv-python-headless", "opencv-contrib-python-headless")
        install = python.install("opencv-python", options="--force-reinstall")
        message = "this OpenCV was built without windows"
        return Finding("display", WARN, message, f"{python.uninstall(*headless)} && {install}")
    if output.failure:
        state = FAIL if "crashed" in output.failure else WARN
        message = f"unknown: the check {output.failure}"
        return Finding("display", state, message, "edge-app doctor  # again, when OpenCV loads")
    if record["usable"]:
        where = machine.env.get("DISPLAY") or machine.env.get("WAYLAND_DISPLAY") or "the desktop's"
        return Finding("display", OK, f"{where}, windows by {record.get('toolkit')}")
    message = split_advice(str(record["reason"]))[0]
    sockets = sorted((machine.root / "tmp/.X11-unix").glob("X*"))
    if sockets and not machine.env.get("DISPLAY"):
        message += f"; one runs here as :{sockets[0].name[1:]}"
        return Finding("display", WARN, message, f"export DISPLAY=:{sockets[0].name[1:]}")
    if machine.env.get("DISPLAY") or machine.env.get("WAYLAND_DISPLAY"):
        return Finding("display", WARN, message, "edge-app run --headless  # without a window")
    # As over SSH, in a container or on a board without a screen.
    message = "none: edge-app run works in the terminal, and with --serve 8080 in a browser"
    return Finding("display", INFO, message)


def check_cameras(machine: Machine) -> list[Finding]:
    """Check picamera2 and every camera, and which program holds it."""
    usb = devices.cameras()
    own = check_picamera2(machine, other_camera=bool(usb))
    found = [own]
    if own.state == OK and "not needed" not in own.message:
        found += _own(machine)
    found += [_camera(one.path, one.name, [one.path]) for one in usb]
    nodes = sorted(str(node) for node in devices.DEV.glob("video*"))
    locked = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
    if locked:
        fix = "sudo usermod -aG video $USER  # then log in again"
        message = f"this user may not open {', '.join(locked[:3])}"
        found.append(Finding("cameras", WARN, message, fix))
    elif len(found) == 1:
        message = "none; videos and images still work"
        if machine.is_pi:
            found.append(Finding("cameras", WARN, message, "rpicam-hello --list-cameras"))
        else:
            found.append(Finding("cameras", INFO, message))
    return found


def _own(machine: Machine) -> list[Finding]:
    output = machine.run_check("cameras")
    record = output.all
    listing = "rpicam-hello --list-cameras"
    if output.failure:
        return [Finding("picamera", FAIL, f"unknown: listing them {output.failure}", listing)]
    if not record["cameras"]:
        message, fix = split_advice(record["reason"] or "libcamera finds no camera")
        return [Finding("picamera", WARN, message, fix or listing)]
    nodes = [str(node) for kind in ("media", "video") for node in devices.DEV.glob(f"{kind}*")]
    return [_camera(f"picamera:{n}", str(model), nodes) for n, model in record["cameras"]]


def _camera(source: str, model: str, nodes: list[str]) -> Finding:
    held = holders(nodes)
    if held:
        message = f"{model}, held by {' and '.join(map(str, held))}"
        return Finding(source, WARN, message, f"kill {' '.join(str(one.pid) for one in held)}")
    if hasattr(os, "geteuid") and os.geteuid() != 0:  # other users' files are hidden
        return Finding(source, OK, f"{model}, held by none of this user's programs")
    return Finding(source, OK, f"{model}, held by nobody")

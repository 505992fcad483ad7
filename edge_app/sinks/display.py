"""Decide, before the first window, whether there can be one.

Qt, which OpenCV's wheels draw with, ends the whole process where it cannot reach a display, and
Python cannot catch that. So everything that can be wrong is looked at before.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2

_PROBE_S = 10.0  # a remote display that does not answer; a Pi 4 needs .2 s for a local one
# Run in a child process: loads what Qt would load, and shakes hands with the display as Qt
# would, by the same library: a wrong cookie counts as much as a server that is not there.
_HANDSHAKE = """
import ctypes, sys
try:
    for library in sys.argv[1:]:
        ctypes.CDLL(library)
    xcb = ctypes.CDLL("libxcb.so.1")
except OSError as fault:
    sys.exit(f"a library is missing ({fault})")
xcb.xcb_connect.restype = ctypes.c_void_p
xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
if xcb.xcb_connection_has_error(xcb.xcb_connect(None, None)):
    sys.exit("it does not answer, or does not let this user in")
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether a window can be opened, and if not, why and what to do.

    settings: environment variables that must be set before the first window.
    """

    usable: bool
    reason: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def display_verdict(
    env: Mapping[str, str] | None = None,
    build_info: str | None = None,
    platform: str | None = None,
    probe: Callable[[Mapping[str, str]], str] | None = None,
) -> Verdict:
    """Decide whether this process may open a window; nothing is opened.

    env, build_info, platform: those of this process and its OpenCV where left out.
    probe: tells what is wrong with the X11 display, nothing where it answers.
    """
    env = os.environ if env is None else env
    toolkit = toolkit_of(cv2.getBuildInformation() if build_info is None else build_info)
    if toolkit == "NONE":
        return Verdict(
            False,
            "this OpenCV was built without windows; pip uninstall opencv-python-headless and "
            "pip install opencv-python, or go on with --headless",
        )
    if not (sys.platform if platform is None else platform).startswith(("linux", "freebsd")):
        return Verdict(True)
    x11, wayland = env.get("DISPLAY"), env.get("WAYLAND_DISPLAY")
    if not x11 and not wayland:
        return Verdict(
            False,
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); start it from "
            "the desktop, use ssh -X, or go on with --headless",
        )
    if wayland and not toolkit.startswith("QT"):
        return Verdict(True)  # GTK speaks Wayland itself
    if not x11:
        return Verdict(
            False,
            "this OpenCV draws on X11 only, and Wayland runs here without Xwayland; "
            "install xwayland and log in again, or go on with --headless",
        )
    fault = (probe or x11_fault)(env)
    if fault:
        return Verdict(
            False,
            f"the display {x11} cannot be used: {fault}; mend DISPLAY or XAUTHORITY, "
            "or go on with --headless",
        )
    # The wheels bring no other platform, and a desktop's variables may ask for one.
    return Verdict(True, settings={"QT_QPA_PLATFORM": "xcb"} if toolkit.startswith("QT") else {})


def toolkit_of(build_info: str) -> str:
    """Read what draws OpenCV's windows off its build information: QT5, GTK3, NONE and so on."""
    found = re.search(r"^\s*GUI:[ \t]*(\S*)", build_info, re.MULTILINE)
    if found and found.group(1):
        return found.group(1).upper()
    # Older builds have no word behind "GUI:", but a line for each toolkit.
    for name in ("QT", "GTK+", "Win32 UI", "Cocoa"):
        if re.search(rf"^\s*{re.escape(name)}:\s*YES", build_info, re.MULTILINE):
            return name.rstrip("+").upper()
    return "NONE"


def x11_fault(env: Mapping[str, str]) -> str:
    """Ask a child process to reach the display; return what went wrong, or nothing."""
    plugins = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")
    plugin = Path(plugins) / "platforms" / "libqxcb.so"
    libraries = [str(plugin)] if plugins and plugin.is_file() else []
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-c", _HANDSHAKE, *libraries],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {_PROBE_S:.0f} s"
    except OSError as fault:
        return f"it could not be tried ({fault.strerror})"
    if child.returncode == 0:
        return ""
    said = child.stderr.strip().splitlines()
    return said[-1] if said else "trying it ended in a crash"

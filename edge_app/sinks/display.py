"""The check, before the first window, whether a window can be opened.

Qt, which OpenCV's wheels draw with, ends the whole process if it cannot reach a display, and
Python cannot catch that. So everything that can be wrong is checked before.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from edge_app.python_environment import this_environment

_PROBE_S = 10.0  # a remote display may take seconds; one that is not there refuses at once


@dataclass(frozen=True, slots=True)
class DisplayVerdict:
    """Whether a window can be opened, and if not, why and what to do.

    problem, advice: what prevents it, and how there would be one; empty if it is usable.
    settings: environment variables that must be set before the first window.
    """

    usable: bool
    problem: str = ""
    advice: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why there is no window, for what cannot go on without one; empty if it is usable."""
        return "" if self.usable else f"{self.problem}; {self.advice}, or go on with --headless"

    @property
    def note(self) -> str:
        """What a run says that goes on without a window, and how there would be one."""
        window = f"for a window: {self.advice}"
        return f"no window, it goes on in the terminal: {self.problem}; {window}"


def display_verdict(
    env: Mapping[str, str] | None = None,
    build_info: str | None = None,
    platform: str | None = None,
    probe: Callable[[Mapping[str, str]], str] | None = None,
) -> DisplayVerdict:
    """Return whether this process can open a window; nothing is opened.

    env, build_info, platform: (default: those of this process and its OpenCV).
    probe: returns what is wrong with the X11 display, "" if it answers.
    """
    env = os.environ if env is None else env
    toolkit = toolkit_of(cv2.getBuildInformation() if build_info is None else build_info)
    if toolkit == "NONE":
        python = this_environment()
        replace = (
            f"{python.uninstall('opencv-python-headless')} && "
            f"{python.install('opencv-python', options='--force-reinstall')}"
        )
        return DisplayVerdict(False, "this OpenCV was built without windows", f"run: {replace}")
    if not (sys.platform if platform is None else platform).startswith(("linux", "freebsd")):
        return DisplayVerdict(True)
    x11, wayland = env.get("DISPLAY"), env.get("WAYLAND_DISPLAY")
    if not x11 and not wayland:
        problem = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
        return DisplayVerdict(False, problem, "start it from the desktop or use ssh -X")
    is_qt = toolkit.startswith("QT")
    if wayland and not is_qt:
        return DisplayVerdict(True)  # GTK speaks Wayland itself
    if not x11:
        problem = "this OpenCV draws on X11 only, and Wayland runs here without Xwayland"
        return DisplayVerdict(False, problem, "install xwayland and log in again")
    fault = (probe or x11_fault)(env)
    if fault:
        problem = f"the display {x11} cannot be used: {fault}"
        return DisplayVerdict(False, problem, "fix DISPLAY or XAUTHORITY")
    # The wheels have no other platform, and a desktop's variables may name one.
    return DisplayVerdict(True, settings={"QT_QPA_PLATFORM": "xcb"} if is_qt else {})


def toolkit_of(build_info: str) -> str:
    """Return the toolkit of OpenCV's windows by its build information: QT5, GTK3, NONE, ..."""
    found = re.search(r"^\s*GUI:[ \t]*(\S*)", build_info, re.MULTILINE)
    if found and found.group(1):
        return found.group(1).upper()
    # Older builds have nothing after "GUI:", but a line for each toolkit.
    for name in ("QT", "GTK+", "Win32 UI", "Cocoa"):
        if re.search(rf"^\s*{re.escape(name)}:\s*YES", build_info, re.MULTILINE):
            return name.rstrip("+").upper()
    return "NONE"


def x11_fault(env: Mapping[str, str]) -> str:
    """Connect to the display as Qt would, by the same library; return what went wrong, or "".

    A wrong cookie counts as much as a server that is not there. The connection is kept until
    the process ends: a server resets when its last client leaves (unless it runs with
    -noreset, as Xvfb does not), and a window opened at that moment hung in one of six attempts.
    """
    answers: list[str] = []
    asking = threading.Thread(
        target=lambda: answers.append(_connect(env)), name="display", daemon=True
    )
    asking.start()
    asking.join(_PROBE_S)
    return answers[0] if answers else f"it did not answer within {_PROBE_S:.0f} s"


def _connect(env: Mapping[str, str]) -> str:
    plugin = Path(env.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")) / "platforms" / "libqxcb.so"
    try:
        if plugin.is_file():
            ctypes.CDLL(str(plugin))  # needs libraries of the system that the wheel lacks
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as fault:
        return f"a library is missing ({fault})"
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(os.fsencode(env.get("DISPLAY", "")), None)
    if xcb.xcb_connection_has_error(connection):
        return "it does not answer, or it refuses this user"
    return ""

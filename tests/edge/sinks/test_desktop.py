"""The free area of a display: all of it, or what panels and title bars leave."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.sinks.desktop import LARGEST_WH, free_wh, largest_window_wh
from tests.support.virtual_display import virtual_display

CHECK, AREA = b"_NET_SUPPORTING_WM_CHECK", b"_NET_WORKAREA"


@pytest.mark.parametrize(
    ("properties", "free"),
    [
        ({}, (800, 480)),
        ({AREA: [0, 36, 800, 444]}, (800, 480)),  # nobody draws panels or titles
        ({CHECK: [7]}, (792, 444)),
        ({CHECK: [7], AREA: [0, 36, 800, 444, 0, 0, 800, 480]}, (792, 408)),
        ({CHECK: [7], AREA: [0, 0, 0, 0]}, (792, 444)),
        ({CHECK: [7], AREA: [0, 0, 3840, 1080]}, (792, 444)),
        ({CHECK: [7], AREA: [0, 0, 800]}, (792, 444)),
        ({CHECK: [7], AREA: [0, 0, 4, 4]}, (1, 1)),
    ],
)
def test_panels_and_titles_are_left_out(
    properties: dict[bytes, list[int]], free: tuple[int, int]
) -> None:
    """Window managers say where their panels are; odd answers are passed over."""
    assert free_wh((800, 480), lambda name: properties.get(name, [])) == free


def test_a_display_that_says_nothing_gets_the_usual_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is missing, a display that is gone, or Wayland alone."""
    assert largest_window_wh({}) == LARGEST_WH
    assert largest_window_wh({"DISPLAY": ":4242"}) == LARGEST_WH

    def missing(_: object) -> None:
        raise OSError("libxcb.so.1: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert largest_window_wh({"DISPLAY": ":0"}) == LARGEST_WH


ASK = """
import ctypes, sys
from edge_app.sinks.desktop import largest_window_wh
print(*largest_window_wh())
x11 = ctypes.CDLL("libX11.so.6")
for name in ("XOpenDisplay", "XInternAtom", "XDefaultRootWindow"):
    getattr(x11, name).restype = ctypes.c_void_p
display = ctypes.c_void_p(x11.XOpenDisplay(None))
root = ctypes.c_void_p(x11.XDefaultRootWindow(display))
for name, values in ((b"_NET_SUPPORTING_WM_CHECK", [1]), (b"_NET_WORKAREA", [0, 30, 800, 450])):
    atom = ctypes.c_void_p(x11.XInternAtom(display, name, 0))
    numbers = (ctypes.c_long * len(values))(*values)
    kind = ctypes.c_void_p(6)
    x11.XChangeProperty(display, root, atom, kind, 32, 0, numbers, len(values))
x11.XSync(display, 0)
print(*largest_window_wh())
"""


@pytest.mark.skipif(not ctypes.util.find_library("X11"), reason="libX11 is not installed")
def test_a_real_display_is_asked() -> None:
    """Its size, and the properties of its root window."""
    with virtual_display((800, 480)) as name:
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            env={**os.environ, "DISPLAY": name},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("800 480\n792 414\n", "")

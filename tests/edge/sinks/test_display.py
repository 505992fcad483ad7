"""Whether a window can be opened is known before Qt can end the process."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from edge_app.sinks import display
from edge_app.sinks.display import display_verdict, toolkit_of, x11_fault
from tests.support.virtual_display import virtual_display

QT = "  GUI:                           QT5\n    QT:                          YES (ver 5.15.16 )\n"
GTK = "  GUI:                           GTK3\n    GTK+:                        YES (ver 3.24)\n"
OLD_GTK = "  GUI: \n    GTK+:                        YES (ver 3.22.30)\n    VTK support:  NO\n"
OLD_QT = "  GUI: \n    QT:                          YES (ver 4.8.7)\n    GTK+:   NO\n"
HEADLESS = "  GUI:                           NONE\n    GTK+:                        NO\n"
WINDOWS = "  GUI:                           WIN32UI\n    Win32 UI:     YES\n"


@pytest.mark.parametrize(
    ("build_info", "toolkit"),
    [
        (QT, "QT5"),
        (GTK, "GTK3"),
        (OLD_GTK, "GTK"),
        (OLD_QT, "QT"),
        (HEADLESS, "NONE"),
        ("", "NONE"),
        (WINDOWS, "WIN32UI"),
    ],
)
def test_the_toolkit_is_found_in_the_build_information(build_info: str, toolkit: str) -> None:
    """OpenCV names the toolkit of its windows in two forms."""
    assert toolkit_of(f"General\n\n{build_info}\n  Media I/O:\n    ZLib: YES") == toolkit


def test_this_opencv_is_understood() -> None:
    """The installed wheel names one of the known toolkits."""
    names = ("QT", "GTK", "NONE", "WIN32", "COCOA", "WAYLAND")
    assert toolkit_of(cv2.getBuildInformation()).startswith(names)


X, W = {"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}
XCB = {"QT_QPA_PLATFORM": "xcb"}


@pytest.mark.parametrize(
    ("env", "build_info", "platform", "fault", "advice", "settings"),
    [
        (X, QT, "linux", "", None, XCB),
        (X, GTK, "linux", "", None, {}),
        (X | W, QT, "linux", "", None, XCB),
        (X | W | {"QT_QPA_PLATFORM": "wayland"}, QT, "linux", "", None, XCB),
        (X | {"QT_QPA_PLATFORM": "offscreen"}, QT, "linux", "", None, XCB),
        (W, GTK, "linux", "never asked", None, {}),
        ({}, WINDOWS, "win32", "never asked", None, {}),
        ({}, "  GUI:   COCOA\n", "darwin", "never asked", None, {}),
        ({}, QT, "linux", "", "neither DISPLAY nor WAYLAND_DISPLAY is set", {}),
        ({"DISPLAY": ""}, QT, "linux", "", "there is no display", {}),
        (X, HEADLESS, "linux", "", "install --force-reinstall opencv-python", {}),
        ({}, HEADLESS, "win32", "", "built without windows", {}),
        (W, QT, "linux", "", "Wayland runs here without Xwayland", {}),
        (X, QT, "linux", "it is dead", "the display :0 cannot be used: it is dead", {}),
        (X, GTK, "linux", "it is dead", "fix DISPLAY or XAUTHORITY", {}),
    ],
)
def test_the_verdict(
    env: dict[str, str],
    build_info: str,
    platform: str,
    fault: str,
    advice: str | None,
    settings: dict[str, str],
) -> None:
    """A window is possible, with the settings it needs, or the reason ends with what to do."""
    verdict = display_verdict(env, build_info, platform, lambda _: fault)
    assert verdict.usable == (advice is None)
    assert verdict.settings == settings
    if advice is not None:
        assert advice in verdict.reason
        assert verdict.reason.endswith("go on with --headless")
        assert verdict.note.startswith("no window, it goes on in the terminal: ")
        assert "; for a window: " in verdict.note
        assert "--headless" not in verdict.note  # it is what happens anyway


def test_a_missing_display_is_noticed() -> None:
    """No server listens at this number."""
    assert x11_fault({"DISPLAY": ":4242"}) != ""


@pytest.mark.skipif(sys.platform != "linux", reason="X11 sockets are those of Linux")
def test_a_display_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and never answers does not delay the start for long."""
    monkeypatch.setattr(display, "_PROBE_S", 1.0)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X4243")  # abstract: leaves no file behind
        server.listen()
        assert x11_fault({"DISPLAY": ":4243"}) == "it did not answer within 1 s"


@pytest.fixture
def locked() -> Iterator[tuple[str, Path]]:
    """Start a display that refuses clients without its cookie."""
    cookie = Path(os.environ.get("TMPDIR", "/tmp")) / f"edge-cookie-{os.getpid()}"  # noqa: S108
    host = socket.gethostname().encode()
    parts = (host, b"", b"MIT-MAGIC-COOKIE-1", bytes(range(16)))
    cookie.write_bytes(b"\1\0" + b"".join(len(p).to_bytes(2, "big") + p for p in parts))
    options = ("-auth", str(cookie), "-nolisten", "tcp")
    try:
        with virtual_display((800, 480), *options, tools=["Xvfb"]) as name:
            yield name, cookie
    finally:
        cookie.unlink()


def test_a_display_is_tried_with_its_cookie(
    locked: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that refuses this user is of no use."""
    name, cookie = locked
    monkeypatch.setenv("XAUTHORITY", str(cookie))
    assert x11_fault({"DISPLAY": name}) == ""
    monkeypatch.setenv("XAUTHORITY", os.devnull)
    assert x11_fault({"DISPLAY": name}) == "it does not answer, or it refuses this user"


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    """The wheel's own platform is loaded first, since Qt ends the process if it cannot be."""
    broken = tmp_path / "platforms" / "libqxcb.so"
    broken.parent.mkdir()
    broken.write_bytes(b"no library")
    fault = x11_fault({"DISPLAY": ":0", "QT_QPA_PLATFORM_PLUGIN_PATH": str(tmp_path)})
    assert fault.startswith("a library is missing")
    assert "libqxcb.so" in fault

"""The window shows canvases, reads keys and closes by its button, on a virtual display."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.pointing import PointerKind
from edge_app.sinks.display import DisplayVerdict
from edge_app.sinks.window import Window, fit_wh, framed
from tests.support.fake_toolkit import FakeToolkit
from tests.support.steps import status, step
from tests.support.virtual_display import virtual_display
from tests.support.whole_runs import HANG_S

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def xvfb() -> Iterator[str]:
    """Start a display in memory for the tests of this module."""
    with virtual_display((1920, 1200)) as name:
        yield name


START = """
import ctypes, os, subprocess, sys
import cv2, numpy as np
from edge_app.controls import Controls
from edge_app.process import prepare_process
from edge_app.sinks.display import display_verdict
from edge_app.sinks.window import Window
from tests.support.steps import status, step

def canvas(width=640, height=360):
    image = np.full((height, width, 3), (200, 80, 20), np.uint8)
    image[:, : width // 2] = (10, 60, 250)
    return image

def xdotool(*arguments):
    done = subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.split()

def until(window, wanted, canvas=canvas()):
    for index in range(2000):
        window.write(step(index, canvas), status())
        keys = list(window.keys())
        if keys:
            return keys
    sys.exit(f"{wanted} never came")

class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("kind", ctypes.c_ulong),
        ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("padding", ctypes.c_long * 16),
    ]

def press_close_button(window):
    # What a window manager sends; there is none here, and old versions of xdotool cannot.
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    atom = [x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
    message = ClientMessage(33, 0, 1, display, window, atom[0], 32, (ctypes.c_long * 5)(atom[1]))
    x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)

def focus(window, title):
    window.write(step(0, canvas()), status())
    for _ in range(20):
        window.write(step(0, canvas()), status())
    [name] = xdotool("search", "--onlyvisible", "--name", title)
    xdotool("windowfocus", "--sync", name)
    return name
"""


def on_display(name: str, code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run some code with a display: Qt ends the process with its display, so not in this one."""
    kept = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    return subprocess.run(
        [sys.executable, "-c", START + code],
        cwd=ROOT,
        env={**kept, "DISPLAY": name, **env},
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )


def test_a_window_shows_the_canvas_and_reads_keys(xvfb: str) -> None:
    """Keys have their names; the left arrow, whose code ends like a Q, is itself."""
    done = on_display(
        xvfb,
        """
with Window("street view") as window:
    name = focus(window, "street view")
    for key in ("Left", "plus", "space", "q"):
        xdotool("key", key)
        print(*until(window, key))
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["left", "+", "space", "q"]
    assert done.stderr == ""


def test_the_image_keeps_its_shape(xvfb: str) -> None:
    """A window pulled to a square shows the whole image, its colours right, with black bars."""
    done = on_display(
        xvfb,
        """
from PIL import ImageGrab
def grab(window, is_painted):
    # A busy display paints some images after it has a window's new size.
    for index in range(500):
        window.write(step(index, canvas()), status())
        screen = np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB"))
        if is_painted(screen):
            break
        if not screen.any() and index % 50 == 49:  # without a window manager Qt may miss a focus
            xdotool("windowunmap", "--sync", name, "windowmap", "--sync", name)
    return screen

def inside(screen):
    x, y, width, height = cv2.getWindowImageRect("shape")
    return screen[y : y + height, x : x + width]

def is_square(screen):
    rows = np.flatnonzero(inside(screen).any(axis=(1, 2)))
    return inside(screen).shape[:2] == (600, 600) and abs(len(rows) - 600 * 360 / 640) < 3

with Window("shape") as window:
    name = focus(window, "shape")
    print(cv2.getWindowImageRect("shape")[2:])
    grab(window, np.any)  # Qt loses a size that comes before it has painted once
    xdotool("windowsize", "--sync", name, "600", "600")
    screen = grab(window, is_square)
    image = inside(screen)
    print(image.shape[1], image.shape[0])
    row = image[300]
    print(row[5].tolist(), row[-5].tolist())
    rows = np.flatnonzero(image.any(axis=(1, 2)))
    print(abs(len(rows) - 600 * 360 / 640) < 3, abs(int(rows[0]) - (599 - int(rows[-1]))) < 3)
    window.follow(Controls(fullscreen=True))
    is_full = lambda screen: set(screen[::40, 960].tobytes()) <= {0, 20, 80, 200}
    screen = grab(window, is_full)
    print(set(screen[::40, 960].tobytes()) <= {0, 20, 80, 200})
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "(640, 360)",
        "600 600",
        "[250, 60, 10] [20, 80, 200]",
        "True True",
        "True",
    ]


@pytest.mark.parametrize(
    ("room_wh", "shape_hw"),
    [
        ((1280, 720), (36, 64)),
        ((1280, 730), (36, 64)),  # half a pixel
        ((0, 0), (36, 64)),
        ((800, 800), (64, 64)),
        ((1600, 450), (36, 128)),
        ((9000, 10), (36, 256)),
    ],
)
def test_bars_give_an_image_the_shape_of_its_window(
    room_wh: tuple[int, int], shape_hw: tuple[int, int]
) -> None:
    """They are black and on both sides; a very narrow window does not make an image huge."""
    canvas = np.full((36, 64, 3), 9, np.uint8)
    made = framed(canvas, room_wh)
    assert made.shape[:2] == shape_hw
    assert made.sum() == canvas.sum()
    rows, columns = (np.flatnonzero(made.any(axis=(axis, 2))) for axis in (1, 0))
    assert abs(int(rows[0]) - (shape_hw[0] - 1 - int(rows[-1]))) <= 1
    assert abs(int(columns[0]) - (shape_hw[1] - 1 - int(columns[-1]))) <= 1


def test_a_large_canvas_fits_the_desktop(xvfb: str) -> None:
    """An image of 2048x1024 opens smaller, in its shape."""
    done = on_display(
        xvfb,
        """
with Window("large") as window:
    for index in range(20):
        window.write(step(index, canvas(2048, 1024)), status())
    print(cv2.getWindowImageRect("large")[2:])
""",
    )
    assert done.stdout == "(1600, 800)\n", done.stderr


def test_closing_by_the_button_quits(xvfb: str) -> None:
    """The window's own button counts as q, once, and the window does not come back."""
    done = on_display(
        xvfb,
        """
with Window("button") as window:
    name = focus(window, "button")
    press_close_button(int(name))
    print(*until(window, "q"))
    for index in range(20):
        window.write(step(index, canvas()), status())
        print(*window.keys(), end="")
    search = ["xdotool", "search", "--onlyvisible", "--name", "^button$"]
    print(len(subprocess.run(search, capture_output=True).stdout.split()))
""",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "q\n0\n", "")


def test_keys_are_read_during_a_pause(xvfb: str) -> None:
    """While nothing is written the window still processes its events."""
    done = on_display(
        xvfb,
        """
with Window("pause") as window:
    focus(window, "pause")
    xdotool("key", "space")
    for _ in range(2000):
        keys = window.keys()
        if keys:
            break
    print(*keys)
""",
    )
    assert done.stdout == "space\n", done.stderr


def test_wayland_variables_do_not_disturb(xvfb: str) -> None:
    """Under Xwayland the wheel's only platform is chosen, without a message of Qt."""
    done = on_display(
        xvfb,
        """
verdict = display_verdict()
prepare_process(verdict.settings)
window = Window("xwayland", verdict)
window.write(step(0, canvas()), status())
window.close()
window.close()
print(os.environ["QT_QPA_PLATFORM"])
""",
        WAYLAND_DISPLAY="wayland-0",
        XDG_SESSION_TYPE="wayland",
        QT_QPA_PLATFORM="wayland",
    )
    assert (done.stdout, done.stderr) == ("xcb\n", "")


def test_a_dead_display_is_a_reason_and_not_an_abort() -> None:
    """The process lives on to report why."""
    done = on_display(":4242", "print(display_verdict().reason)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the display :4242 cannot be used")


def test_no_window_without_a_display() -> None:
    """Opening one anyway raises with the reason."""
    reason = "no window: it is dark; light it, or go on with --headless"
    with pytest.raises(SinkError, match=reason):
        Window("dark", DisplayVerdict(False, "it is dark", "light it"))


DOWN, MOVE, UP = PointerKind.DOWN, PointerKind.MOVE, PointerKind.UP


@pytest.fixture
def toolkit(monkeypatch: pytest.MonkeyPatch) -> FakeToolkit:
    """Replace OpenCV's windows with one on a display of 800x480."""
    fake = FakeToolkit((800, 480))
    fake.install(monkeypatch)
    return fake


def small_window() -> Window:
    """Return a window on that display."""
    return Window("small", DisplayVerdict(True), largest_wh=(800, 480))


def canvas(size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a white canvas."""
    return np.full((size_wh[1], size_wh[0], 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("canvas_wh", "largest_wh", "expected_wh"),
    [
        ((1280, 720), (800, 480), (800, 450)),
        ((1280, 720), (792, 408), (725, 408)),
        ((640, 480), (800, 480), (640, 480)),
        ((2048, 1024), (1600, 900), (1600, 800)),
        ((720, 1280), (800, 480), (270, 480)),
        ((4000, 1), (800, 480), (800, 1)),
    ],
)
def test_a_window_opens_no_larger_than_the_display(
    canvas_wh: tuple[int, int], largest_wh: tuple[int, int], expected_wh: tuple[int, int]
) -> None:
    """It keeps the shape of its canvases, and is never enlarged."""
    assert fit_wh(canvas_wh, largest_wh) == expected_wh


def test_canvases_are_asked_for_in_the_size_of_the_window(toolkit: FakeToolkit) -> None:
    """The first before it opens, then as it is resized, in full screen, and for another shape."""
    with small_window() as window:
        assert window.canvas_wh((1280, 720)) == (800, 450)
        window.write(step(0, canvas((800, 450))), status())
        assert toolkit.inner_wh == (800, 450)
        assert toolkit.shown.shape == (450, 800, 3)
        toolkit.inner_wh = (500, 400)
        assert window.canvas_wh((1280, 720)) == (500, 400)
        window.write(step(1, canvas((500, 400))), status())
        assert toolkit.inner_wh == (500, 400)
        toolkit.inner_wh = (3, 2)
        assert window.canvas_wh((1280, 720)) == (160, 90)
        window.follow(Controls(fullscreen=True))
        assert window.canvas_wh((1280, 720)) == (800, 480)
        window.write(step(2, canvas((800, 480))), status())
        assert window.canvas_wh((640, 480)) == (800, 480)  # another source: still full screen
        window.follow(Controls())
        assert window.canvas_wh((640, 480)) == (640, 480)
        window.write(step(3, canvas((640, 480))), status())
        assert toolkit.inner_wh == (640, 480)


def test_a_step_for_the_window_is_shown_instead_of_that_of_others(toolkit: FakeToolkit) -> None:
    """A recording of the same step keeps the size of the frame."""
    with small_window() as window:
        size_wh = window.canvas_wh((1280, 720))
        both = replace(step(0, canvas((1280, 720))), window_canvas=canvas(size_wh))
        window.write(both, status())
        assert toolkit.shown is both.window_canvas
        window.write(replace(both, canvas=None), status())


@pytest.mark.parametrize(
    ("window_wh", "points"),
    [
        ((800, 450), [(0, 0), (400, 225), (799, 449)]),
        ((400, 225), [(0, 0), (200, 112), (399, 224)]),  # stretched
        ((800, 480), [(0, 15), (400, 240), (799, 464)]),  # bars above and below
        ((1600, 450), [(400, 0), (800, 225), (1199, 449)]),  # bars at the sides
    ],
)
def test_clicks_are_pixels_of_the_canvas(
    toolkit: FakeToolkit, window_wh: tuple[int, int], points: list[tuple[int, int]]
) -> None:
    """Wherever the window stretches it to, and whatever the bars beside it."""
    with small_window() as window:
        window.write(step(0, canvas((800, 450))), status())
        toolkit.inner_wh = window_wh
        window.write(step(1, canvas((800, 450))), status())
        for point, expected in zip(points, [(0, 0), (400, 225), (799, 449)], strict=True):
            toolkit.click(*point)
            window.keys()  # the events are processed with the keys'
            toolkit.waitKeyEx(1)
            events = window.pointer()
            assert [event.kind for event in events] == [DOWN, UP]
            for event in events:
                assert np.abs(np.subtract(event.xy, expected)).max() <= 2
        assert window.pointer() == []


def test_only_a_pressed_button_moves_anything(toolkit: FakeToolkit) -> None:
    """A second click soon after is one of its own; other buttons and the wheel do nothing."""
    with small_window() as window:
        toolkit.drag((100, 100), (150, 100), (200, 120))
        toolkit.click(300, 300, double=True)
        toolkit.events += [
            (cv2.EVENT_MOUSEMOVE, 10, 10, 0),
            (cv2.EVENT_RBUTTONDOWN, 10, 10, cv2.EVENT_FLAG_RBUTTON),
            (cv2.EVENT_MOUSEWHEEL, 10, 10, 0),
        ]
        window.write(step(0, canvas((800, 450))), status())
        assert [tuple(event) for event in window.pointer()] == [
            (DOWN, (100, 100)), (MOVE, (150, 100)), (MOVE, (200, 120)), (UP, (200, 120)),
            (DOWN, (300, 300)), (UP, (300, 300)),
        ]  # fmt: skip


def test_a_mouse_clicks_and_drags_in_a_real_window(xvfb: str) -> None:
    """Also with bars beside the canvas, and in another size than that of the canvas."""
    done = on_display(
        xvfb,
        """
def mouse(*arguments):
    xdotool(*arguments)
    for index in range(20):
        window.write(step(index, canvas()), status())

def shares():
    for event in window.pointer():
        print(event.kind.name, *(round(at / of, 1) for at, of in zip(event.xy, (640, 360))))

with Window("mouse", largest_wh=(1600, 900)) as window:
    name = focus(window, "mouse")
    for size in ((640, 360), (1280, 720), (960, 800), (1200, 360)):
        xdotool("windowsize", "--sync", name, *map(str, size))
        mouse("mousemove", "1500", "1100")
        window.pointer()
        x, y, width, height = cv2.getWindowImageRect("mouse")
        assert (width, height) == size
        zoom = min(width / 640, height / 360)
        left, top = x + (width - 640 * zoom) / 2, y + (height - 360 * zoom) / 2
        def at(across, down):
            return [str(round(left + across * 640 * zoom)), str(round(top + down * 360 * zoom))]
        mouse("mousemove", *at(0.2, 0.3))
        mouse("mousedown", "1")
        mouse("mousemove", *at(0.6, 0.7))
        mouse("mouseup", "1")
        shares()
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == 4 * "DOWN 0.2 0.3\nMOVE 0.6 0.7\nUP 0.6 0.7\n"
    assert done.stderr == ""


@pytest.mark.parametrize("size_wh", [(800, 480), (1280, 720), (1920, 1080)])
def test_a_window_fits_on_a_real_display(size_wh: tuple[int, int]) -> None:
    """All of it is on the display, in the shape of the canvas."""
    with virtual_display(size_wh) as name:
        done = on_display(
            name,
            """
with Window("fits") as window:
    size = window.canvas_wh((1920, 1080))
    for index in range(20):
        window.write(step(index, canvas(*window.canvas_wh((1920, 1080)))), status())
    print(size, cv2.getWindowImageRect("fits")[2:])
""",
        )
    wanted = {800: "(800, 450)", 1280: "(1280, 720)", 1920: "(1600, 900)"}[size_wh[0]]
    assert done.stdout == f"{wanted} {wanted}\n", done.stderr


def test_a_burst_of_keys_in_a_window_is_dropped(toolkit: FakeToolkit) -> None:
    """As many pass as a person presses in so short a time, the rest is counted."""
    with small_window() as window:
        window._burst._clock = lambda: 9.0
        toolkit.events += [ord("s")] * 500
        names: list[str] = []
        for index in range(500):
            window.write(step(index, canvas((640, 360))), status())
            names += window.keys()
        assert names == ["s"] * 32
        assert window.dropped_keys == 468

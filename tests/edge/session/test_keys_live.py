"""Real keys, in a terminal and in a window, reach a run; every way to end it is clean."""

from __future__ import annotations

import ctypes.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import pytest

from tests.edge.sinks.test_keyboard import ChildTerminal
from tests.edge.sinks.test_window import START, xvfb
from tests.support.virtual_display import virtual_display
from tests.support.waiting import until
from tests.support.whole_runs import HANG_S, snapshots_in

__all__ = ["xvfb"]

ROOT = Path(__file__).parents[3]
# A small moving street without end, so that a busy machine follows; drawn at its own pace.
COMMAND = ("run", "--model", "street", "--threads", "1", "--metrics", "m", "--record", "kept.mp4")
VARIANTS = {"1": "float32", "2": "float16", "3": "dynamic_range", "4": "int8"}


def variant_of(folder: Path) -> str:
    """Return the variant of the last frame in the log, "" without one."""
    path = folder / "m" / "frames.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return next((json.loads(line)["variant"] for line in reversed(lines) if line[-1:] == "}"), "")


def check_files(folder: Path, status: str) -> None:
    """Check the files of a run: a summary, a log that agrees with it, a video that opens."""
    summary = json.loads((folder / "m" / "summary.json").read_text("utf-8"))
    lines = (folder / "m" / "frames.jsonl").read_text("utf-8").splitlines()
    assert summary["status"] == status
    assert [json.loads(line)["index"] for line in lines] == list(range(len(lines)))
    assert summary["frames"] == len(lines)
    with av.open(str(folder / "kept.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0


class App(ChildTerminal):
    """Run edge-app in a terminal of its own, and read what it draws there."""

    def __init__(self, folder: Path, *more: str) -> None:
        code = (
            f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.chdir({str(folder)!r});"
            f"from edge_app.cli import main; sys.exit(main({[*COMMAND, *more]!r}))"
        )
        super().__init__(code)
        os.set_blocking(self.fd, False)
        self.folder = folder

    def drain(self) -> None:
        """Read its output, so that the run never waits for its terminal."""
        try:
            while more := os.read(self.fd, 1 << 16):
                self.said += more
        except (BlockingIOError, OSError):
            pass

    def until(self, what: Any, true: Any = None) -> Any:
        """Wait for something to become true while the terminal is read."""

        def look() -> Any:
            self.drain()
            return true()

        return until(what, look)

    def is_silent(self, for_s: float) -> bool:
        """Return whether nothing is written for a while."""
        self.drain()
        before = len(self.said)
        time.sleep(for_s)
        self.drain()
        return len(self.said) == before

    def press(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def finished(self) -> bool:
        """Return whether the program has ended, and store its exit code."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        return bool(pid)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Start a run without a window in a terminal, and end it with the test."""
    made = App(tmp_path, "--headless", "--loop", "synthetic:320x180")
    yield made
    made.kill()


def test_keys_typed_into_a_terminal_reach_the_run(app: App, tmp_path: Path) -> None:
    """Variants change, a snapshot is written, a pause ends, and q restores the terminal."""
    before = app.settings()
    app.until("the first frame", lambda: variant_of(tmp_path) == "int8")
    app.until("single keys", app.is_raw)
    for digit, name in VARIANTS.items():
        app.press(digit.encode())
        app.until(name, lambda name=name: variant_of(tmp_path) == name)
    app.press(b"s")
    [image] = app.until("a snapshot", lambda: snapshots_in(tmp_path))
    app.until("its figures", image.with_suffix(".json").exists)
    for typed, said in ((b" ", b"paused"), (b"h", b"quit")):
        app.said = b""
        app.press(typed)
        app.until(f"{said!r}", lambda said=said: said in app.said)
    app.press(b" q")
    app.until("the end", app.finished)
    assert app.code == 0
    assert app.settings() == before
    check_files(tmp_path, "interrupted")


@pytest.mark.parametrize(
    ("way", "code"),
    [("ctrl-c", 130), ("ctrl-c twice", 130), ("SIGTERM", 143), ("SIGHUP", 129)],
)
def test_every_end_leaves_good_files(app: App, tmp_path: Path, way: str, code: int) -> None:
    """The terminal is restored, log and video are complete, the exit code has the signal."""
    before = app.settings()
    app.until("the first frame", lambda: variant_of(tmp_path))
    for number in {"ctrl-c": [2], "ctrl-c twice": [2, 2]}.get(way) or [getattr(signal, way)]:
        os.killpg(os.tcgetpgrp(app.fd), number)
    app.until("the end", app.finished)
    assert app.code == code
    assert app.settings() == before
    if way != "ctrl-c twice":  # the second one may cut the first one's work short
        check_files(tmp_path, "interrupted")


def test_a_stopped_terminal_does_not_keep_the_run_from_ending(app: App, tmp_path: Path) -> None:
    """Ctrl-S holds back what is written there, and a signal lets it go on."""
    app.until("the first frame", lambda: variant_of(tmp_path))
    app.until("single keys", app.is_raw)
    app.press(b"\x13")
    app.until("silence", lambda: app.is_silent(0.5))
    os.kill(app.pid, signal.SIGTERM)
    app.until("the end", app.finished)
    assert app.code == 143
    check_files(tmp_path, "interrupted")


@pytest.mark.parametrize("text", [(ROOT / "README.md").read_bytes(), b"s", b"rs", b"v c"])
def test_a_flood_of_keys_leaves_the_run_alone(app: App, tmp_path: Path, text: bytes) -> None:
    """Frames go on while keys pour in, hardly a snapshot is left, and a signal ends the run."""
    app.until("the first frame", lambda: variant_of(tmp_path))
    app.until("single keys", app.is_raw)
    text *= 1 + 4096 // len(text)
    written = 0

    def frames() -> int:
        """Write more keys, and return how many frames came through."""
        nonlocal written
        with suppress(BlockingIOError):
            for _ in range(20):
                start = written % len(text)
                written += os.write(app.fd, text[start : start + 1024])
        return (tmp_path / "m" / "frames.jsonl").read_bytes().count(b"\n")

    before = frames()
    app.until("fifty frames", lambda: frames() > before + 50)
    app.until("many keys", lambda: frames() and written > 20_000)
    frames()
    os.kill(app.pid, signal.SIGTERM)
    app.until("the end", app.finished)
    assert app.code == 143
    assert len(snapshots_in(tmp_path)) <= 4
    assert len([*tmp_path.rglob("*.mp4")]) <= 3
    check_files(tmp_path, "interrupted")
    assert json.loads((tmp_path / "m" / "summary.json").read_text())["dropped_keys"] > 10_000


def test_what_is_pasted_into_a_terminal_is_ignored(app: App, tmp_path: Path) -> None:
    """The terminal is asked to mark it; a key after it counts."""
    app.until("the first frame", lambda: variant_of(tmp_path))
    app.until("the request", lambda: b"\x1b[?2004h" in app.said)
    app.until("single keys", app.is_raw)
    app.press(b"\x1b[200~q 1 2 q\nquit\x1b[201~3")
    app.until("the variant", lambda: variant_of(tmp_path) == "dynamic_range")
    app.press(b"q")
    app.until("the end", app.finished)
    assert app.code == 0
    assert b"\x1b[?2004l" in app.said
    assert not [*tmp_path.glob("snapshots/*")]


def test_keys_in_a_pipe_are_no_keys(tmp_path: Path) -> None:
    """Whatever pours into standard input, the run reads none of it."""
    done = subprocess.run(
        [sys.executable, "-m", "edge_app.cli", *COMMAND, "--headless", "synthetic:320x180",
         "--max-frames", "30"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, input=100_000 * "sq",
        capture_output=True, text=True, timeout=HANG_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    check_files(tmp_path, "complete")
    assert not [*tmp_path.glob("snapshots/*")]


FOUND = (
    START
    + """
import json, time
from pathlib import Path
from tests.support.whole_runs import HANG_S, snapshots_in
WAIT_S = HANG_S / 2  # before the test itself ends, to say what never came
folder = Path(sys.argv[1])
def wait(what, true):
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if true():
            return
        time.sleep(0.05)
    sys.exit(f"{what} never came")
def variant():
    path = folder / "m" / "frames.jsonl"
    lines = [l for l in path.read_text().splitlines() if l.endswith("}")] if path.exists() else []
    return json.loads(lines[-1])["variant"] if lines else ""
wait("a frame", variant)
names = []
def found():
    words = ["xdotool", "search", "--name", "Street"]
    names[:] = subprocess.run(words, capture_output=True, text=True).stdout.split()
    return names
def focused():  # not before the window is mapped
    if not found():
        return False
    words = ["xdotool", "windowfocus", "--sync", names[0]]
    return subprocess.run(words, capture_output=True).returncode == 0
wait("a window with the focus", focused)
"""
)
WINDOW = (
    FOUND
    + """
for key, name in zip("1234", ("float32", "float16", "dynamic_range", "int8")):
    xdotool("key", key)
    wait(name, lambda: variant() == name)
xdotool("key", "c")
xdotool("key", "s")
wait("a snapshot", lambda: snapshots_in(folder, "json"))
if sys.argv[2] == "q":
    xdotool("key", "q")
else:
    press_close_button(int(names[0]))
"""
)


def run_and_press(display: str, folder: Path, script: str, *words: str) -> None:
    """Run in a window until a script, which presses keys in another process, has ended it."""
    env = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    env |= {"DISPLAY": display, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "edge_app.cli", *COMMAND, "--loop", "synthetic:320x180"],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            presser = subprocess.run(
                [sys.executable, "-c", script, str(folder), *words],
                env=env, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False,
            )  # fmt: skip
            assert presser.returncode == 0, presser.stderr
            said, _ = run.communicate(timeout=HANG_S)
        finally:
            run.kill()
    assert run.returncode == 0, said
    check_files(folder, "interrupted")


@pytest.mark.skipif(not ctypes.util.find_library("X11"), reason="libX11 is not installed")
@pytest.mark.parametrize("way", ["q", "close button"])
def test_keys_pressed_in_a_window_reach_the_run(xvfb: str, tmp_path: Path, way: str) -> None:
    """Variants change, a snapshot is written, and both ways to quit end the run."""
    run_and_press(xvfb, tmp_path, WINDOW, way)
    [figures] = snapshots_in(tmp_path, "json")
    assert json.loads(figures.read_text("utf-8"))["variant"] == "int8"


POINTER = (
    FOUND
    + """
from PIL import ImageGrab
from edge_app.controls import Action, Controls
from edge_app.overlay.board_layout import margin_px, panel_scale
from edge_app.overlay.buttons import buttons_of, draw_buttons

def screen():
    return np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB"), np.int16)
def frames():
    path = folder / "m" / "frames.jsonl"
    return path.read_text().count("\\n") if path.exists() else 0
def goes_on():
    before = frames()
    wait("another frame", lambda: frames() > before + 2)
def line():  # the columns of the divider, the only white between its handle and the panel below
    lower = screen()[244:280].min(axis=(0, 2))
    return np.flatnonzero(lower > 235)
def tap(x, y):
    xdotool("mousemove", str(x), str(y), "mousedown", "1", "mouseup", "1")

def key(name):
    wait("the focus", focused)
    xdotool("key", name)

geometry = xdotool("getwindowgeometry", "--shell", names[0])
size = tuple(int(line.split("=")[1]) for line in geometry if line.startswith(("WIDTH", "HEIGHT")))
assert size[0] == 800 and 448 <= size[1] <= 452, size
def painted():  # without a window manager Qt may miss that its window was shown
    if screen()[:440].mean() > 60:
        return True
    time.sleep(3)
    if screen()[:440].mean() < 1:
        xdotool("windowunmap", names[0], "windowmap", names[0])
    return False
wait("an image in the window", painted)
wait("the focus", focused)
"""
)
TAPS = (
    POINTER
    + """
tap(50, 45)
wait("the next variant", lambda: variant() == "float32")
xdotool("key", "c")
wait("a divider", lambda: abs(line().mean() - 400) < 4 if line().size else False)
xdotool("mousemove", "400", "280", "mousedown", "1")
for x in range(390, 199, -10):
    xdotool("mousemove", str(x), "280")
wait("the divider", lambda: abs(line().mean() - 200) < 4 if line().size else False)
xdotool("mouseup", "1", "mousemove", "700", "100")
tap(600, 200)
shown = status(variants=("float32", "float16", "dynamic_range", "int8"))
scale, margin = panel_scale(size), margin_px(size)
panel, boxes = draw_buttons(buttons_of(shown, Controls()), scale, size[0] - 2 * margin)
left, top = (size[0] - panel.size_wh[0]) // 2, size[1] - margin - panel.size_wh[1]
def press(wanted):
    [box] = [box for box, action in boxes if action is wanted]
    tap(left + (box[0] + box[2]) // 2, top + (box[1] + box[3]) // 2)
def blue():  # of float16's button, which is there after the first tap
    [(left_, _, right_, bottom)] = [box for box, action in boxes if action is Action.FLOAT16]
    red, green, blue = screen()[top + bottom - 8, left + (left_ + right_) // 2]
    return red < 120 and green > 150 and blue > 200
wait("the buttons", blue)
press(Action.FLOAT16)
wait("its variant", lambda: variant() == "float16")
press(Action.SNAPSHOT)
wait("a snapshot", lambda: snapshots_in(folder, "json"))
press(Action.QUIT)
"""
)
ESC = (
    POINTER
    + """
bright = screen()[:440].mean()
xdotool("key", "h")
wait("the help", lambda: screen()[:440].mean() < 0.6 * bright)
key("f")
goes_on()
key("Escape")
wait("the help to close", lambda: screen()[:440].mean() > 0.8 * bright)
goes_on()
key("Escape")
goes_on()
def ended():  # a window that changes its shape may lose its focus, and then a key
    if found():
        subprocess.run(["xdotool", "windowfocus", names[0], "key", "Escape"], capture_output=True)
        time.sleep(1)
    return not found()
wait("the end", ended)
"""
)


@pytest.mark.skipif(not ctypes.util.find_library("X11"), reason="libX11 is not installed")
@pytest.mark.parametrize("script", [TAPS, ESC], ids=["mouse", "esc"])
def test_a_small_display_is_used_by_mouse_and_esc(tmp_path: Path, script: str) -> None:
    """On 800x480: a tap on a chip, a drag of the divider, buttons; Esc ends what is open first."""
    with virtual_display((800, 480)) as display:
        run_and_press(display, tmp_path, script)
    with av.open(str(tmp_path / "kept.mp4")) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height) == (854, 480)  # not that of the window

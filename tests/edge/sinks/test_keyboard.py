"""The terminal's keys are those of the window, and its settings are restored."""

from __future__ import annotations

import os
import pty
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge_app.sinks.keyboard import Keyboard, KeyDecoder

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_bytes()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"q", ["q"]),
        (b"Q1+ .?", ["q", "1", "+", "space", ".", "?"]),
        (b"\x1b[D\x1b[C", ["left", "right"]),
        (b"\x1bOD\x1bOC", ["left", "right"]),
        (b"\x1b[A\x1b[B", []),
        (b"\x1b[1;5D", []),
        (b"\x1b[3~v", ["v"]),
        (b"\x1bx", []),
        (b"\x1b\x1b[D", ["esc", "left"]),
        ("é€v".encode(), ["v"]),
        (b"\r\n\t\x7f\x00", []),
        (b"\x1b[" + b"\x31" * 29 + b"~q", ["q"]),
    ],
)
def test_bytes_become_names(data: bytes, names: list[str]) -> None:
    """Arrows in both modes are known; other sequences are dropped whole, not cut into keys."""
    assert KeyDecoder().feed(data, 0.0) == names


def test_an_arrow_cut_by_the_network_is_still_an_arrow() -> None:
    """Its bytes may come one by one."""
    decoder = KeyDecoder()
    said = [decoder.feed(bytes([byte]), 0.01 * i) for i, byte in enumerate(b"\x1b[D")]
    assert said == [[], [], ["left"]]


def test_escape_alone_is_known_after_a_wait() -> None:
    """Only time tells it from the start of an arrow."""
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b", 1.0) == []
    assert decoder.feed(b"", 1.02) == []
    assert decoder.feed(b"", 1.06) == ["esc"]
    assert decoder.feed(b"v", 1.07) == ["v"]


def in_pieces(data: bytes, length: int) -> list[str]:
    """Feed bytes to a decoder in pieces, 10 ms from one to the next; return all keys."""
    decoder, names = KeyDecoder(), list[str]()
    for i in range(0, len(data), length):
        names += decoder.feed(data[i : i + length], 0.01 * i / length)
    return names


PASTE = b"\x1b[200~" + 40 * b"quit s r q\n\x1b[D " + b"\x1b[201~"


@pytest.mark.parametrize("length", [1, 2, 5, 7, 64, 4096])
def test_what_is_pasted_is_ignored(length: int) -> None:
    """As a whole, however it is cut; the keys around it count."""
    assert in_pieces(b"v" + PASTE + b"\x1b[C" + PASTE + b"l", length) == ["v", "right", "l"]


def test_a_paste_without_an_end_makes_no_key_dead() -> None:
    """A second later keys count again."""
    decoder = KeyDecoder()
    assert decoder.feed(b"v\x1b[200~qqqq", 1.0) == ["v"]
    assert decoder.feed(b"q", 1.9) == []
    assert decoder.feed(b"", 3.0) == []
    assert decoder.feed(b"l", 3.1) == ["l"]


def test_more_than_keys_give_is_dropped_without_decoding() -> None:
    """It is counted; the beginning of a paste at its end is still seen."""
    decoder = KeyDecoder()
    assert decoder.feed(4094 * b"q" + b"\x1b[", 1.0) == []
    assert decoder.dropped == 4094
    assert decoder.feed(b"200~qqq\x1b[201~l", 1.01) == ["l"]


@pytest.mark.parametrize("written", [README, 4000 * b"q", 90 * b"sr "])
def test_a_burst_is_dropped(written: bytes) -> None:
    """Text that is pasted into a terminal that marks no paste: no key, a count, and no wait."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    with Keyboard(slave) as keyboard:
        keyboard._in_foreground = lambda: True  # type: ignore[method-assign]
        tty.setcbreak(slave)
        begun, keys, polls = 0, list[str](), 0
        while begun < len(written) or polls < 3:
            with suppress(BlockingIOError):
                begun += os.write(master, written[begun : begun + 2000])
            keys += keyboard.keys()
            polls = 0 if begun < len(written) else polls + 1
        assert keys == []
        assert keyboard.dropped_keys > 0.4 * len(written)  # line ends are no keys, in decoded ones
        time.sleep(0.25)
        os.write(master, b"v")
        while not keys:
            keys += keyboard.keys()
        assert keys == ["v"]
    os.close(master)
    os.close(slave)


def test_without_a_terminal_there_are_no_keys() -> None:
    """A pipe is not touched."""
    reading, writing = os.pipe()
    with Keyboard(reading) as keyboard:
        os.write(writing, b"q")
        assert not keyboard.usable
        assert keyboard.keys() == []
    os.close(reading)
    os.close(writing)


CHILD = """
import os, sys, time
from edge_app.sinks.keyboard import Keyboard
keyboard = Keyboard()
print("ready", keyboard.keys(), flush=True)
while True:
    for key in keyboard.keys():
        if key == "e":
            raise RuntimeError("broken")
        print("key", key, flush=True)
        if key == "q":
            keyboard.close()
            keyboard.close()
            sys.exit()
    time.sleep(0.005)
"""


class ChildTerminal:
    """Run a child with a terminal of its own, as a shell would in its foreground."""

    def __init__(self, *code: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, "-c", *(code or (CHILD,))])  # noqa: S606 - no shell is wanted
        self.said = b""
        self.code: int | None = None

    def until(self, text: bytes) -> None:
        """Wait until the child has said something more."""
        start = len(self.said)
        while text not in self.said[start:]:
            self.said += os.read(self.fd, 1024)

    def settings(self) -> list[object]:
        """Return the terminal's settings."""
        return termios.tcgetattr(self.fd)

    def is_raw(self) -> bool:
        """Return whether the terminal gives single keys."""
        return not int(termios.tcgetattr(self.fd)[3]) & (termios.ICANON | termios.ECHO)

    def until_raw(self) -> None:
        """Wait until the child has taken the terminal."""
        while not self.is_raw():
            time.sleep(0.005)

    def kill(self) -> None:
        """End the child and what it has begun."""
        if self.code is None:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def end(self) -> int:
        """Wait for the child's end."""
        with suppress(OSError):  # Linux says EIO once the child is gone
            while more := os.read(self.fd, 1024):
                self.said += more
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code


@pytest.fixture
def terminal() -> Iterator[ChildTerminal]:
    """Yield a child in a terminal, and end it whatever happens."""
    made = ChildTerminal()
    yield made
    made.kill()


def test_keys_are_read_and_the_terminal_is_restored(terminal: ChildTerminal) -> None:
    """Keys arrive without Enter and without an echo; closing twice restores once."""
    before = terminal.settings()
    terminal.until(b"ready")
    assert terminal.is_raw()
    for sent, name in ((b"v", b"v"), (b"\x1b[D", b"left"), (b" ", b"space"), (b"q", b"q")):
        os.write(terminal.fd, sent)
        terminal.until(b"key " + name)
    assert terminal.end() == 0
    assert terminal.settings() == before
    assert b"[D" not in terminal.said


def test_the_terminal_is_restored_after_an_exception(terminal: ChildTerminal) -> None:
    """An exception that ends the program leaves no raw terminal."""
    before = terminal.settings()
    terminal.until(b"ready")
    os.write(terminal.fd, b"e")
    assert terminal.end() == 1
    assert b"broken" in terminal.said
    assert terminal.settings() == before


def test_an_ignored_ctrl_z_stays_ignored() -> None:
    """A program that was started so cannot be stopped, and is not afterwards either."""
    ours, theirs = pty.openpty()
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with Keyboard(theirs) as keyboard:
            assert keyboard.usable
            assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, before)
        os.close(ours)
        os.close(theirs)


SHELL = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
before = __import__("termios").tcgetattr(0)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], process_group=0)
os.tcsetpgrp(0, child.pid)
raw = lambda: __import__("termios").tcgetattr(0) != before
for _ in range(2):
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    print("stopped", os.WIFSTOPPED(status), "raw", raw(), flush=True)
    os.tcsetpgrp(0, child.pid)
    os.kill(child.pid, signal.SIGCONT)
_, status = os.waitpid(child.pid, 0)
print("ended", os.waitstatus_to_exitcode(status), "raw", raw(), flush=True)
"""


def test_a_stopped_program_gives_the_terminal_back() -> None:
    """Ctrl-Z leaves a working shell, and after fg the keys are read again; also twice."""
    terminal = ChildTerminal(SHELL, CHILD)
    try:
        terminal.until(b"ready")
        for _ in range(2):
            os.write(terminal.fd, b"\x1a")
            terminal.until(b"stopped True raw False")
            terminal.until_raw()
            os.write(terminal.fd, b"v")
            terminal.until(b"key v")
        os.write(terminal.fd, b"q")
        terminal.until(b"ended 0 raw False")
    finally:
        terminal.kill()


def test_a_program_in_the_background_is_not_stopped_by_reading() -> None:
    """`edge-app run ... &` reads no keys and continues."""
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], process_group=0)
print("code", child.wait(), flush=True)
"""
    listening = """
from edge_app.sinks.keyboard import Keyboard
with Keyboard() as keyboard:
    print(keyboard.usable, [keyboard.keys() for _ in range(3)])
"""
    terminal = ChildTerminal(code, listening)
    try:
        terminal.until(b"code 0")
        assert b"True [[], [], []]" in terminal.said
    finally:
        terminal.kill()

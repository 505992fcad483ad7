"""Native messages are captured while a model loads, and nothing else is."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge_app.model.interpreter.native_log import capture_native_stderr, silenced_native_stderr

ROOT = Path(__file__).resolve().parents[4]


def test_native_lines_are_captured(capfd: pytest.CaptureFixture[str]) -> None:
    """What native code writes is in the list, without empty lines."""
    with capture_native_stderr() as lines:
        os.write(2, b"INFO: one\n\n  two \xff\n")
        assert lines == []
    assert lines == ["INFO: one", "two \N{REPLACEMENT CHARACTER}"]
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_silence_is_silent_and_ends(capfd: pytest.CaptureFixture[str]) -> None:
    """What is written inside is dropped, what comes after is not."""
    with silenced_native_stderr(), silenced_native_stderr():
        os.write(2, b"noise\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_the_stream_is_restored_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception propagates, and the lines before it are kept."""
    kept = []

    def fail() -> None:
        with capture_native_stderr() as lines:
            kept.append(lines)
            os.write(2, b"reason\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    os.write(2, b"after\n")
    assert kept == [["reason"]]
    assert capfd.readouterr().err == "after\n"


def test_no_descriptor_is_left_open() -> None:
    """Many loads do not run out of files."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with capture_native_stderr():
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_service_without_an_error_stream_works() -> None:
    """If descriptor 2 is closed, nothing is captured and nothing fails."""
    code = (
        "import os, sys; os.close(2)\n"
        "from edge_app.model.interpreter.native_log import capture_native_stderr\n"
        "with capture_native_stderr() as lines: pass\n"
        "sys.stdout.write(repr(lines))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]"


def test_silence_and_capture_do_not_mix_up_the_stream(capfd: pytest.CaptureFixture[str]) -> None:
    """Threads that decode images and one that loads a model leave the stream as it was."""
    stop = threading.Event()

    def decode() -> None:
        while not stop.is_set():
            with silenced_native_stderr():
                os.write(2, b"noise\n")

    threads = [threading.Thread(target=decode) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        with capture_native_stderr():
            os.write(2, b"captured\n")
    stop.set()
    for thread in threads:
        thread.join()
    os.write(2, b"after\n")
    # What is written between the end of a capture and that of a silence in it is shown.
    written = capfd.readouterr().err
    assert written.endswith("after\n")
    assert "captured" not in written


def test_captures_of_two_threads_overlap(capfd: pytest.CaptureFixture[str]) -> None:
    """The one that ends last brings back the stream, not the other's file, and keeps its lines."""
    first_began, second_began, first_ended = (threading.Event() for _ in range(3))
    found: dict[str, list[str]] = {}

    def first() -> None:
        with capture_native_stderr() as lines:
            os.write(2, b"first\n")
            first_began.set()
            second_began.wait(10)
        found["first"] = lines
        first_ended.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert first_began.wait(10)
    with capture_native_stderr() as lines:
        os.write(2, b"both\n")
        second_began.set()
        assert first_ended.wait(10)
        os.write(2, b"second\n")
    thread.join()
    os.write(2, b"after\n")
    assert found["first"] == ["first", "both"]
    assert lines == ["both", "second"]
    assert capfd.readouterr().err == "after\n"


def test_a_capture_in_another_leaves_it_its_lines(capfd: pytest.CaptureFixture[str]) -> None:
    """The outer one explains an error of all that was done in it."""
    with capture_native_stderr() as outer:
        os.write(2, b"one\n")
        with capture_native_stderr() as inner:
            os.write(2, b"two\n")
        os.write(2, b"three\n")
    assert inner == ["two"]
    assert outer == ["one", "two", "three"]
    assert capfd.readouterr().err == ""

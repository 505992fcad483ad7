"""What counts as a fault of an attempt."""

import faulthandler
import os
import signal
import sys
import time

import pytest

from tests.fuzz.trial import Limits, attempt

_QUICK = Limits(seconds=1.0, memory_mb=2_000)


def _write(text: str, code: int) -> int:
    sys.stderr.write(text)
    return code


def _crash() -> int:
    faulthandler.disable()  # pytest's own; it would print the stack into the run's output
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def _sleep() -> int:
    time.sleep(60)
    return 0


def _fail() -> int:
    raise ValueError("wrong")


@pytest.mark.parametrize(
    ("work", "verdict"),
    [
        (lambda: 0, "run"),
        (lambda: _write("edge-app: a problem; a fix\n", 1), "clean"),
        (lambda: _write("one\ntwo\n", 1), "text"),
        (lambda: _write("edge-app: a \x1b[2J; a fix\n", 1), "text"),
        (lambda: _write("x" * 3_000, 1), "text"),
        (lambda: _write("", 1), "text"),
        (_fail, "traceback"),
        (_crash, "crash"),
        (_sleep, "timeout"),
        (lambda: len(bytearray(2_500_000_000)) * 0, "memory"),
    ],
)
def test_a_fault_is_seen(work: object, verdict: str) -> None:
    """Each kind of fault has its verdict, so that no campaign is clean for nothing."""
    assert callable(work)
    assert attempt(work, _QUICK if verdict != "memory" else Limits(60, 2_000)).verdict == verdict

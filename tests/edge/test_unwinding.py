"""Signals unwind what they would end on the spot."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack

import pytest

from edge_app.unwinding import ENDING, not_ignored, unwound


def _raise_twice(number: int) -> None:
    """Raise a signal that ends a block, and one that does not disturb its cleaning."""
    with unwound(), ExitStack() as stack:
        for _ in range(2):
            stack.callback(signal.raise_signal, number)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_unwinds_the_block(name: str) -> None:
    """With the exit code of a shell; after that the signal ends the process again."""
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as end:
            _raise_twice(number)
        assert end.value.code == 128 + number
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_what_handles_or_ignores_a_signal_stays() -> None:
    """`nohup` ignores SIGHUP, and a run catches both."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with unwound():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", ENDING)
def test_what_was_ignored_is_not_to_be_handled(number: signal.Signals) -> None:
    """Except SIGTERM, which always ends a program."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        expected = [one for one in ENDING if one != number or one == signal.SIGTERM]
        assert not_ignored() == expected
    finally:
        signal.signal(number, before)


def test_other_threads_change_no_handler() -> None:
    """Python allows it to the main thread alone."""
    done: list[bool] = []

    def work() -> None:
        with unwound():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done

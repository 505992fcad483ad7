"""The first signal stops a run after the current frame, the second one at once."""

from __future__ import annotations

import signal
import threading

import pytest

from edge_app.session.signals import Signals
from tests.support.clock import Clock


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_stop_and_a_second_one_interrupts(number: signal.Signals) -> None:
    """The handlers from before are restored after that."""
    before = signal.getsignal(number)
    stop, clock = threading.Event(), Clock()
    signals = Signals(stop, clock)
    with signals.caught():
        assert signals.number is None
        signal.raise_signal(number)
        assert stop.is_set()
        assert signals.number == number
        clock.now_s += 0.6
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # it is ending now
    assert signal.getsignal(number) == before
    assert signals.number == number


def test_an_impatient_finger_means_one_wish() -> None:
    """Two or three signals within half a second let the current frame end; four do not."""
    signals = Signals(threading.Event(), Clock())
    with signals.caught():
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_ends_a_run_is_not_interrupted() -> None:
    """Its results are being written; a disk that hangs holds nobody for ever."""
    clock = Clock()
    signals = Signals(threading.Event(), clock)
    with signals.caught():
        signal.raise_signal(signal.SIGINT)
        signals.end()
        for _ in range(2):
            clock.now_s += 5
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

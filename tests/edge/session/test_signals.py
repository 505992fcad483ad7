"""The first signal stops a run after the current frame, the second one at once."""

from __future__ import annotations

import signal
import threading

import pytest

from edge_app.session.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_stop_and_a_second_one_interrupts(number: signal.Signals) -> None:
    """The handlers from before are restored after that."""
    before = signal.getsignal(number)
    stop = threading.Event()
    signals = Signals(stop)
    with signals.caught():
        assert signals.number is None
        signal.raise_signal(number)
        assert stop.is_set()
        assert signals.number == number
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) == before

"""Implausible rates are ignored, and broken time stamps are corrected."""

from fractions import Fraction
from itertools import pairwise

import pytest

from edge_app.sources.clock import FrameClock, plausible_count, plausible_rate

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("rate_hz", [None, 0, -25, NAN, INF, -INF, 1001, 90000, Fraction(0)])
def test_absurd_rates_are_unknown(rate_hz: float | None) -> None:
    """A rate that no camera has is None; the next candidate is used instead."""
    assert plausible_rate(rate_hz) is None
    assert plausible_rate(rate_hz, Fraction(30000, 1001)) == pytest.approx(29.97, abs=0.001)


@pytest.mark.parametrize(
    ("count", "expected"), [(None, None), (0, None), (-1, None), (2**40, None), (38, 38)]
)
def test_absurd_counts_are_unknown(count: int | None, expected: int | None) -> None:
    """A number of frames that no file has is None."""
    assert plausible_count(count) == expected


# What the file says at 10 Hz, and what the frames get, in seconds.
CLOCKS = {
    "sound": ([0, 0.1, 0.2], [0, 0.1, 0.2]),
    "from its first frame": ([7.5, 7.6, 7.9], [0, 0.1, 0.4]),
    "variable": ([0, 0.04, 0.5, 0.54], [0, 0.04, 0.5, 0.54]),
    "slow time lapse": ([0, 30, 60], [0, 30, 60]),
    "none": ([None, None, None], [0, 0.1, 0.2]),
    "holes": ([0, None, 0.2, None], [0, 0.1, 0.2, 0.3]),
    "not a number": ([NAN, 0.1, NAN, INF, 0.4], [0, 0.1, 0.2, 0.3, 0.4]),
    "standing still": ([0, 0, 0, 0.25], [0, 0.1, 0.2, 0.25]),
    "going back": ([0, 0.1, 0.05, 0.3], [0, 0.1, 0.2, 0.3]),
    "starting again": ([0, 90, 180, 0, 90], [0, 0.1, 0.2, 0.3, 0.4]),
    "one leap and back": ([0, 0.1, 5e6, 0.3, 0.4], [0, 0.1, 0.2, 0.3, 0.4]),
    "a leap for good": ([0, 0.1, 5e6, 5e6 + 0.1], [0, 0.1, 0.2, 0.3]),
}


@pytest.mark.parametrize("kind", CLOCKS)
def test_stamps_are_corrected(kind: str) -> None:
    """Good stamps are kept; bad ones follow their predecessor by the nominal interval."""
    stamps, expected = CLOCKS[kind]
    clock = FrameClock(10)
    times = [clock.stamp(stamp) for stamp in stamps]  # type: ignore[attr-defined]
    assert times == pytest.approx(expected, abs=1e-6)
    assert all(late > early for early, late in pairwise(times))

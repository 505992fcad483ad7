"""Latencies and rates are right, in bounded memory."""

import math
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest

from edge_app.timing import STAGES, Latency, Rate, Timings, TimingsLog, percentile


@pytest.mark.parametrize("n", [1, 2, 3, 10, 101, 1000])
def test_percentiles_equal_numpys(n: int) -> None:
    """Any number of durations gives numpy's percentiles, mean and maximum."""
    durations = np.random.default_rng(n).lognormal(size=n)
    ordered = sorted(durations.tolist())
    for percent in (0, 1, 50, 90, 95, 99, 100):
        assert percentile(ordered, percent) == pytest.approx(np.percentile(durations, percent))
    latency = Latency.of(durations.tolist())
    assert latency is not None
    assert latency.n == n
    assert latency.mean_ms == pytest.approx(durations.mean())
    assert latency.p50_ms == pytest.approx(np.median(durations))
    assert latency.max_ms == durations.max()


def test_no_durations_give_no_latency() -> None:
    """A stage that never ran is left out, not zero."""
    assert Latency.of([]) is None
    assert TimingsLog().latencies() == {}


def test_every_stage_is_a_field_of_the_timings() -> None:
    """Stages and fields have the same names in the same order."""
    assert Timings._fields == tuple(f"{stage}_ms" for stage in STAGES)


@pytest.mark.parametrize(
    ("stamps_s", "hz"),
    [
        ([], None),
        ([5.0], None),
        ([5.0, 5.0], None),
        ([5.0, 4.0], None),
        ([0.0, 0.5], 2.0),
        ([10.0, 10.1, 10.2, 10.3], 10.0),
        ([0.0, 0.9, 1.0], 2.0),
    ],
)
def test_a_rate_counts_intervals(stamps_s: list[float], hz: float | None) -> None:
    """Two stamps half a second apart are 2 per second, not 4."""
    rate = Rate(window_s=60)
    for stamp_s in stamps_s:
        rate.tick(stamp_s)
    assert rate.overall_hz == rate.recent_hz
    assert rate.overall_hz == (None if hz is None else pytest.approx(hz))


def test_the_recent_rate_forgets_and_the_overall_one_does_not() -> None:
    """After a slow hour the display has the last seconds, the record the whole run."""
    rate = Rate(window_s=2.0)
    for second in range(3600):
        rate.tick(float(second))
    for step in range(1, 101):
        rate.tick(3599 + step / 50)
    assert rate.recent_hz == pytest.approx(50)
    assert rate.overall_hz == pytest.approx(3699 / 3601)


def test_a_rate_below_the_window_still_shows() -> None:
    """One frame in twenty seconds is 0.05 per second, not unknown."""
    rate = Rate(window_s=2.0)
    for stamp_s in (0.0, 20.0, 40.0):
        rate.tick(stamp_s)
    assert rate.recent_hz == pytest.approx(0.05)


def test_the_log_is_exact_up_to_its_bound() -> None:
    """Up to its bound every frame counts."""
    log = TimingsLog(keep=100)
    for number in range(100):
        log.add(Timings(invoke_ms=float(number)))
    assert [timings.invoke_ms for timings in log.kept] == list(range(100))
    assert log.latencies()["invoke"] == Latency.of(range(100))


def test_the_log_is_a_fair_sample_above_its_bound() -> None:
    """All frames are counted, and early and late ones are kept with the same probability."""
    log = TimingsLog(keep=1000)
    for number in range(50_000):
        log.add(Timings(invoke_ms=float(number)))
    assert log.n == 50_000
    assert len(log.kept) == 1000
    assert len({timings.invoke_ms for timings in log.kept}) == 1000
    latency = log.latencies()["invoke"]
    assert latency.n == 50_000
    # The mean of 1000 even draws strays by 50000/sqrt(12*1000) = 456 at one sigma.
    assert math.isclose(latency.mean_ms, 25_000, abs_tol=5 * 456)


def test_the_log_keeps_every_stage_of_a_frame_together() -> None:
    """The stages of a frame stay together when a later frame replaces an earlier one."""
    log = TimingsLog(keep=50)
    added = [Timings(*(float(10 * number + stage) for stage in range(6))) for number in range(500)]
    for number, timings in enumerate(added, start=1):
        log.add(timings)
        if number == 50:
            assert log.kept == added[:50]
    kept = log.kept
    assert len(kept) == 50
    assert set(kept) <= set(added)
    assert any(timings.capture_ms >= 500 for timings in kept)


def test_the_log_stores_doubles() -> None:
    """A full log takes 48 bytes per frame; tuples of floats took about 250."""
    log = TimingsLog(keep=20_000)
    tracemalloc.start()
    try:
        for number in range(30_000):
            log.add(Timings(number + 0.1, number + 0.2, number + 0.3, 0.4, 0.5, number + 0.6))
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used_bytes < 20_000 * 48 * 1.3


def test_events_that_end_together_count_as_many() -> None:
    """A group is one stamp with several events; the first group only starts the interval."""
    rate = Rate(window_s=10)
    for moment_s in (1.0, 2.0, 3.0):
        rate.tick(moment_s, 32)
    assert rate.recent_hz == 32
    assert rate.overall_hz == 32


def test_a_rate_can_be_read_while_another_thread_adds_events() -> None:
    """A camera's thread adds its images while main draws the rate."""
    rate, ended = Rate(), threading.Event()

    def tick() -> None:
        now_s = 0.0
        while not ended.is_set():
            now_s += 0.01
            rate.tick(now_s)

    ticking = threading.Thread(target=tick)
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        ticking.start()
        while rate.recent_hz is None:  # on a busy machine the thread may not have started yet
            time.sleep(0.001)
        rates = [rate.recent_hz for _ in range(3000)]
    finally:
        ended.set()
        ticking.join()
        sys.setswitchinterval(interval_s)
    assert rates[-1] == pytest.approx(100)

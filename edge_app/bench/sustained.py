"""A run of a network for minutes without a pause: its speed on a warm board."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from edge_app.bench.cases import OnPhase, WorkerRequest
from edge_app.bench.trial import invoke_ms, load_case
from edge_app.board import board
from edge_app.results.bench_result import Sustained
from edge_app.timing import Latency

_MINUTE_S = 60.0


def measure_sustained(
    request: WorkerRequest, stop: threading.Event, on_phase: OnPhase
) -> Sustained | None:
    """Run the network until the time is over or a stop; None if that was too short."""
    wanted_s = request.budget.sustained_s or 0.0
    window_s = min(_MINUTE_S, wanted_s / 4)
    engine = load_case(request)
    invoke_ms(engine)
    runs: list[tuple[float, float]] = []
    temperatures: list[float] = []
    clocks: list[float] = []
    began_s = time.monotonic()
    window = -1
    while (now_s := time.monotonic() - began_s) < wanted_s and not stop.is_set():
        if int(now_s / window_s) > window:
            window = int(now_s / window_s)
            on_phase(f"sustained, {now_s:.0f} of {wanted_s:.0f} s")
            state = board()
            for name, kept in (("temperature_c", temperatures), ("clock_mhz", clocks)):
                if isinstance(state[name], int | float):
                    kept.append(float(state[name]))
        runs.append((now_s, invoke_ms(engine)))
    return summarise(runs, window_s, tuple(temperatures), tuple(clocks))


def summarise(
    runs: Sequence[tuple[float, float]],
    window_s: float,
    temperatures_c: tuple[float, ...] = (),
    clocks_mhz: tuple[float, ...] = (),
) -> Sustained | None:
    """Return the first and last window of runs; None if there are not two.

    runs: (moment in s, duration in ms) of each.
    """
    if not runs:
        return None
    end_s = runs[-1][0]
    first = Latency.of(ms for at_s, ms in runs if at_s < window_s)
    last = Latency.of(ms for at_s, ms in runs if at_s >= end_s - window_s)
    if first is None or last is None or end_s < 2 * window_s:
        return None
    ratio = last.p50_ms / first.p50_ms
    return Sustained(
        seconds=end_s,
        window_s=window_s,
        first=first,
        last=last,
        ratio=ratio,
        temperatures_c=temperatures_c,
        clocks_mhz=clocks_mhz,
    )

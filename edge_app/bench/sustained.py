"""Run a network for minutes without a pause: what it keeps up once the board is warm."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from edge_app.bench.cases import WorkerRequest
from edge_app.bench.trial import Tell, invoke_ms, load_case
from edge_app.board import board
from edge_app.timing import Latency

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Sustained:
    """Hold the first and the last minute (or quarter, of less than four) of a long run.

    seconds: how long it ran. ratio: last median over first; above 1 it became slower.
    temperatures_c: about one a window; clocks_mhz: beside them; empty where unknown.
    """

    seconds: float
    window_s: float
    first: Latency
    last: Latency
    ratio: float
    temperatures_c: tuple[float, ...] = ()
    clocks_mhz: tuple[float, ...] = ()


def measure_sustained(ask: WorkerRequest, stop: threading.Event, tell: Tell) -> Sustained | None:
    """Run the bare network until the time is over or a stop; None where that was too short."""
    wanted_s = ask.effort.sustained_s or 0.0
    window_s = min(_MINUTE_S, wanted_s / 4)
    engine, _ = load_case(ask)
    invoke_ms(engine)
    runs: list[tuple[float, float]] = []
    temperatures: list[float] = []
    clocks: list[float] = []
    began_s = time.monotonic()
    looked = -1
    while (now_s := time.monotonic() - began_s) < wanted_s and not stop.is_set():
        if int(now_s / window_s) > looked:
            looked = int(now_s / window_s)
            tell(f"sustained, {now_s:.0f} of {wanted_s:.0f} s")
            state = board()
            for name, kept in (("temperature_c", temperatures), ("clock_mhz", clocks)):
                if isinstance(state[name], int | float):
                    kept.append(float(state[name]))
        runs.append((now_s, invoke_ms(engine)))
    return summarise(runs, window_s, tuple(temperatures), tuple(clocks))


def summarise(
    runs: list[tuple[float, float]],
    window_s: float,
    temperatures_c: tuple[float, ...] = (),
    clocks_mhz: tuple[float, ...] = (),
) -> Sustained | None:
    """Reduce (moment in s, duration in ms) of each run; None where a window holds nothing."""
    if not runs:
        return None
    end_s = runs[-1][0]
    first = Latency.of(ms for at_s, ms in runs if at_s < window_s)
    last = Latency.of(ms for at_s, ms in runs if at_s >= end_s - window_s)
    if first is None or last is None or end_s < 2 * window_s:
        return None
    ratio = last.p50_ms / first.p50_ms
    return Sustained(end_s, window_s, first, last, ratio, temperatures_c, clocks_mhz)

"""Time variants against each other in one run, since a machine's pace drifts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from edge_app.frame import Image
from edge_app.model.engine import Engine
from edge_app.model.interpreter.network import Network

# How long all rounds together may take, and how many there are at least and at most.
_BUDGET_S = 6.0
_FEWEST, _MOST = 3, 40


def time_interleaved(engines: Sequence[Engine], image: Image) -> list[float]:
    """Return the median time of each engine's bare invoke, in ms, run by turns.

    image: uint8 (H, W, 3) BGR, written once; each engine first runs once unmeasured.
    """
    for engine in engines:
        engine.network.write(engine.preprocess.fill, image)
    first_s = sum(_invoke_ms(engine.network) for engine in engines) / 1e3
    rounds = max(_FEWEST, min(_MOST, int(_BUDGET_S / max(first_s, 1e-6))))
    times: list[list[float]] = [[] for _ in engines]
    for turn in range(rounds):
        order = list(range(len(engines)))
        for place in order[turn % len(order) :] + order[: turn % len(order)]:
            times[place].append(_invoke_ms(engines[place].network))
    return [median(series) for series in times]


def _invoke_ms(network: Network) -> float:
    start = time.perf_counter()
    network.invoke()
    return (time.perf_counter() - start) * 1e3

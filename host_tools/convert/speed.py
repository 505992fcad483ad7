"""Times of several engines in one run, in turn, since a machine's speed drifts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from edge_app.frame import Image
from edge_app.model.engine import Engine
from edge_app.model.interpreter.network import Network

# Time limit of all rounds together, and limits of their number.
_BUDGET_S = 6.0
_FEWEST, _MOST = 3, 40


def time_interleaved(engines: Sequence[Engine], image: Image) -> list[float]:
    """Return the median time of each engine's invoke in ms, measured in turn.

    image: uint8 (H, W, 3) BGR, written once; the first invoke of each engine does not count.
    """
    for engine in engines:
        engine.network.write(engine.preprocess.fill, image)
    first_s = sum(_invoke_ms(engine.network) for engine in engines) / 1e3
    rounds = max(_FEWEST, min(_MOST, int(_BUDGET_S / max(first_s, 1e-6))))
    times_ms: list[list[float]] = [[] for _ in engines]
    for number in range(rounds):
        start = number % len(engines)  # another engine begins each round
        for place in [*range(start, len(engines)), *range(start)]:
            times_ms[place].append(_invoke_ms(engines[place].network))
    return [median(series) for series in times_ms]


def _invoke_ms(network: Network) -> float:
    start = time.perf_counter()
    network.invoke()
    return (time.perf_counter() - start) * 1e3

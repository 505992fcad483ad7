"""Draw pictures by the shares of their kinds, and make the batches ahead of their use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from host_tools.train.street.augment import Example, make_example
from host_tools.train.street.frames import Sample

# One core computes examples while the other waits for memory; more would hold up the training.
_THREADS = 2
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class WeightedSet:
    """Hold pictures of one kind, and how often one of them is drawn."""

    studies: Sequence[Sample]
    share: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold the examples of one step.

    pictures: uint8 (N, H, W, 3) RGB. labels: uint8 (N, H/2, W/2).
    soft: uint8 (N, H/4, W/4, 19) in 255ths.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    soft: NDArray[np.uint8]


@contextmanager
def drawn_batches(
    shelves: Sequence[WeightedSet], size_wh: tuple[int, int], batch: int, seed: int, first: int = 0
) -> Iterator[Iterator[Batch]]:
    """Give batches without end, from step `first` on; a step's depends on seed and step alone."""
    pool = ThreadPoolExecutor(_THREADS)

    def ask(step: int) -> list[Future[Example]]:
        return [
            pool.submit(draw_example, shelves, size_wh, (seed, step, place))
            for place in range(batch)
        ]

    def batches() -> Iterator[Batch]:
        waiting = [ask(first + ahead) for ahead in range(_AHEAD)]
        step = first + _AHEAD
        while True:
            examples = [future.result() for future in waiting.pop(0)]
            waiting.append(ask(step))
            step += 1
            yield Batch(
                np.stack([example.picture for example in examples]),
                np.stack([example.labels for example in examples]),
                np.stack([example.soft for example in examples]),
            )

    try:
        yield batches()
    finally:
        pool.shutdown(cancel_futures=True)


def draw_example(
    shelves: Sequence[WeightedSet], size_wh: tuple[int, int], key: tuple[int, int, int]
) -> Example:
    """Return the example that a seed, a step and a place in its batch stand for."""
    random = np.random.default_rng(key)
    shares = np.array([shelf.share for shelf in shelves])
    shelf = shelves[int(random.choice(len(shelves), p=shares / shares.sum()))]
    return make_example(shelf.studies[int(random.integers(len(shelf.studies)))], size_wh, random)

"""Batches of random training samples, prepared ahead of their use."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from host_tools.train.street.augment import ZOOM, Example, make_example
from host_tools.train.street.frames import Sample

# One core computes examples while the other waits for memory; more threads slow the training.
_THREADS = 2
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class WeightedSet:
    """Samples of one kind, and the relative frequency with which they are drawn."""

    samples: Sequence[Sample]
    weight: float


@dataclass(frozen=True, slots=True)
class Batch:
    """The examples of one step.

    images: uint8 (N, H, W, 3) RGB. labels: uint8 (N, H/2, W/2).
    soft: uint8 (N, H/4, W/4, 19) in 255ths.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    soft: NDArray[np.uint8]


@contextmanager
def drawn_batches(
    sets: Sequence[WeightedSet],
    size_wh: tuple[int, int],
    batch: int,
    seed: int,
    first: int = 0,
    zoom: tuple[float, float] = ZOOM,
) -> Iterator[Iterator[Batch]]:
    """Yield endless batches from step `first` on, each of which depends on seed and step only.

    zoom: range of the scale of the crops.
    """
    pool = ThreadPoolExecutor(_THREADS)

    def request(step: int) -> list[Future[Example]]:
        return [
            pool.submit(draw_example, sets, size_wh, (seed, step, place), zoom)
            for place in range(batch)
        ]

    def batches() -> Iterator[Batch]:
        waiting = [request(first + ahead) for ahead in range(_AHEAD)]
        step = first + _AHEAD
        while True:
            examples = [future.result() for future in waiting.pop(0)]
            waiting.append(request(step))
            step += 1
            yield Batch(
                np.stack([example.image for example in examples]),
                np.stack([example.labels for example in examples]),
                np.stack([example.soft for example in examples]),
            )

    try:
        yield batches()
    finally:
        pool.shutdown(cancel_futures=True)


def draw_example(
    sets: Sequence[WeightedSet],
    size_wh: tuple[int, int],
    key: tuple[int, int, int],
    zoom: tuple[float, float] = ZOOM,
) -> Example:
    """Return the random example of a key: seed, step and place in the batch."""
    random = np.random.default_rng(key)
    weights = np.array([each.weight for each in sets])
    samples = sets[int(random.choice(len(sets), p=weights / weights.sum()))].samples
    return make_example(samples[int(random.integers(len(samples)))], size_wh, random, zoom)

"""What panels remember of classes between refreshes, so that no line of them flickers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# A class is listed from the first share of the image on, and kept while it has the second.
APPEARS, STAYS = 0.003, 0.001
LISTED_S = 4.0  # and so long after that; a line that comes and goes faster cannot be read
_SHARE_S = 0.4  # time constant of the shares: a class in a single frame is not listed
_AGREEMENT_S = 4.0  # and of the agreement, which in single frames is anything from 0 to 100 %
_LEAST = 1e-6  # share of the image of a class so small that the sample of its pixels missed it
LOWEST_FROM = 0.01  # share of the image: of a class of a few pixels, agreement says nothing
_LOWEST = 3  # classes, which are chosen every so many seconds
_CHOICE_S = 2.0
_LEAD = 0.03  # a class is replaced among them by one whose agreement is so much lower


class ClassesInView:
    """The classes that a legend lists, each for at least `LISTED_S` seconds.

    palette: uint8 (256, 1, 3) BGR; black classes are not painted, so they are not listed.
    """

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        self._black = frozenset(i for i in range(256) if not palette[i, 0].any())
        self._share: NDArray[np.float64] | None = None
        self._at_s = -math.inf
        self._seen_s: dict[int, float] = {}  # when each listed class was in view last

    def update(self, share: NDArray[np.float64], now_s: float) -> tuple[int, ...]:
        """Return the trainIds to list, the one listed longest first.

        share: float64 (C,), of the image now. now_s: a monotonic time.
        """
        if self._share is not None:
            weight = _weight(now_s - self._at_s, _SHARE_S)
            share = weight * self._share + (1 - weight) * share
        self._share, self._at_s = share, now_s
        for i in map(int, np.argsort(-share, kind="stable")):
            limit = STAYS if i in self._seen_s else APPEARS
            if share[i] >= limit and i not in self._black:
                self._seen_s[i] = now_s
        self._seen_s = {i: at_s for i, at_s in self._seen_s.items() if now_s - at_s < LISTED_S}
        return tuple(self._seen_s)


class ClassAgreement:
    """The agreement of two variants on each class, and the classes with the lowest."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}  # of agreeing pixels, and of all
        self._at_s = self._chosen_s = -math.inf
        self._lowest: tuple[str, ...] = ()

    def update(
        self, per_class: Mapping[str, float], area: Mapping[str, float], now_s: float
    ) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
        """Return (name, share) of the listed classes in their order, and the lowest names.

        The lowest are chosen among those that take `LOWEST_FROM` of the image.

        per_class: share of the pixels of each class on which both agree in this frame; a listed
            class that is not among them keeps its last share.
        area: share of the image of each listed class. now_s: a monotonic time.
        """
        weight = _weight(now_s - self._at_s, _AGREEMENT_S)
        self._at_s = now_s
        for name in area.keys() & per_class.keys():
            same, size = self._sums.get(name, (0.0, 0.0))
            pixels = max(area[name], _LEAST)
            same = weight * same + pixels * per_class[name]
            self._sums[name] = same, weight * size + pixels
        known = {name: self._sums[name] for name in area if name in self._sums}
        classes = tuple((name, same / size) for name, (same, size) in known.items())
        kept = [name for name in self._lowest if name in known]
        if now_s - self._chosen_s >= _CHOICE_S or len(kept) < len(self._lowest):
            self._chosen_s = now_s
            # Half of it to stay: an area about the limit would take a class in and out.
            large = [
                (name, share)
                for name, share in classes
                if area[name] >= LOWEST_FROM * (0.5 if name in kept else 1.0)
            ]
            by_share = sorted(large, key=lambda entry: entry[1] - _LEAD * (entry[0] in kept))
            self._lowest = tuple(name for name, _ in by_share[:_LOWEST])
        return classes, self._lowest


def _weight(passed_s: float, constant_s: float) -> float:
    """Return the weight of an exponential average after a time, 0 to 1."""
    return math.exp(-max(0.0, passed_s) / constant_s)

"""Ranges of activations from their statistics: extremes, percentile, average, least error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge_app.model.recipe import Recipe
from host_tools.convert.activation_statistics import BINS, ActivationStatistics

# Ends that are tried for the least error, as shares of the extremes.
_SHARES = np.geomspace(0.02, 1.0, 80)
_ROUNDS = 3  # in which both ends are moved in turn; more change nothing


def needs_histograms(recipe: Recipe) -> bool:
    """Return whether the ranges of a recipe are read from histograms."""
    return recipe.activations in {"percentile", "mse"}


def choose_ranges(
    statistics: Mapping[str, ActivationStatistics], recipe: Recipe
) -> dict[str, tuple[float, float]]:
    """Return the range of each activation as a recipe says; one that clips still holds zero."""
    bits = 16 if recipe.scheme == "int16x8" else 8
    found = {}
    for name, one in statistics.items():
        if not one.lows:  # only its means were taken
            continue
        if recipe.activations == "percentile":
            found[name] = percentile_range(one, recipe.percentile)
        elif recipe.activations == "moving_average":
            found[name] = average_range(one, recipe.new_image)
        elif recipe.activations == "mse":
            found[name] = least_error_range(one, bits)
        else:
            found[name] = one.range
    return found


def percentile_range(one: ActivationStatistics, percentile: float) -> tuple[float, float]:
    """Return the ends beyond which, on each side, lie 100 - percentile per cent of the values."""
    low, high = one.range
    edges = np.linspace(low, high, BINS + 1)
    counts = one.counts.astype(np.float64)
    if low <= 0 <= high and high > low:
        counts[min(BINS - 1, int(-low * BINS / (high - low)))] += one.zeros
    total = counts.sum()
    if not total:
        return low, high
    share = np.concatenate([[0.0], counts.cumsum() / total])
    beyond = 1 - percentile / 100
    # Where the bins are flat the outer edge counts, so that an end lies where values are.
    upper = edges[min(BINS, int(np.searchsorted(share, 1 - beyond, side="left")))]
    lower = edges[max(0, int(np.searchsorted(share, beyond, side="right")) - 1)]
    return min(0.0, float(lower)), max(0.0, float(upper))


def average_range(one: ActivationStatistics, new_image: float) -> tuple[float, float]:
    """Return the moving average of the extremes of each image, from the first one on."""
    low, high = one.lows[0], one.highs[0]
    for next_low, next_high in zip(one.lows[1:], one.highs[1:], strict=True):
        low += new_image * (next_low - low)
        high += new_image * (next_high - high)
    return min(0.0, low), max(0.0, high)


def least_error_range(one: ActivationStatistics, bits: int) -> tuple[float, float]:
    """Return the range with the least mean squared error of rounding and clipping.

    A value within the range is wrong by step^2 / 12 on average, one beyond by its distance; zero
    is exact. Each end is moved in turn while the other stays.
    """
    low, high = one.range
    low, high = min(0.0, low), max(0.0, high)
    if not one.counts.any():
        return low, high
    error = _ClippingError(one, 2**bits - 1)
    lowest, highest = low, high
    for _ in range(_ROUNDS):
        highs = highest * _SHARES
        high = float(highs[int(np.argmin(error(np.full_like(highs, low), highs)))])
        lows = lowest * _SHARES
        low = float(lows[int(np.argmin(error(lows, np.full_like(lows, high))))])
    return low, high


class _ClippingError:
    """The squared error of a range on a histogram, by sums over its first bins."""

    def __init__(self, one: ActivationStatistics, steps: int) -> None:
        low, high = one.range
        centres = low + (np.arange(BINS) + 0.5) * (high - low) / BINS
        self._edges = np.linspace(low, high, BINS + 1)[1:-1]
        self._sums = tuple(_sums_before(one.counts * centres**power) for power in range(3))
        self._steps = steps

    def __call__(
        self, lows: NDArray[np.float64], highs: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the error of each range: float64 (n,) of ends that are float64 (n,)."""
        first, last = np.searchsorted(self._edges, lows), np.searchsorted(self._edges, highs) + 1
        count, total, squares = self._sums
        below = squares[first] - 2 * lows * total[first] + lows**2 * count[first]
        above = (
            (squares[-1] - squares[last])
            - 2 * highs * (total[-1] - total[last])
            + highs**2 * (count[-1] - count[last])
        )
        rounding = ((highs - lows) / self._steps) ** 2 / 12 * (count[last] - count[first])
        error: NDArray[np.float64] = below + above + rounding
        return error


def _sums_before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the values before each place: float64 (n + 1,)."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])

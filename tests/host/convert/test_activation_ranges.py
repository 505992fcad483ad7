"""Ranges of activations by four rules."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.model.recipe import Recipe
from host_tools.convert.activation_ranges import (
    average_range,
    choose_ranges,
    least_error_range,
    percentile_range,
)
from host_tools.convert.activation_statistics import ActivationStatistics

INT8 = Recipe(scheme="int8")


def statistics(*images: NDArray[np.float64]) -> ActivationStatistics:
    """Return the statistics of some images."""
    one = ActivationStatistics()
    for image in images:
        one.lows.append(float(image.min()))
        one.highs.append(float(image.max()))
    for image in images:
        one.add_counts(image.astype(np.float32))
    return one


def normal(count: int = 100_000) -> NDArray[np.float64]:
    """Return values of a normal distribution with one far outlier."""
    values = np.random.default_rng(0).normal(size=count)
    values[7] = 60.0
    return values


def rounding_error(values: NDArray[np.float64], low: float, high: float, bits: int) -> float:
    """Return the mean squared error of values in so many bits with a range."""
    scale = (high - low) / (2**bits - 1)
    zero = np.rint(-low / scale)
    steps = np.clip(np.rint(values / scale) + zero, 0, 2**bits - 1)
    return float(np.square((steps - zero) * scale - values).mean())


def test_a_percentile_leaves_so_many_values_on_each_side() -> None:
    """At 99 per cent, a hundredth lies beyond either end, within a bin's width."""
    values = np.random.default_rng(0).uniform(-3, 5, 50_000)
    low, high = percentile_range(statistics(values), 99)
    assert low == pytest.approx(np.percentile(values, 1), abs=8 / 2048 * 1.01)
    assert high == pytest.approx(np.percentile(values, 99), abs=8 / 2048 * 1.01)


def test_zeros_count_for_a_percentile() -> None:
    """Behind a ReLU most values are zero, and the range begins there."""
    values = np.maximum(np.random.default_rng(0).uniform(-9, 1, 100_000), 0)
    low, high = percentile_range(statistics(values), 99)
    assert low == 0
    assert high == pytest.approx(0.9, abs=0.01)


def test_the_average_gives_each_new_image_its_weight() -> None:
    """It begins with the first image's extremes; with the whole weight it is the last one's."""
    images = [np.array([-1.0, 2.0]), np.array([-3.0, 4.0]), np.array([-1.0, 8.0])]
    assert average_range(statistics(*images), 0.5) == (-1.5, 5.5)
    assert average_range(statistics(*images), 1.0) == (-1.0, 8.0)


@pytest.mark.parametrize(("bits", "gain"), [(4, 0.3), (8, 0.9)])
def test_the_least_error_is_close_to_the_best_of_all_ranges(bits: int, gain: float) -> None:
    """No end that clips more or less makes values with an outlier more exact."""
    values = normal()
    low, high = least_error_range(statistics(values), bits)
    error = rounding_error(values, low, high, bits)
    assert error < gain * rounding_error(values, values.min(), values.max(), bits)
    for other in np.linspace(2, 60, 40):
        assert error < 1.05 * rounding_error(values, low, float(other), bits)


@pytest.mark.parametrize("bits", [8, 16])
def test_even_values_are_not_clipped(bits: int) -> None:
    """A uniform distribution uses all of its range."""
    values = np.random.default_rng(0).uniform(-1, 3, 20_000)
    low, high = least_error_range(statistics(values), bits)
    assert low == pytest.approx(-1, abs=0.03)
    assert high == pytest.approx(3, abs=0.03)


@pytest.mark.parametrize("values", [np.zeros(9), np.full(9, 2.5), np.full(9, -2.5)])
@pytest.mark.parametrize(
    "recipe",
    [
        INT8,
        replace(INT8, activations="percentile"),
        replace(INT8, activations="moving_average"),
        replace(INT8, activations="mse"),
    ],
)
def test_a_constant_has_a_range(values: NDArray[np.float64], recipe: Recipe) -> None:
    """It holds the constant, whatever the rule."""
    one: Mapping[str, ActivationStatistics] = {"it": statistics(values)}
    low, high = choose_ranges(one, recipe)["it"]
    assert low <= values[0] <= high


def test_each_rule_is_the_one_that_the_recipe_names() -> None:
    """The four rules give four ranges for values with an outlier; means alone have none."""
    means = ActivationStatistics()
    means.add_channels(np.ones((1, 2, 2, 3), np.float32))
    found = {"it": statistics(normal(), normal()[::-1] / 2), "image": means}
    every = {
        name: choose_ranges(found, replace(INT8, activations=name))
        for name in ("min_max", "percentile", "moving_average", "mse")
    }
    assert len({ranges["it"] for ranges in every.values()}) == 4
    assert every["min_max"]["it"] == found["it"].range
    assert all(set(ranges) == {"it"} for ranges in every.values())

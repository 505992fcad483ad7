"""Usual ranges of values and how they are shown."""

import pytest

from edge_app.model.inferred.value_ranges import (
    CAFFE,
    IMAGENET,
    MINUS_ONE,
    PIXELS,
    UNIT,
    ValueRange,
    nearest_range,
    scaling_text,
)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (-1.0, 0.992, MINUS_ONE),
        (0.0, 1.0, UNIT),
        (0.0, 255.0, PIXELS),
        (-2.12, 2.64, IMAGENET),
        (-30.0, 40.0, None),
        (0.0, 0.0, None),
    ],
)
def test_the_nearest_usual_range_is_found(
    low: float, high: float, found: ValueRange | None
) -> None:
    """If one is near."""
    assert nearest_range(low, high, 3, 0.04) is found


def test_a_range_names_the_options_that_choose_it() -> None:
    """With the order of channels if it is unusual."""
    assert UNIT.options == "--mean 0 --std 255"
    assert CAFFE.options == "--mean 103.939,116.779,123.68 --std 1 --channels bgr"
    assert scaling_text(IMAGENET.mean, (1.0,)) == "(pixel - [123.675,116.28,103.53]) / 1"
    assert [one.is_wide for one in (MINUS_ONE, UNIT, PIXELS, IMAGENET, CAFFE)] == [
        False, False, True, False, True,
    ]  # fmt: skip

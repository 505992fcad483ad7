"""The agreement of two variants, in figures that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge_app.frame import Segmentation
from edge_app.labels import CITYSCAPES, VOID
from edge_app.metrics.agreement import compare, partner
from edge_app.pipeline.engine_pool import EnginePool
from tests.support.engines import EngineFactory, until
from tests.support.fakes import Collector, FakeSource
from tests.support.runs import make_run

ROAD, SIDEWALK, CAR = (CITYSCAPES.names.index(name) for name in ("road", "sidewalk", "car"))


def segmentation(*rows: list[int]) -> Segmentation:
    """Return the class map of these rows."""
    return Segmentation(np.array(rows, np.uint8))


def test_agreement_is_the_share_of_equal_pixels() -> None:
    """Six of eight pixels are equal; each class has its share of the pixels of either."""
    first = segmentation([ROAD, ROAD, ROAD, ROAD], [ROAD, SIDEWALK, SIDEWALK, CAR])
    second = segmentation([ROAD, ROAD, ROAD, ROAD], [SIDEWALK, SIDEWALK, SIDEWALK, SIDEWALK])
    comparison = compare(first, second, "int8", CITYSCAPES)
    assert comparison.variant == "int8"
    assert comparison.result is second
    assert comparison.agreement == 6 / 8
    # Road: 4 of 5. Sidewalk: 2 of 4. Car: one pixel, in one of them. Others do not occur.
    assert comparison.per_class == (("road", 4 / 5), ("sidewalk", 2 / 4), ("car", 0.0))
    assert comparison.quality is None


def test_equal_class_maps_agree_fully() -> None:
    """So do pixels that are void in both, which belong to no class."""
    same = segmentation([ROAD, VOID], [CAR, CAR])
    comparison = compare(same, segmentation([ROAD, VOID], [CAR, CAR]), "int8", CITYSCAPES)
    assert comparison.agreement == 1.0
    assert comparison.per_class == (("road", 1.0), ("car", 1.0))


def test_void_of_one_is_a_disagreement() -> None:
    """A pixel that only one of them leaves void does not agree."""
    comparison = compare(segmentation([VOID, ROAD]), segmentation([ROAD, ROAD]), "int8", CITYSCAPES)
    assert comparison.agreement == 1 / 2
    comparison = compare(segmentation([ROAD, ROAD]), segmentation([VOID, ROAD]), "int8", CITYSCAPES)
    assert comparison.agreement == 1 / 2
    assert comparison.per_class == (("road", 1 / 2),)


def test_the_second_is_resized_to_the_first() -> None:
    """A pixel of a coarse map counts for all it covers."""
    first = segmentation([ROAD, ROAD, CAR, CAR], [ROAD, ROAD, CAR, ROAD])
    comparison = compare(first, segmentation([ROAD, CAR]), "int8", CITYSCAPES)
    assert comparison.agreement == 7 / 8


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (("float32", "float16", "dynamic_range", "int8"), "int8", "float32"),
        (("float32", "float16", "dynamic_range", "int8"), "float16", "float32"),
        (("float32", "float16", "dynamic_range", "int8"), "float32", "int8"),
        (("float32", "float16"), "float32", None),
        (("int8",), "int8", None),
    ],
)
def test_float32_is_compared_with_int8_and_others_with_float32(
    names: tuple[str, ...], first: str, second: str | None
) -> None:
    """A model without the partner has nothing to compare with."""
    factory = EngineFactory(names)
    expected = factory.key(second, 3) if second else None
    assert partner(factory.key(first, 3)) == expected


def test_classifiers_have_no_partner() -> None:
    """Their results have no pixels."""
    assert partner(EngineFactory(task="classification").key("int8")) is None


def test_a_run_scores_both_variants_on_the_frames_that_both_have_seen() -> None:
    """float32 sees road and int8 wall; a quarter of the truth is road, the rest wall.

    The fakes return the position of their variant: 0 is road, 3 is wall.
    """
    truth = np.full((12, 16), 3, np.uint8)
    truth[:, :4] = 0
    factory, collector = EngineFactory(), Collector()
    first = factory.load(factory.key("float32"))
    with EnginePool(first, factory.load, partner=partner) as pool:
        keys = iter([["c"]])

        def before(index: int) -> None:
            if index == 5:  # the second engine is loaded from here on
                until(lambda: pool.has(factory.key("int8")))

        source = FakeSource(30, truth=truth, truth_labels="cityscapes", before=before)
        run = make_run(
            source,
            first,
            [collector],
            pool=pool,
            keys=lambda: next(keys, []),
        )
        run.go()
    assert [step.frame.index for step in collector.steps] == list(range(30))
    compared = [step for step in collector.steps if step.comparison is not None]
    assert compared
    assert compared[-1] is collector.steps[-1]
    for step in compared:
        assert step.variant == "float32"
        assert step.comparison.variant == "int8"
        assert step.comparison.agreement == 0.0
        assert step.comparison.per_class == (("road", 0.0), ("wall", 0.0))
        # Not of the frames that one variant alone has seen.
        assert step.comparison.first_quality.frames == step.comparison.quality.frames
    summary = run.stats.summary()
    # float32: road is 1/4 of its union with the truth, wall 0. int8: wall 3/4, road 0.
    assert summary.quality is not None
    assert summary.quality.miou == pytest.approx(0.25 / 2)
    [pair] = summary.comparisons
    assert (pair.variant, pair.second) == ("float32", "int8")
    assert pair.frames == len(compared)
    assert pair.agreement == 0.0
    assert pair.quality is not None
    assert pair.quality.miou == pytest.approx(0.75 / 2)
    assert pair.quality.pixel_accuracy == pytest.approx(0.75)
    assert pair.first_quality is not None
    assert pair.first_quality.miou == pytest.approx(0.25 / 2)
    assert pair.first_quality.frames == pair.quality.frames == len(compared)
    assert len(compared) < summary.quality.frames == 30
    assert factory.open == []


def test_nan_is_never_the_same() -> None:
    """Two maps of NaN have the same class everywhere, and agree on nothing."""
    logits = np.full((4, 6, 19), np.nan, np.float32)
    first = Segmentation(logits.argmax(-1).astype(np.uint8), logits)
    comparison = compare(first, first, "int8", CITYSCAPES)
    assert comparison.agreement == 0.0
    assert comparison.per_class == ()

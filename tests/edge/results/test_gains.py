"""Variants are compared with float32 in sentences."""

from __future__ import annotations

from edge_app.quality import Quality
from edge_app.results.gains import VariantFigures, gains, headline, median_range, score_text
from edge_app.timing import Latency

BASE = VariantFigures("float32", 8, 50.0, 10.0, ("top-1", 0.984))


def test_every_other_variant_has_a_sentence() -> None:
    """Speed, quality and size, with what is unknown left out."""
    others = [
        VariantFigures("int8", 2, 20.0, 12.0, ("top-1", 0.98)),
        VariantFigures("dynamic_range", invoke_ms=100.0),
        VariantFigures("float16"),
    ]
    assert gains([*others, BASE]) == [
        "int8 is 2.5x faster than float32 (median network ms), loses 0.4 points of top-1 (98.40 % "
        "to 98.00 %) and has a file 4.0x smaller.",
        "dynamic_range is 2.0x slower than float32 (median network ms).",
    ]


def test_without_float32_or_on_other_frames_nothing_is_compared() -> None:
    """No ratio is made up."""
    assert gains([VariantFigures("int8", 2, 20.0)]) == []
    other = VariantFigures("int8", score=("top-1", 0.98), on="other frames")
    assert gains([BASE, other]) == []


def test_what_is_not_valid_or_within_noise_is_no_gain() -> None:
    """A sentence on speed from an invalid measurement says so."""
    base = VariantFigures("float32", invoke_ms=50.0, range_ms=(40.0, 60.0))
    near = VariantFigures("int8", invoke_ms=38.0, range_ms=(30.0, 46.0))
    far = VariantFigures("int8", invoke_ms=20.0, range_ms=(15.0, 25.0))
    assert gains([base, near]) == [
        "int8 shows no measurable difference in speed from float32 (median network ms)."
    ]
    assert gains([base, far], valid=False) == [
        "int8 is 2.5x faster than float32 (median network ms; not a valid measurement)."
    ]


def test_the_range_of_a_median_is_wide_for_few_or_scattered_durations() -> None:
    """Where a run has percentiles alone; equal durations leave nothing open."""
    few, many, equal = (
        median_range(Latency.of(durations))
        for durations in ([10.0, 20.0] * 2, [10.0, 20.0] * 500, [10.0] * 9)
    )
    assert few
    assert many
    assert few[1] - few[0] > 5 * (many[1] - many[0]) > 0
    assert equal == (10.0, 10.0)
    assert median_range(None) is None


def test_the_measure_that_counts_is_found() -> None:
    """MIoU as a fraction, top-1 in per cent, and a dash for none."""
    assert headline(None) is None
    street, digits = Quality(frames=2, miou=0.5, pixel_accuracy=0.9), Quality(frames=2, top1=0.75)
    assert score_text(headline(street)) == ".500"
    assert score_text(headline(digits)) == "75.00 %"

"""Test that of two converters' results the better one is kept."""

import pytest

from edge_app.errors import UsageError
from host_tools.convert.select import Candidate, best, check_quantizer


def _one(quantizer: str, agreement: float, partitions: int, invoke_ms: float) -> Candidate:
    return Candidate(quantizer, b"x", agreement, 0.1, partitions, invoke_ms)


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ((0.98, 1, 50.0), (0.96, 1, 20.0), "a"),  # quality goes first
        ((0.96, 1, 50.0), (0.98, 16, 90.0), "b"),
        ((0.96, 1, 150.0), (0.98, 16, 190.0), "b"),  # nothing faster than float32 to be had
        ((0.989, 16, 75.0), (0.986, 1, 34.0), "b"),  # as good, and one piece
        ((0.98, 0, 40.0), (0.98, 1, 39.0), "a"),  # no delegate is no hand-over either
        ((0.98, 1, 50.0), (0.98, 1, 40.0), "b"),  # as good, and faster
        ((0.98, 1, 50.0), (0.98, 1, 48.0), "a"),  # within the noise the first stays
        ((0.98, 1, 0.2), (0.98, 1, 0.1), "a"),  # too short to be compared
        ((0.975, 16, 145.0), (0.949, 1, 50.0), "b"),  # slower than float32 is no use
    ],
)
def test_quality_then_parts_then_time(
    first: tuple[float, int, float], second: tuple[float, int, float], chosen: str
) -> None:
    """Agreement decides, between equals the number of parts, then a clear gain of time."""
    assert best([_one("a", *first), _one("b", *second)], 100.0).quantizer == chosen


def test_a_quantizer_that_is_not_there_is_refused() -> None:
    """The names there are stand in the message."""
    with pytest.raises(UsageError, match="auto, tensorflow, ai-edge-quantizer"):
        check_quantizer("magic")

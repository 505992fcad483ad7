"""The better one of two quantizers' results is kept."""

import pytest

from edge_app.errors import UsageError
from host_tools.convert.select import Candidate, check_quantizer, select_best


def _one(quantizer: str, agreement: float, partitions: int, invoke_ms: float) -> Candidate:
    return Candidate(quantizer, b"x", partitions, invoke_ms, agreement, 0.1)


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ((0.98, 1, 50.0), (0.96, 1, 20.0), "a"),  # agreement comes first
        ((0.96, 1, 50.0), (0.98, 16, 90.0), "b"),
        ((0.96, 1, 150.0), (0.98, 16, 190.0), "b"),  # both are too slow
        ((0.989, 16, 75.0), (0.986, 1, 34.0), "b"),  # as good, and one partition
        ((0.98, 0, 40.0), (0.98, 1, 39.0), "a"),  # without a delegate there is no transfer either
        ((0.98, 1, 50.0), (0.98, 1, 40.0), "b"),  # as good, and faster
        ((0.98, 1, 50.0), (0.98, 1, 48.0), "a"),  # a small gain is noise
        ((0.98, 1, 0.2), (0.98, 1, 0.1), "a"),  # too short to be compared
        ((0.975, 16, 145.0), (0.949, 1, 50.0), "b"),  # slower than float32 is useless
    ],
)
def test_agreement_then_partitions_then_time(
    first: tuple[float, int, float], second: tuple[float, int, float], best: str
) -> None:
    """Agreement decides, then the number of partitions, then a clear gain of time."""
    assert select_best([_one("a", *first), _one("b", *second)], 100.0).quantizer == best


def test_an_unknown_quantizer_is_refused() -> None:
    """The error lists the known names."""
    with pytest.raises(UsageError, match="auto, tensorflow, ai-edge-quantizer"):
        check_quantizer("magic")

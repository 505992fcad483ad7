"""Test the statistics of one variant."""

from edge_app.metrics.variant_stats import network_rate
from edge_app.timing import Latency


def test_a_network_that_never_ran_has_no_rate() -> None:
    """Images without digits never reach it: the mean of its times is 0."""
    idle = Latency.of([0.0, 0.0])
    assert idle is not None
    assert network_rate({"invoke": idle}) is None
    assert network_rate({}) is None

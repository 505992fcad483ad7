"""Test the statistics of one variant."""

from pathlib import Path

import pytest

from edge_app.metrics.variant_stats import VariantStats, network_rate
from edge_app.model.card import read_card
from edge_app.model.engine import EngineInfo, EngineKey
from edge_app.timing import Latency


def test_a_network_that_never_ran_has_no_rate() -> None:
    """Images without digits never reach it: the mean of its times is 0."""
    idle = Latency.of([0.0, 0.0])
    assert idle is not None
    assert network_rate({"invoke": idle}) is None
    assert network_rate({}) is None


def test_a_variant_has_the_rate_of_its_own_time(assets: Path) -> None:
    """Ten frames a second before a switch to another variant and fifty after coming back."""
    spec = read_card(assets / "models" / "mnist")
    info = EngineInfo(EngineKey(spec, "int8", 1), 10, "litert", "LiteRT 2.3.0", "")
    stats = VariantStats(info, None)
    for at_s in (1.0, 1.1, 1.2):
        stats.rate.tick(at_s)
    stats.restart(info)
    assert stats.summary().shown_fps == pytest.approx(10)
    for at_s in (9.0, 9.02, 9.04):
        stats.rate.tick(at_s)
    assert stats.summary().shown_fps == pytest.approx(4 / 0.24)

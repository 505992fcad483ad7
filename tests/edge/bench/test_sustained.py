"""A long run is reduced to its first and last window."""

from edge_app.bench.sustained import summarise


def test_the_first_and_last_window_of_a_long_run() -> None:
    """A network that slows by half in the end has a ratio of 1.5; too short a run has none."""
    runs = [(second, 10.0 if second < 90 else 15.0) for second in range(180)]
    found = summarise(runs, 60.0, (50.0, 80.0))
    assert found is not None
    assert (found.first.p50_ms, found.last.p50_ms, found.ratio) == (10.0, 15.0, 1.5)
    assert summarise(runs[:70], 60.0) is None
    assert summarise([], 60.0) is None

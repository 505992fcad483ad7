"""Statistics of a run: rates, latencies, quality and agreement."""

"""Evaluate many models on many machines with Dask Distributed, to the last count alike."""

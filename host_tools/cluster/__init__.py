"""Evaluation of many models on many machines with Dask Distributed."""

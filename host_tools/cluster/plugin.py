"""Prepare Dask's workers for interpreters; needs the cluster extra."""

from __future__ import annotations

from typing import Any

from distributed import WorkerPlugin

from edge_app.process import prepare_process


class NoProfilerPlugin(WorkerPlugin):  # type: ignore[misc]
    """Keep a worker's interpreters undisturbed, and those of workers that join later.

    Dask's statistical profiler holds the frames of running functions for a moment, and with
    them the view that a picture is being written through; a runtime that finds a view of its
    memory refuses to run ("at least 1 reference to internal data", once in some 100 jobs).
    """

    name = "edge-quant-undisturbed"

    def setup(self, worker: Any) -> None:
        """Stop the profiler, and OpenCV's own threads."""
        for kind in ("profile", "profile-cycle"):
            callback = worker.periodic_callbacks.pop(kind, None)
            if callback is not None:
                callback.stop()
        # A worker has as many threads as it was given; OpenCV would start one per core in each.
        # On two busy cores a frame took 27.9 ms with two of them and 22.9 ms with one.
        prepare_process()

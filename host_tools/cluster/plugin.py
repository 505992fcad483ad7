"""Preparation of Dask's workers for interpreters; needs the cluster extra."""

from typing import Any

from distributed import WorkerPlugin

from edge_app.process import prepare_process


class NoProfilerPlugin(WorkerPlugin):  # type: ignore[misc]
    """Stop Dask's profiler on all workers, and on those that join later.

    The statistical profiler keeps the stack frames of running functions for a moment, and with
    them a view of the interpreter's input. A runtime with a view of its memory refuses to run
    ("at least 1 reference to internal data", once in some 100 jobs).
    """

    name = "edge-quant-undisturbed"

    def setup(self, worker: Any) -> None:
        """Stop the profiler, and OpenCV's own threads."""
        for kind in ("profile", "profile-cycle"):
            callback = worker.periodic_callbacks.pop(kind, None)
            if callback is not None:
                callback.stop()
        # OpenCV would start one thread per core in each thread of a worker.
        # On two busy cores a frame took 27.9 ms with two of them and 22.9 ms with one.
        prepare_process()

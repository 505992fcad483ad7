"""Jobs of an evaluation, sent as paths and positions, and their work on a worker."""

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from edge_app.board import board, versions
from edge_app.errors import ModelError
from edge_app.evaluate.dataset import Dataset, ImageSet
from edge_app.evaluate.scoring import score_span
from edge_app.model.card import file_sha256
from edge_app.model.catalog import resolve_model
from edge_app.model.engine import Engine, load_engine
from edge_app.model.interpreter.runtimes import load_runtime
from edge_app.results.evaluation_result import PartialCounts

TOPIC = "edge-quant-frames"  # of the messages on finished jobs
_thread = threading.local()  # an interpreter belongs to the one thread that uses it


@dataclass(frozen=True, slots=True)
class Job:
    """The frames from `start` to before `stop`, and the variant that scores them.

    model: the model's folder, or a .tflite file without a card; the same path for every worker.
    sha256: of the variant's file.
    """

    model: str
    variant: str
    sha256: str
    dataset: Dataset
    start: int
    stop: int
    runtime: str = "auto"

    @property
    def key(self) -> str:
        """Its name at the scheduler, the same for equal jobs."""
        file = f"{Path(self.model).name}-{self.variant}-{self.sha256[:8]}"
        return f"{file}-{self.dataset.name.replace('/', '-')}-{self.start}-{self.stop}"


def score_job(job: Job) -> PartialCounts:
    """Score a job's frames on this worker; raise ModelError if its file is a different one."""
    part = score_span(_engine(job), _images(job.dataset), job.start, job.stop)
    _report(job.key, part.frames)
    return part


def worker_facts(runtime: str) -> dict[str, Any]:
    """Return the board, versions and runtime of a worker."""
    return {
        "board": board(),
        "versions": versions(),
        "runtime": f"{load_runtime(runtime).title}, 1 thread",
    }


def _engine(job: Job) -> Engine:
    """Return this thread's engine of a variant, loaded at the first call."""
    engines: dict[tuple[str, str], Engine] = _thread.__dict__.setdefault("engines", {})
    key = job.sha256, job.runtime
    if key not in engines:
        spec = resolve_model(job.model, runtime=job.runtime)
        found = file_sha256(spec.variant(job.variant).path)
        if found != job.sha256:
            raise ModelError(
                f"{spec.variant(job.variant).path} has the SHA-256 {found[:12]} on a worker and "
                f"{job.sha256[:12]} on this machine; give all workers the same file"
            )
        engines[key] = load_engine(spec, job.variant, runtime=job.runtime, threads=1)
    return engines[key]


@lru_cache(maxsize=4)
def _images(dataset: Dataset) -> ImageSet:
    return ImageSet(dataset)


def _report(key: str, frames: int) -> None:
    """Send a message on a finished job; a job that is computed again has the same key."""
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return
    message = {"key": key, "frames": frames, "worker": worker.address, "pid": os.getpid()}
    worker.log_event(TOPIC, message)

"""Cut evaluations into jobs that travel as paths and positions, and carry one out on a worker."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from edge_app.board import board, versions
from edge_app.errors import ModelError
from edge_app.evaluate.dataset import Dataset, ImageSet
from edge_app.evaluate.partial_counts import sum_counts
from edge_app.evaluate.scoring import score_span
from edge_app.model.card import file_sha256
from edge_app.model.catalog import resolve_model
from edge_app.model.engine import Engine, load_engine
from edge_app.model.interpreter.runtimes import load_runtime
from edge_app.results.evaluation_result import PartialCounts

TOPIC = "edge-quant-frames"  # under which workers tell their progress
_here = threading.local()  # an interpreter belongs to the one thread that uses it


@dataclass(frozen=True, slots=True)
class Job:
    """Name the frames from `start` to before `stop`, and the file that answers them.

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
        """What the scheduler calls it: equal jobs are one."""
        file = f"{Path(self.model).name}-{self.variant}-{self.sha256[:8]}"
        return f"{file}-{self.dataset.name.replace('/', '-')}-{self.start}-{self.stop}"


def score_job(job: Job) -> PartialCounts:
    """Score a job's frames on this worker; raise ModelError where its file is another one."""
    part = score_span(_engine(job), _pictures(job.dataset), job.start, job.stop)
    _tell(job.key, part.frames)
    return part


def add_group(parts: Sequence[PartialCounts]) -> PartialCounts:
    """Add the parts of one branch of the tree; raise ValueError for a frame in two of them."""
    return sum_counts(parts)


def worker_facts(runtime: str) -> dict[str, Any]:
    """Tell which machine a worker is, and what it answers with."""
    return {
        "board": board(),
        "versions": versions(),
        "runtime": f"{load_runtime(runtime).title}, 1 thread",
    }


def _engine(job: Job) -> Engine:
    """Return this thread's interpreter for a variant; a thread keeps one for each."""
    engines: dict[tuple[str, str], Engine] = _here.__dict__.setdefault("engines", {})
    key = job.sha256, job.runtime
    if key not in engines:
        spec = resolve_model(job.model, runtime=job.runtime)
        found = file_sha256(spec.variant(job.variant).path)
        if found != job.sha256:
            raise ModelError(
                f"{spec.variant(job.variant).path} has the sha256 {found[:12]} on a worker and "
                f"{job.sha256[:12]} where the evaluation began; give all workers the same file"
            )
        engines[key] = load_engine(spec, job.variant, runtime=job.runtime, threads=1)
    return engines[key]


@lru_cache(maxsize=4)
def _pictures(dataset: Dataset) -> ImageSet:
    return ImageSet(dataset)


def _tell(key: str, frames: int) -> None:
    """Tell whoever listens that frames are done; a job that is done again has the same key."""
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return
    message = {"key": key, "frames": frames, "worker": worker.address, "pid": os.getpid()}
    worker.log_event(TOPIC, message)

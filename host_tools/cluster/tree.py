"""Submit jobs to a scheduler and add their counts as a tree; keep what is done at every moment."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_app.evaluate.partial_counts import sum_counts
from edge_app.results.evaluation_result import PartialCounts
from host_tools.cluster.jobs import Job, add_group, score_job

if TYPE_CHECKING:
    from distributed import Client, Future

FAN_IN = 8  # parts added at once: a part is some 4 kB, its sum no larger
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Reduction:
    """Hold some jobs' futures, and the future of their sum."""

    jobs: tuple[Future, ...]
    total: Future

    def finished(self) -> list[Future]:
        """Return futures that hold what is done of the branch, each frame once."""
        if self.total.status == "finished":
            return [self.total]
        return [job for job in self.jobs if job.status == "finished"]


@dataclass(frozen=True, slots=True)
class Tree:
    """Hold one variant's branches and the future of their sum."""

    branches: tuple[Reduction, ...]
    root: Future

    def done(self, client: Client) -> PartialCounts | None:
        """Fetch what is done so far, None where nothing is."""
        futures = [future for branch in self.branches for future in branch.finished()]
        # "skip": a worker that has just died took its parts along.
        parts: list[PartialCounts] = client.gather(futures, errors="skip")
        return sum_counts(parts) if parts else None


def submit(client: Client, jobs: Sequence[Job]) -> Tree:
    """Submit jobs and the sums over them; nothing but paths, positions and counts travels.

    A job that fails is tried again on any worker, and one whose worker was lost is computed
    again, with whatever it had answered and nobody had fetched.
    """
    futures = client.map(score_job, jobs, key=[job.key for job in jobs], retries=_RETRIES)
    branches = []
    for group in _groups(futures):
        name = f"sum-{group[0].key}"
        total = client.submit(add_group, group, key=name, retries=_RETRIES)
        branches.append(Reduction(tuple(group), total))
    level, depth = [branch.total for branch in branches], 1
    while len(level) > 1:
        depth += 1
        level = [
            client.submit(add_group, group, key=f"sum{depth}-{group[0].key}", retries=_RETRIES)
            for group in _groups(level)
        ]
    return Tree(tuple(branches), level[0])


def _groups(futures: Sequence[Future]) -> Iterator[list[Future]]:
    for start in range(0, len(futures), FAN_IN):
        yield list(futures[start : start + FAN_IN])


def collect(
    client: Client,
    trees: dict[Any, Tree],
    job_done: Callable[[str], None],
    keep: Callable[[], None],
    keep_every_s: float = 30.0,
) -> dict[Any, PartialCounts]:
    """Wait for all trees and fetch their roots.

    job_done: gets the key of each job that is done. keep: called now and then.
    Raises what a job raised when its last retry failed.
    """
    from distributed import as_completed

    jobs = [job for tree in trees.values() for branch in tree.branches for job in branch.jobs]
    kept_s = time.monotonic()
    for future in as_completed(jobs):
        if future.status == "error":
            fault: BaseException = future.exception()
            raise fault
        job_done(future.key)
        if time.monotonic() - kept_s > keep_every_s:
            keep()
            kept_s = time.monotonic()
    roots = client.gather([tree.root for tree in trees.values()])
    return dict(zip(trees, roots, strict=True))


def moved_bytes(jobs: Sequence[Job], parts: Sequence[PartialCounts]) -> float:
    """Return how many bytes a frame costs on the wire, jobs and counts together, as pickled.

    jobs: with their parts; a job travels once, a part at most twice (to its branch's sum, and
    as a share of that sum).
    """
    out = sum(len(pickle.dumps(job)) for job in jobs)
    back = sum(len(pickle.dumps(part)) for part in parts)
    frames = sum(job.stop - job.start for job in jobs)
    return (out + back * (1 + 1 / FAN_IN)) / max(1, frames)

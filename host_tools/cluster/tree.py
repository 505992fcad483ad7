"""Jobs on a scheduler, and the sum of their counts as a tree of jobs."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge_app.evaluate.partial_counts import sum_counts
from edge_app.results.evaluation_result import PartialCounts
from host_tools.cluster.jobs import Job, score_job

if TYPE_CHECKING:
    from distributed import Client, Future

K = TypeVar("K")

FAN_IN = 8  # parts added by one job; a part takes some 4 kB, their sum no more
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Reduction:
    """The futures of some jobs, and of their sum."""

    jobs: tuple[Future, ...]
    total: Future

    def finished(self) -> list[Future]:
        """Return the futures of what is done, each frame once."""
        if self.total.status == "finished":
            return [self.total]
        return [job for job in self.jobs if job.status == "finished"]


@dataclass(frozen=True, slots=True)
class Tree:
    """The reductions of one variant, and the future of their sum."""

    branches: tuple[Reduction, ...]
    root: Future

    def done(self, client: Client) -> PartialCounts | None:
        """Fetch the counts of what is done so far; None if nothing is."""
        futures = [future for branch in self.branches for future in branch.finished()]
        # "skip": the parts on a worker that has just died are lost.
        parts: list[PartialCounts] = client.gather(futures, errors="skip")
        return sum_counts(parts) if parts else None


def submit(client: Client, jobs: Sequence[Job]) -> Tree:
    """Submit jobs and the sums over them; only paths, positions and counts are sent.

    A job that fails is tried again on any worker. If a worker is lost, its jobs are computed
    again, with the results that nobody had fetched.
    """
    futures = client.map(score_job, jobs, key=[job.key for job in jobs], retries=_RETRIES)
    branches = []
    for group in _groups(futures):
        name = f"sum-{group[0].key}"
        total = client.submit(sum_counts, group, key=name, retries=_RETRIES)
        branches.append(Reduction(tuple(group), total))
    level, depth = [branch.total for branch in branches], 1
    while len(level) > 1:
        depth += 1
        level = [
            client.submit(sum_counts, group, key=f"sum{depth}-{group[0].key}", retries=_RETRIES)
            for group in _groups(level)
        ]
    return Tree(tuple(branches), level[0])


def _groups(futures: Sequence[Future]) -> Iterator[list[Future]]:
    for start in range(0, len(futures), FAN_IN):
        yield list(futures[start : start + FAN_IN])


def collect(
    client: Client,
    trees: Mapping[K, Tree],
    save: Callable[[], None],
    save_every_s: float = 30.0,
) -> dict[K, PartialCounts]:
    """Wait for all trees and fetch their roots; call `save` from time to time.

    Raises the exception of a job whose last retry failed.
    """
    from distributed import as_completed

    jobs = [job for tree in trees.values() for branch in tree.branches for job in branch.jobs]
    saved_s = time.monotonic()
    for future in as_completed(jobs):
        if future.status == "error":
            fault: BaseException = future.exception()
            raise fault
        if time.monotonic() - saved_s > save_every_s:
            save()
            saved_s = time.monotonic()
    roots = client.gather([tree.root for tree in trees.values()])
    return dict(zip(trees, roots, strict=True))


def moved_bytes(jobs: Sequence[Job], parts: Sequence[PartialCounts]) -> float:
    """Return the bytes sent per frame, of pickled jobs and counts together.

    jobs: those of the parts. A job is sent once, a part at most twice: to its reduction, and
    as a share of that sum.
    """
    out = sum(len(pickle.dumps(job)) for job in jobs)
    back = sum(len(pickle.dumps(part)) for part in parts)
    frames = sum(job.stop - job.start for job in jobs)
    return (out + back * (1 + 1 / FAN_IN)) / max(1, frames)

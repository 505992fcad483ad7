"""Cases to measure, their order, and what a worker process is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, Protocol

from edge_app.model.card import ModelSpec
from edge_app.results.bench_result import Budget
from edge_app.style import count

RequestKind = Literal["trial", "quality", "sustained"]


@dataclass(frozen=True, slots=True)
class Case:
    """One combination to measure: a variant on a runtime with a number of threads.

    threads: None for the number of physical cores.
    """

    variant: str
    runtime: str = "auto"
    threads: int | None = None

    def __str__(self) -> str:
        threads = f", {count(self.threads, 'thread')}" if self.threads else ""
        runtime = "" if self.runtime == "auto" else f" on {self.runtime}"
        return f"{self.variant}{runtime}{threads}"


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """Request to a worker process: one trial, the quality, or the sustained run of a case.

    kind: "trial" loads the network and measures each kind of run once; "quality" scores results
        against float32 and the truth; "sustained" runs the network without a pause.
    source: as `open_source` takes it. truth, truth_labels: as `open_truth` takes them.
    frames: at most as many are scored. explain: also measure a run without the delegate.
    """

    spec: ModelSpec
    case: Case
    source: str
    budget: Budget
    kind: RequestKind = "trial"
    truth: str | None = None
    truth_labels: str | None = None
    frames: int | None = None
    explain: bool = False


class OnPhase(Protocol):
    """Callback for the phases of a worker."""

    def __call__(self, phase: str, /) -> None:
        """Report the phase that begins."""


def cases_of(
    variants: Sequence[str], runtimes: Sequence[str], threads: Sequence[int | None]
) -> list[Case]:
    """Return every combination, variants innermost."""
    return [
        Case(variant, runtime, count)
        for runtime, count, variant in product(runtimes, threads, variants)
    ]


def rounds_of(cases: Sequence[Case], rounds: int) -> Iterator[tuple[int, Case]]:
    """Return (round, case) as A B C D A B C D, so that drift affects all cases equally."""
    return product(range(rounds), cases)

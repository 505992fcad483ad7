"""Say what is to be measured: cases, how long, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from edge_app.model.card import ModelSpec


@dataclass(frozen=True, slots=True)
class Case:
    """Name one thing to measure: a variant on a runtime with so many threads.

    threads: None for the number of physical cores.
    """

    variant: str
    runtime: str = "auto"
    threads: int | None = None

    def words(self) -> str:
        """Tell it in a few words."""
        threads = f", {self.threads} threads" if self.threads else ""
        runtime = "" if self.runtime == "auto" else f" on {self.runtime}"
        return f"{self.variant}{runtime}{threads}"


@dataclass(frozen=True, slots=True)
class Budget:
    """Say how long to measure: at least so many seconds and runs of each kind, over all rounds.

    rounds: how often each case gets its turn. pace_hz: also run the network at this rate, as a
    camera makes it. sustained_s: also run it this long without a pause.
    """

    min_secs: float = 5.0
    num_runs: int = 30
    warmup_runs: int = 5
    rounds: int = 3
    pace_hz: float | None = None
    sustained_s: float | None = None

    @property
    def turn_secs(self) -> float:
        """The seconds of one kind of measurement in one turn."""
        return self.min_secs / self.rounds

    @property
    def turn_runs(self) -> int:
        """The runs of one kind of measurement in one turn."""
        return max(1, -(-self.num_runs // self.rounds))


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """Ask a measuring process for one turn of a case.

    source: as `open_source` takes it. kind: "turn", "quality" or "sustained".
    """

    spec: ModelSpec
    case: Case
    source: str
    effort: Budget
    kind: str = "turn"
    truth: str | None = None
    truth_labels: str | None = None
    frames: int | None = None
    explain: bool = False


def cases_of(
    variants: Sequence[str], runtimes: Sequence[str], threads: Sequence[int | None]
) -> list[Case]:
    """Return every combination, variants innermost."""
    return [
        Case(variant, runtime, count)
        for runtime, count, variant in product(runtimes, threads, variants)
    ]


def turns_of(cases: Sequence[Case], rounds: int) -> Iterator[tuple[int, Case]]:
    """Yield (round, case) as A B C D A B C D: what drifts then drifts for all alike."""
    for number in range(rounds):
        for case in cases:
            yield number, case

"""A benchmark: all cases in rounds, keeping what is measured whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from msgspec import structs

from edge_app.bench.aggregate import aggregate
from edge_app.bench.cases import Case, OnPhase, RequestKind, WorkerRequest, rounds_of
from edge_app.bench.explain import explain
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.trial import Trial
from edge_app.bench.worker import run_in_process
from edge_app.board import board as read_board
from edge_app.errors import ModelError
from edge_app.results.bench_result import CaseResult, Sustained

# What is missing if a phase after the trials fails.
_MISSING = {"quality": "its answers are not scored: ", "sustained": "it had no sustained run: "}


class RunRequest(Protocol):
    """Function that carries out a request, as `worker.run_in_process` does."""

    def __call__(self, request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Any:
        """Return a Trial, QualityResult or Sustained. Raises ModelError."""


class OnProgress(Protocol):
    """Callback for the progress of a benchmark."""

    def __call__(self, progress: str, case: Case, phase: str, /) -> None:
        """Report a phase of a case; progress: "round 1/3", "quality" or "sustained"."""


@dataclass(slots=True)
class Benchmark:
    """The trials of all cases, as they come.

    request: what is measured of every case. failed: the cases that could not be measured, or not
    to the end, and why. board_states: of the board, read after each trial.
    """

    request: WorkerRequest
    cases: Sequence[Case]
    board: Mapping[str, Any]
    stop: threading.Event
    run_request: RunRequest = run_in_process
    read_board: Callable[[], Mapping[str, Any]] = read_board
    trials: dict[Case, list[Trial]] = field(default_factory=dict)
    answers: dict[Case, QualityResult] = field(default_factory=dict)
    sustained: dict[Case, Sustained] = field(default_factory=dict)
    failed: dict[Case, str] = field(default_factory=dict)
    board_states: list[Mapping[str, Any]] = field(default_factory=list)

    def run(self, on_progress: OnProgress) -> None:
        """Measure all cases, or until a stop. Raises ModelError if no case can be measured."""
        budget = self.request.budget
        for number, case in rounds_of(self.cases, budget.rounds):
            progress = _round_name(number, budget.rounds)
            trial = self._measure(case, "trial", on_progress, progress, explain=number == 0)
            if trial is not None and trial.invoke_only:  # a stop may have left it without a run
                self.trials.setdefault(case, []).append(trial)
        self._measure_all("quality", self.answers, on_progress)
        if budget.sustained_s:
            self._measure_all("sustained", self.sustained, on_progress)
        if self.failed and not self.trials:
            raise ModelError(next(iter(self.failed.values())))

    def steps(self) -> list[tuple[str, Case]]:
        """Return what `run` reports as progress, in its order."""
        budget = self.request.budget
        steps = [
            (_round_name(number, budget.rounds), case)
            for number, case in rounds_of(self.cases, budget.rounds)
        ]
        kinds = ("quality", "sustained") if budget.sustained_s else ("quality",)
        return steps + [(kind, case) for kind in kinds for case in self.cases]

    @property
    def rounds_done(self) -> int:
        """How many rounds were measured of all cases, leaving out those that failed."""
        return min(
            (
                sum(trial.complete for trial in self.trials.get(case, ()))
                for case in self.cases
                if case not in self.failed
            ),
            default=0,
        )

    def _measure_all(
        self, kind: RequestKind, results: dict[Case, Any], on_progress: OnProgress
    ) -> None:
        for case in self.cases:
            result = self._measure(case, kind, on_progress, kind)
            if result is not None:
                results[case] = result

    def _measure(
        self,
        case: Case,
        kind: RequestKind,
        on_progress: OnProgress,
        progress: str,
        *,
        explain: bool = False,
    ) -> Any:
        if self.stop.is_set() or case in self.failed:
            return None
        explain = explain and self.request.explain
        request = replace(self.request, case=case, kind=kind, explain=explain)
        try:
            return self.run_request(
                request, self.stop, lambda phase: on_progress(progress, case, phase)
            )
        except ModelError as fault:
            self.failed[case] = _MISSING.get(kind, "") + str(fault)
            return None
        finally:
            self.board_states.append(self.read_board())

    def results(self) -> list[CaseResult]:
        """Return the figures of every case that has any, in the order of the cases."""
        cores = self.board.get("cores")
        measured = {
            case: aggregate(
                self.trials[case],
                cores if isinstance(cores, int) else 1,
                answers=self.answers.get(case),
                sustained=self.sustained.get(case),
                complete=len(self.trials[case]) == self.request.budget.rounds,
            )
            for case in self.cases
            if case in self.trials
        }
        results = []
        for case, one in measured.items():
            others_ms = {
                other.runtime: other.invoke_only.p50_ms
                for key, other in measured.items()
                if other.invoke_only
                and (key.variant, key.threads) == (case.variant, case.threads)
                and key.runtime != case.runtime
            }
            invoke_ms = one.invoke_only.p50_ms if one.invoke_only else None
            why = explain(self.trials[case][0], invoke_ms, self.board, others_ms)
            results.append(structs.replace(one, why=why))
        return results


def _round_name(number: int, rounds: int) -> str:
    return f"round {number + 1}/{rounds}"

"""Measure cases in turns, and keep what is measured whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge_app.bench.aggregate import CaseResult, aggregate
from edge_app.bench.cases import Case, WorkerRequest, turns_of
from edge_app.bench.explain import explain
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.sustained import Sustained
from edge_app.bench.trial import Trial
from edge_app.bench.worker import carry_out
from edge_app.board import board as board_now
from edge_app.errors import ModelError
from edge_app.timing import Latency

Does = Callable[[WorkerRequest, threading.Event, Callable[[str], None]], Any]
# What is missing where a step fails that comes after the turns.
_MISSING = {"quality": "its answers are not judged: ", "sustained": "it was not run for long: "}


@dataclass(slots=True)
class Benchmark:
    """Hold the turns of all cases as they come.

    ask: what is asked for every case, its own `case` put in. does: carries an ask out.
    failed: the cases that could not be measured, or not to the end, and why.
    look: reads the board's state, after each turn. states: what it read.
    """

    ask: WorkerRequest
    cases: Sequence[Case]
    board: Mapping[str, Any]
    stop: threading.Event
    does: Does = carry_out
    turns: dict[Case, list[Trial]] = field(default_factory=dict)
    answers: dict[Case, QualityResult] = field(default_factory=dict)
    sustained: dict[Case, Sustained] = field(default_factory=dict)
    failed: dict[Case, str] = field(default_factory=dict)
    look: Callable[[], Mapping[str, Any]] = board_now
    states: list[Mapping[str, Any]] = field(default_factory=list)

    def go(self, heard: Callable[[str, Case, str], None], *, judge_answers: bool = True) -> None:
        """Measure everything that is asked for, or until a stop.

        heard: told (how far, the case, the step in hand) as it goes.
        Raises ModelError where no case at all can be measured.
        """
        effort = self.ask.effort
        for number, case in turns_of(self.cases, effort.rounds):
            turn = self._do(case, f"round {number + 1}/{effort.rounds}", heard, "turn", number == 0)
            if turn is not None:
                self.turns.setdefault(case, []).append(turn)
        kinds: list[tuple[str, dict[Case, Any]]] = []
        if judge_answers:
            kinds.append(("quality", self.answers))
        if effort.sustained_s:
            kinds.append(("sustained", self.sustained))
        for kind, kept in kinds:
            for case in self.cases:
                found = self._do(case, kind, heard, kind, explain=False)
                if found is not None:
                    kept[case] = found
        if self.failed and not self.turns:
            raise ModelError(next(iter(self.failed.values())))

    def _do(
        self,
        case: Case,
        how_far: str,
        heard: Callable[[str, Case, str], None],
        kind: str,
        explain: bool,
    ) -> Any:
        if self.stop.is_set() or case in self.failed:
            return None
        ask = replace(self.ask, case=case, kind=kind, explain=self.ask.explain and explain)
        try:
            return self.does(ask, self.stop, lambda step: heard(how_far, case, step))
        except ModelError as fault:
            self.failed[case] = _MISSING.get(kind, "") + str(fault)
            return None
        finally:
            self.states.append(self.look())

    def measured(self) -> list[CaseResult]:
        """Return the figures of every case that has any, in the order asked for."""
        cores = self.board.get("cores")
        medians = {case: _median(turns) for case, turns in self.turns.items()}
        found = []
        for case in self.cases:
            turns = self.turns.get(case)
            if not turns:
                continue
            others = {
                self.turns[other][0].runtime: ms
                for other, ms in medians.items()
                if ms is not None
                and (other.variant, other.threads) == (case.variant, case.threads)
                and other.runtime != case.runtime
            }
            found.append(
                aggregate(
                    turns,
                    cores if isinstance(cores, int) else 1,
                    answers=self.answers.get(case),
                    sustained=self.sustained.get(case),
                    why=explain(turns[0], medians[case], self.board, others),
                    complete=len(turns) == self.ask.effort.rounds,
                )
            )
        return found


def _median(turns: Sequence[Trial]) -> float | None:
    latency = Latency.of(ms for turn in turns for ms in turn.alone)
    return latency.p50_ms if latency else None

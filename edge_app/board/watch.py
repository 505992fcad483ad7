"""The board from before a measurement to its end, and whether the figures are valid."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.board.cpu_usage import read_cpu_usage
from edge_app.board.facts import board
from edge_app.board.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class WatchedBoard:
    """States of the board around a measurement, and the verdict on it.

    started_unix_s: when it began, in seconds since 1970.
    others_cores: cores that other programs kept busy meanwhile, None if unknown.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    started_unix_s: float
    others_cores: float | None
    verdict: Verdict


class BoardWatch:
    """Watch that begins when it is made; before: the state of the board at that time."""

    def __init__(self) -> None:
        self.before: Mapping[str, Any] = board()
        self._cpu = read_cpu_usage()
        self._started_unix_s = time.time()

    def end(self, between: Sequence[Mapping[str, Any]] = ()) -> WatchedBoard:
        """Return what happened since; between: states that were read meanwhile."""
        after, cpu = board(), read_cpu_usage()
        others = cpu.others_since(self._cpu) if self._cpu and cpu else None
        verdict = judge(self.before, after, others, between)
        return WatchedBoard(self.before, after, self._started_unix_s, others, verdict)

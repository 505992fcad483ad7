"""States of a run's parts, as values that views place and colour by their kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class StateKind(Enum):
    """What a state is about."""

    RUNNING = "running"  # a source that gives frames
    OPENING = "opening"  # a camera before its first frame
    RECONNECTING = "reconnecting"
    CLOSED = "closed"
    PAUSED = "paused"
    LOADING = "loading"
    LOAD_FAILED = "load failed"
    RECORDING = "recording"
    RECORDING_STOPPED = "recording stopped"
    COLOURS_SWAPPED = "colours swapped"
    NOTE = "note"  # the answer to a key, shown for a few seconds


@dataclass(frozen=True, slots=True)
class State:
    """State of one part of a run; `str()` gives all of its text in one line.

    text: the state itself: "reconnecting (attempt 3)", "recording 0:12, 4.1 MB".
    detail: the reason, where there is one.
    variant: the variant it is about, whose colour it gets; empty where it is about none.
    """

    kind: StateKind
    text: str
    detail: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.detail}" if self.detail else self.text


RUNNING = State(StateKind.RUNNING, "running")
CLOSED = State(StateKind.CLOSED, "closed")

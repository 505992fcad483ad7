"""Whether a soak kept anything: the bounds, and the sentence for each."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.soak.samples import Minute

SETTLED_MINUTES = 15  # engines, caches and the allocator's arenas have reached their size by then
GROWTH = 0.02
_FEWEST = 8  # minutes after the settling, below which a trend is no trend


@dataclass(frozen=True, slots=True)
class Check:
    """One bound and whether it was kept; None where the run was too short to judge."""

    name: str
    kept: bool | None
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the run ended.

    frames, dropped: of summary.json. missing: frames whose number is skipped in frames.jsonl.
    recording_dropped: frames that no recording has. clients: answers that were no success.
    """

    exit_code: int | None
    frames: int
    dropped: int
    missing: int
    recording_dropped: int
    clients: int
    traceback: bool


def settled(minutes: Sequence[Minute]) -> Sequence[Minute]:
    """Return the minutes that are judged: after the 15th, or the second half of a shorter run."""
    skip = SETTLED_MINUTES if len(minutes) >= 2 * SETTLED_MINUTES else len(minutes) // 2
    return minutes[skip:]


def trend(values: Sequence[float]) -> float:
    """Return the growth along the line of the values, as a share of its start.

    The line is Theil and Sen's: the median of all slopes, which a few odd minutes do not turn
    (Sen, Estimates of the regression coefficient based on Kendall's tau, 1968).
    """
    slopes = [
        (later - earlier) / (j - i)
        for i, earlier in enumerate(values)
        for j, later in enumerate(values[i + 1 :], i + 1)
    ]
    slope = statistics.median(slopes)
    start = statistics.median(value - slope * i for i, value in enumerate(values))
    return slope * (len(values) - 1) / start


def judge(minutes: Sequence[Minute], ending: Ending) -> list[Check]:
    """Return every bound with what was found."""
    late = settled(minutes)
    return [
        _memory("memory", late, lambda minute: minute.rss_mb),
        _memory("memory of no file", late, lambda minute: minute.anon_mb),
        _count("descriptors", late, lambda minute: minute.descriptors),
        _count("threads", late, lambda minute: minute.threads),
        _count("children", late, lambda minute: minute.children),
        Check("frames", ending.frames > 0, f"{ending.frames:,} frames"),
        _none("dropped", ending.dropped, "frames dropped"),
        _none("missing", ending.missing, "numbers skipped in frames.jsonl"),
        _none("recording", ending.recording_dropped, "frames missing in the recordings"),
        _none("clients", ending.clients, "requests refused or broken"),
        Check("traceback", not ending.traceback, "in the terminal" if ending.traceback else "none"),
        Check("exit", ending.exit_code == 0, f"code {ending.exit_code}"),
    ]


def _memory(name: str, late: Sequence[Minute], of: Callable[[Minute], float]) -> Check:
    if len(late) < _FEWEST:
        return Check(name, None, f"{len(late)} minutes to judge, {_FEWEST} needed")
    values = [of(minute) for minute in late]
    growth = trend(values)
    text = (
        f"{growth:+.1%} from minute {late[0].number} to {late[-1].number} (at most"
        f" {GROWTH:.0%}), {min(values):.0f} to {max(values):.0f} MB"
    )
    return Check(name, growth <= GROWTH, text)


def _count(name: str, late: Sequence[Minute], of: Callable[[Minute], int]) -> Check:
    """Return whether the last third has no more than the first: a leak of one an hour is one."""
    if len(late) < _FEWEST:
        return Check(name, None, f"{len(late)} minutes to judge, {_FEWEST} needed")
    values = [of(minute) for minute in late]
    third = len(values) // 3
    first, last = statistics.median(values[:third]), statistics.median(values[-third:])
    return Check(name, last <= first, f"{first:g} at first, {last:g} at last")


def _none(name: str, number: int, what: str) -> Check:
    return Check(name, number == 0, f"{number} {what}")


def passed(checks: Sequence[Check]) -> bool:
    """Return whether no bound was missed."""
    return all(check.kept is not False for check in checks)

"""The progress of a conversion: which step of how many, and the time that is left of it."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


class RemainingColumn(ProgressColumn):
    """Time left of a step whose parts take equally long (`even`); nothing where none is known."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Return the time, or an empty text."""
        left_s = task.time_remaining
        if not task.fields.get("even") or task.finished or left_s is None:
            return Text("")
        return Text(f"{timedelta(seconds=round(left_s))} left", style="progress.remaining")


class Steps:
    """Numbered descriptions of the steps of a conversion."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._number = 0

    def next(self, text: str) -> str:
        """Return the description of the next step: "2/7 loading the model"."""
        self._number += 1
        return f"{self._number}/{self._count} {text}"


def conversion_progress(console: Console) -> Progress:
    """Return a display with step, elapsed time, and the time left where it is known."""
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
    return Progress(*columns, RemainingColumn(), console=console)

"""A line per image with its answer, for runs of images that no window shows."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

from edge_app.answer_text import answer_text
from edge_app.closeable import Closeable
from edge_app.console import print_wrapped
from edge_app.errors import SinkError
from edge_app.frame import Status, Step


class Answers(Closeable):
    """Print the name of each image and the answer to it; above the live view, if there is one.

    wanted: whether the frames are images now; a key may have changed the source.
    single: whether there is one image only. Its answer is kept, to be printed after the summary,
    which is longer than a small screen.
    """

    every_frame = True
    wants_canvas = False

    def __init__(
        self,
        console: Console,
        wanted: Callable[[], bool] = lambda: True,
        single: Callable[[], bool] = lambda: False,
    ) -> None:
        self.kept: str | None = None
        self._single = single
        self._console = console
        self._wanted = wanted

    def write(self, step: Step, status: Status) -> None:
        """Print one answer. Raises SinkError."""
        if self._closed:
            raise SinkError("the list of answers was closed; open a new one")
        if not self._wanted():
            return
        answer = answer_text(step.result, status.labels, step.frame.truth)
        line = f"{step.frame.name}: {answer}"
        self.kept = line if self._single() else None
        if self.kept is None:
            print_wrapped(self._console, escape(line))

    def _release(self) -> None:
        """Nothing is held: every line is printed at once."""

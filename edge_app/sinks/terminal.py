"""The terminal view of a run: a live view on a screen, plain lines in a pipe."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from edge_app.answer_text import answer_text
from edge_app.closeable import Closeable
from edge_app.console import TextConsole
from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.frame import Segmentation, Status, Step
from edge_app.sinks.screen import plain_line, screen
from edge_app.sinks.screen_parts import Progress
from edge_app.standard_streams import output_may_fail
from edge_app.style import count
from edge_app.timing import MIN_RATE_FRAMES

# Drawing the live view takes about as long as a frame of a small network.
_LIVE_S = 0.25
_LINES_S = 5.0


class Terminal(Closeable):
    """Show the status of a run every `interval_s` seconds; without escape codes in a pipe.

    console: where to write (default: standard output).
    frame_count: how many frames are expected, None if unknown or endless.
    keys: whether the terminal's keys are read, so that the hint is shown.
    """

    wants_canvas = False
    every_frame = False

    def __init__(
        self,
        console: Console | None = None,
        *,
        frame_count: int | None = None,
        interval_s: float | None = None,
        keys: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or TextConsole()
        self._interval_s = interval_s or (_LIVE_S if self.is_screen else _LINES_S)
        self._frame_count = frame_count
        self._keys = keys
        self._help = False
        self._clock = clock
        self._live: Live | None = None
        self._status: Status | None = None
        self._variants: set[tuple[str, str]] = set()
        self._first_s = 0.0
        self._next_s = 0.0
        self._output_closed = False

    def write(self, step: Step, status: Status) -> None:
        """Note the status; show it if the interval has passed. Raises SinkError."""
        now_s = self._clock()
        begins = self._status is None
        self._status = status
        self._variants.add((status.model, status.variant))
        if not begins and now_s < self._next_s and not self._closed:
            return
        if self._closed:
            raise SinkError("the terminal view was closed; open a new one")
        self._next_s = now_s + self._interval_s
        if begins:
            self._first_s = now_s
        with self._ignore_closed_output():
            if self.is_screen:
                self._draw(step, status, now_s)
            elif not begins:
                self._print(plain_line(status, self._progress(status, now_s)))

    def follow(self, controls: Controls) -> None:
        """Show the help or hide it."""
        self._help = controls.help
        self._next_s = min(self._next_s, self._clock())

    def begin(self, frame_count: int | None) -> None:
        """Continue with another source."""
        self._frame_count = frame_count

    @contextmanager
    def _ignore_closed_output(self) -> Iterator[None]:
        """Stop writing once the output is closed: the run continues for its recording and log.

        The terminal was closed (EIO), or the pipe was (`edge-app run ... | head -1`), for which
        rich asks the whole program to end.
        """
        written = False
        with output_may_fail():
            yield
            written = True
        if not written:
            self._next_s = math.inf
            self._output_closed = True

    @property
    def is_screen(self) -> bool:
        """Whether it is a live view; otherwise it prints lines."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _progress(self, status: Status, now_s: float) -> Progress:
        return Progress(status.frames, self._frame_count, now_s - self._first_s)

    def _draw(self, step: Step, status: Status, now_s: float) -> None:
        console = self._console
        answer = ""
        if not isinstance(step.result, Segmentation):
            answer = answer_text(step.result, status.labels, step.frame.truth)
        if self._live is None:
            # It is removed at the end: the summary has all of it, and more exactly.
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()
        view = screen(
            status,
            self._progress(status, now_s),
            console.size,
            ascii_only=console.options.ascii_only,
            keys=self._keys,
            help_shown=self._help,
            comparison=step.comparison,
            answer=answer,
        )
        self._live.update(view, refresh=True)

    def _print(self, text: str) -> None:
        encoding = self._console.encoding
        text = text.encode(encoding, "replace").decode(encoding)
        soft = not self._console.is_terminal
        self._console.print(text, markup=False, highlight=False, soft_wrap=soft)

    def _release(self) -> None:
        """Remove the live view and print one line about the run."""
        if self._output_closed:
            return
        with self._ignore_closed_output():
            if self._live is not None:
                self._live.stop()
            if self._status is not None:
                self._print(self._last_line(self._status))

    def _last_line(self, status: Status) -> str:
        """Return the last line, without a rate: the summary has the one of the whole run.

        The frames are those of all variants, so it names one only if no other had any.
        """
        name = f"{status.variant}: " if len(self._variants) == 1 else ""
        text = f"{name}{count(status.frames, 'frame')}"
        if status.frames < MIN_RATE_FRAMES:
            return text
        return f"{text} in {self._clock() - self._first_s:.1f} s"

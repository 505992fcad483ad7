"""Draw what was answered, and hand it to the sinks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from edge_app.frame import Comparison, Frame, Image, Result, Status, Step
from edge_app.metrics.run_stats import RunStats
from edge_app.pipeline.controller import Controller
from edge_app.pipeline.workers import Prediction
from edge_app.sinks.sink import Sink, is_display
from edge_app.state import State
from edge_app.timing import Timings

Draw = Callable[..., Image]  # as `overlay.Overlay.draw`
# A network that answers this often is a fluid picture by itself.
_FLUID_S = 0.04
# A picture that stands still is drawn anew this often where only its states have changed.
_STILL_S = 0.2


class Presenter:
    """Make a step of every answer; main thread only.

    draw: makes the canvas; None where there never is one. wanted: tells whether one is looked at.
    last: the step that was made last, None before the first.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        draw: Draw | None,
        wanted: Callable[[], bool],
        stats: RunStats,
        controller: Controller,
    ) -> None:
        self._draw, self._wanted = draw, wanted
        self._stats, self._controller = stats, controller
        self._sinks = sinks
        self._writes = [sink.write for sink in sinks if sink.every_frame]
        self._looks = [sink.write for sink in sinks if not sink.every_frame]
        self._displays = [sink.write for sink in sinks if is_display(sink)]
        self._told: Status | None = None
        self.last: Step | None = None
        self._glance: Frame | None = None
        self._answered_s = self._drawn_s = 0.0
        self._drawn: tuple[tuple[State, ...], int] = ((), 0)  # the states and frames last drawn
        self._pauses: deque[tuple[float, float]] = deque(maxlen=16)

    def paused(self, from_s: float, to_s: float) -> None:
        """Note a pause: frames in hand did not age in it, and it slowed nothing down."""
        self._pauses.append((from_s, to_s))
        self._stats.rest(to_s - from_s)

    def finish(self, answer: Prediction) -> None:
        """Count an answer, draw it and hand it on."""
        stats, frame, result = self._stats, answer.frame, answer.result
        if answer.info is not stats.info:
            stats.switch_to(answer.info)
        stats.score(frame, result)
        started_s = time.monotonic()
        comparison = answer.comparison
        if comparison is not None:
            comparison = stats.compare(frame, comparison, started_s)
        canvas, overlay_ms = None, 0.0
        if self._draw is not None and self._wanted():
            # A picture that was seen already is not gone back to.
            newer = self._glance and self._glance.index > frame.index
            seen = self._glance if self._glance and newer else frame
            canvas = self._canvas(seen, result, comparison, stats.status(started_s), started_s)
            overlay_ms = (self._drawn_s - started_s) * 1e3
        now_s = self._answered_s = time.monotonic()
        waited_s = now_s - frame.captured_s - (self._idle(frame) if self._pauses else 0.0)
        timings = Timings(
            frame.capture_ms,
            answer.prepare_ms,
            answer.invoke_ms,
            answer.decode_ms,
            overlay_ms,
            waited_s * 1e3,
        )
        stats.add(timings, now_s)
        step = Step(frame, result, timings, answer.info.key.variant, canvas, comparison)
        self.tell(step, now_s)

    def tell(self, step: Step, now_s: float) -> None:
        """Hand a counted step on."""
        self.last = step
        status = self._stats.status(now_s)
        for write in self._writes:
            write(step, status)
        if status is not self._told:
            self._told = status
            for look in self._looks:
                look(step, status)

    def glance(self, frame: Frame) -> None:
        """Show a newer frame with the last answer, where the network is slow."""
        self._glance = frame
        last = self.last
        now_s = time.monotonic()
        slow = now_s - self._answered_s >= _FLUID_S
        if last is None or self._draw is None or not slow or not self._wanted():
            return
        status = self._stats.status(now_s)
        canvas = self._canvas(frame, last.result, last.comparison, status, now_s)
        self.last = step = replace(last, frame=frame, canvas=canvas)
        for sink in self._sinks:
            if sink.every_frame and sink.wants_canvas:
                sink.write(step, status)

    def again(self, *, anew: bool) -> None:
        """Draw the last picture again for those who look on: keys or states have changed.

        anew: whether it is known to have changed; otherwise states and count are looked at.
        """
        last, now_s = self.last, time.monotonic()
        if last is None or not (anew or now_s - self._drawn_s >= _STILL_S):
            return
        status = self._stats.final_status()
        # A picture is drawn before it is counted: one that stands still gets its own figures.
        changed = (status.states, status.frames) != self._drawn
        # Somebody looks on who was not there when it was answered.
        undrawn = last.canvas is None and self._draw is not None and self._wanted()
        self._drawn_s = now_s
        if anew or changed or undrawn:
            self._told, self._drawn = status, (status.states, status.frames)
            if self._draw is not None and self._displays:
                canvas = self._canvas(last.frame, last.result, last.comparison, status, now_s)
                last = self.last = replace(last, canvas=canvas)
            for write in self._displays:
                write(last, status)
        for look in self._looks:  # they may have passed over what was told them a moment ago
            look(last, status)

    def end(self) -> None:
        """Let those who only tell how things stand have the last figures."""
        if self.last is not None and self._told is not None:
            for look in self._looks:
                look(self.last, self._stats.final_status())

    def with_canvas(self) -> tuple[Step, Status] | None:
        """Return the last step with a canvas, drawn if need be; None before the first."""
        last = self.last
        if last is None or (last.canvas is None and self._draw is None):
            return None
        status, now_s = self._stats.final_status(), time.monotonic()
        canvas = last.canvas
        if canvas is None:
            canvas = self._canvas(last.frame, last.result, last.comparison, status, now_s)
        return replace(last, canvas=canvas), status

    def _canvas(
        self,
        frame: Frame,
        result: Result,
        comparison: Comparison | None,
        status: Status,
        now_s: float,
    ) -> Image | None:
        if self._draw is None:
            return None
        self._drawn = (status.states, status.frames)
        canvas = self._draw(frame, result, status, self._controller.controls, now_s, comparison)
        self._drawn_s = time.monotonic()
        return canvas

    def _idle(self, frame: Frame) -> float:
        """Return how long the line has stood still since a frame was captured, in seconds."""
        since_s = frame.captured_s
        return sum(max(0.0, to_s - max(from_s, since_s)) for from_s, to_s in self._pauses)

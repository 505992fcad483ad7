"""Predictions become steps: counted, drawn and handed to the sinks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from edge_app.controls import Controls
from edge_app.frame import Comparison, Frame, Image, Result, Status, Step
from edge_app.metrics.run_stats import RunStats
from edge_app.pipeline.workers import Prediction
from edge_app.sinks.sink import Sink, is_display
from edge_app.state import State, StateKind
from edge_app.timing import Timings

# A network this fast makes a fluid view by itself, without previews.
_FLUID_S = 0.04
# How often a still view is drawn again if only its states have changed.
_STILL_S = 0.2
# States that a snapshot shows: they say something about its image.
_ABOUT_THE_IMAGE = {StateKind.RECONNECTING, StateKind.COLOURS_SWAPPED}
# What a canvas is drawn from. The float is the monotonic time in seconds; see `Overlay.draw`.
DrawInput = tuple[Frame, Result, Status, Controls, float, Comparison | None]
# Returns a new canvas: uint8 (H, W, 3) BGR.
Draw = Callable[[Frame, Result, Status, Controls, float, Comparison | None], Image]


class WindowDraw(Protocol):
    """Draws the canvases of a window, in its size."""

    @property
    def draw(self) -> Draw:
        """What returns a new canvas."""
        ...

    def is_resized(self) -> bool:
        """Return whether the window has another size than the canvas drawn last."""
        ...


class _Canvases(NamedTuple):
    """The canvases of one step, by its fields."""

    canvas: Image | None = None
    window_canvas: Image | None = None


_NONE = _Canvases()


class _Drawn(NamedTuple):
    """When a canvas was drawn last, the states and the frame count on it, and for whom."""

    at_s: float = 0.0
    states: tuple[State, ...] = ()
    frames: int = 0
    for_small: bool = False


class _Sinks:
    """The sinks by what they are given."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.every_frame = [sink for sink in sinks if sink.every_frame]
        self.status_only = [sink.write for sink in sinks if not sink.every_frame]
        self.displays = [sink.write for sink in sinks if is_display(sink)]


class Presenter:
    """The last stage of a run; main thread only.

    controls: current settings. draw: None if no sink ever takes a canvas.
    is_watched: whether any sink but the window takes canvases now. clock: monotonic seconds.
    for_small: whether only small pages take them, for which no panels are drawn.
    window: draws the canvases of the window; None without one.
    last: newest step, None before the first.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        stats: RunStats,
        controls: Callable[[], Controls],
        *,
        draw: Draw | None = None,
        window: WindowDraw | None = None,
        is_watched: Callable[[], bool] = lambda: True,
        for_small: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.last: Step | None = None
        self._sinks = _Sinks(sinks)
        self._stats = stats
        self._controls = controls
        self._draw = draw
        self._window = window
        self._is_watched = is_watched
        self._for_small = for_small
        self._clock = clock
        self._status_sent: Status | None = None
        self._newest: Frame | None = None  # the last preview
        self._predicted_s = 0.0
        self._drawn = _Drawn()
        self._pauses: deque[tuple[float, float]] = deque(maxlen=16)

    @property
    def draws(self) -> bool:
        """Whether canvases are drawn now."""
        return self._window is not None or (self._draw is not None and self._is_watched())

    @property
    def takes_every_frame(self) -> bool:
        """Whether any sink takes every frame, not only the status."""
        return bool(self._sinks.every_frame)

    def present(self, prediction: Prediction) -> None:
        """Score, draw, count and publish one prediction."""
        stats, frame, result = self._stats, prediction.frame, prediction.result
        if prediction.info is not stats.info:
            stats.switch_to(prediction.info)
        counts = stats.score(frame, result)
        started_s = self._clock()
        comparison = prediction.comparison
        if comparison is not None:
            comparison = stats.compare(frame, comparison, counts, started_s)
        canvases, overlay_ms = _NONE, 0.0
        if self.draws:
            # The view never goes back to a frame older than its last preview.
            newer = self._newest is not None and self._newest.index > frame.index
            seen = self._newest if self._newest is not None and newer else frame
            canvases = self._canvases(seen, result, comparison, stats.status(started_s), started_s)
            overlay_ms = (self._drawn.at_s - started_s) * 1e3
        now_s = self._predicted_s = self._clock()
        waited_s = now_s - frame.captured_s - (self._paused_s(frame) if self._pauses else 0.0)
        timings = Timings(
            frame.capture_ms,
            prediction.prepare_ms,
            prediction.invoke_ms,
            prediction.decode_ms,
            overlay_ms,
            waited_s * 1e3,
        )
        stats.add(timings, now_s)
        variant = prediction.info.key.variant
        canvas, window_canvas = canvases
        step = Step(frame, result, timings, variant, canvas, comparison, window_canvas)
        self.publish(step, now_s)

    def publish(self, step: Step, now_s: float) -> None:
        """Hand a counted step to the sinks.

        Raises the first error of a sink when the others of every frame have the step as well: a
        log has a line for each frame that the summary counts.
        """
        self.last = step
        status = self._stats.status(now_s)
        error: Exception | None = None
        for sink in self._sinks.every_frame:
            try:
                sink.write(step, status)
            except Exception as caught:  # noqa: BLE001 - raised below
                error = error or caught
        if error is not None:
            raise error
        if status is not self._status_sent:
            self._status_sent = status
            for write in self._sinks.status_only:
                write(step, status)

    def preview(self, frame: Frame) -> None:
        """Draw the last result over a newer frame, if the network is slow."""
        self._newest = frame
        last = self.last
        now_s = self._clock()
        slow = now_s - self._predicted_s >= _FLUID_S
        if last is None or not slow or not self.draws:
            return
        status = self._stats.status(now_s)
        canvases = self._canvases(frame, last.result, last.comparison, status, now_s)
        self.last = step = replace(last, frame=frame, **canvases._asdict())
        for sink in self._sinks.every_frame:
            if sink.wants_canvas:
                sink.write(step, status)

    def redraw(self, *, changed: bool) -> None:
        """Draw the last step again for the displays, after a key or a new state.

        changed: whether it is known to look different; otherwise states and count decide.
        """
        last, now_s = self.last, self._clock()
        if last is None or not (changed or now_s - self._drawn.at_s >= _STILL_S):
            return
        status = self._stats.final_status()
        # A frame is drawn before it is counted: a still one gets its own figures here.
        outdated = (status.states, status.frames) != self._drawn[1:3]
        outdated |= self._drawn.for_small is not self._without_panels()
        # A viewer connected after this frame was processed.
        undrawn = last.canvas is None and self._draw is not None and self._is_watched()
        outdated |= self._window is not None and self._window.is_resized()
        self._drawn = self._drawn._replace(at_s=now_s)
        if changed or outdated or undrawn:
            self._status_sent = status
            self._drawn = _Drawn(now_s, status.states, status.frames, self._without_panels())
            canvases = _NONE  # of what has changed no old one is kept
            if self.draws:
                canvases = self._canvases(last.frame, last.result, last.comparison, status, now_s)
            last = self.last = replace(last, **canvases._asdict())
            for write in self._sinks.displays:
                write(last, status)
        for write in self._sinks.status_only:  # they limit their own rate and may skip some
            write(last, status)

    def end(self) -> None:
        """Give the final figures to the sinks that only show the status."""
        if self.last is not None and self._status_sent is not None:
            for write in self._sinks.status_only:
                write(self.last, self._stats.final_status())

    def snapshot(self) -> tuple[Step, Status] | None:
        """Return the last step with a canvas of its own; None before the first.

        It is drawn without what is on screen for a moment only: messages, chips and the help.
        """
        last = self.last
        if last is None or (last.canvas is None and self._draw is None):
            return None
        status = self._stats.final_status()
        if self._draw is not None:
            states = tuple(state for state in status.states if state.kind in _ABOUT_THE_IMAGE)
            plain, controls = replace(status, states=states, switch=""), self._controls()
            canvas = self._draw(
                last.frame,
                last.result,
                plain,
                replace(controls, help=False),
                self._clock(),
                last.comparison,
            )
            last = replace(last, canvas=canvas)
        return last, status

    def note_pause(self, from_s: float, to_s: float) -> None:
        """Leave a pause out of the rates and out of the age of frames that waited in it."""
        self._pauses.append((from_s, to_s))
        self._stats.skip(to_s - from_s)

    def _canvases(
        self,
        frame: Frame,
        result: Result,
        comparison: Comparison | None,
        status: Status,
        now_s: float,
    ) -> _Canvases:
        """Draw for the window, and for the other sinks if any takes canvases now."""
        controls, for_small = self._controls(), self._without_panels()
        window = canvas = None
        if self._window is not None:
            window = self._window.draw(frame, result, status, controls, now_s, comparison)
        if self._draw is not None and self._is_watched():
            if for_small:
                controls = replace(controls, panels=False, help=False)
            canvas = self._draw(frame, result, status, controls, now_s, comparison)
        self._drawn = _Drawn(self._clock(), status.states, status.frames, for_small)
        return _Canvases(canvas, window)

    def _without_panels(self) -> bool:
        """Return whether canvases have no panels; that of a window may be used for all."""
        return self._window is None and self._for_small()

    def _paused_s(self, frame: Frame) -> float:
        """Return how long the run has been paused since a frame was captured, in seconds."""
        since_s = frame.captured_s
        return sum(max(0.0, to_s - max(from_s, since_s)) for from_s, to_s in self._pauses)

"""Run the stages in order: capture, then network, then picture, each in its own thread.

Decoding of frame n+1, the network on frame n and the drawing of frame n-1 overlap. A file
waits, so that every frame is seen; a live source keeps only its newest frame.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import cv2

from edge_app.controls import Controls, press
from edge_app.frame import Frame, Image, Result, Status, Step
from edge_app.pipeline.engine import Engine
from edge_app.pipeline.handoff import Handoff
from edge_app.pipeline.scoring import Scorer
from edge_app.pipeline.tally import Tally
from edge_app.sinks.base import Sink
from edge_app.sources.base import Source
from edge_app.timing import Timings

Draw = Callable[[Frame, Result, Status, Controls, float], Image]
Answer = tuple[Frame, Result, float, float, float]

# Passing a frame between threads costs about 0.1 ms, five times what a digit's network takes.
_SMALL_INPUT = 64 * 64 * 3
# Small enough for Ctrl-C and the first-level caches, large enough to spread NumPy's call costs.
_GROUP = 32


@dataclass(slots=True)
class Run:
    """Hold the parts of one run, and run it once.

    draw: makes the canvas; left out where no sink looks at one.
    keys: returns the names of the keys pressed since it was last asked.
    stop: set by a signal or a key; the run then ends after the frame in hand.
    paced: whether frames wait for their own time stamps; `pace_hz` is for sources without.
    """

    source: Source
    engine: Engine
    sinks: Sequence[Sink]
    draw: Draw | None = None
    keys: Callable[[], Sequence[str]] | None = None
    controls: Controls = field(default_factory=Controls)
    paced: bool = False
    pace_hz: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        truth = self.source.truth_labels
        scorer = Scorer(self.engine.spec.labels, truth) if truth else None
        self.tally = Tally(self.engine, self.source, scorer)

    def go(self) -> None:
        """Run to the end of the source, a stop, or the first fault, which is raised."""
        # The network's threads own the cores: OpenCV's own add a third to the CPU of a frame
        # (3.8 against 5.3 ms at 1280x720 on two cores) and take it from the network.
        cv2.setNumThreads(1)
        if self.source.live or self.draw is not None or not self._is_small():
            self._take_all(self._in_threads())
        elif any(sink.every_frame for sink in self.sinks):
            self._take_all(self._in_line())
        else:
            self._count_all()

    def _is_small(self) -> bool:
        size = 1
        for side in self.engine.network.input.shape:
            size *= side
        return size <= _SMALL_INPUT

    def _in_line(self) -> Iterator[Answer]:
        """Answer groups of frames in this thread; paced frames cannot wait for a group."""
        for group in self._groups():
            answers = self.engine.timed_all([frame.image for frame in group])
            for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(
                group, answers, strict=True
            ):
                yield frame, result, prepare_ms, invoke_ms, decode_ms

    def _groups(self) -> Iterator[list[Frame]]:
        frames = self._frames()
        size = 1 if self.paced and self.source.has_clock else _GROUP
        while group := list(islice(frames, size)):
            yield group

    def _count_all(self) -> None:
        """Answer and count groups where nobody asks for single frames."""
        tally, shown = self.tally, None
        looks = [sink.write for sink in self.sinks]
        for group in self._groups():
            answers = list(self.engine.timed_all([frame.image for frame in group]))
            now_s = time.monotonic()
            timings = tally.add_group(group, answers, now_s)
            status = tally.status(now_s)
            if status is not shown:
                shown = status
                self._look(looks, group[-1], answers[-1][0], timings, status)
            if self.stop.is_set():
                break
        if shown is not None:
            self._look(looks, group[-1], answers[-1][0], timings, tally.final_status())

    def _look(
        self,
        looks: Sequence[Callable[[Step, Status], None]],
        frame: Frame,
        result: Result,
        timings: Timings,
        status: Status,
    ) -> None:
        step = Step(frame, result, timings, self.engine.variant.name)
        for look in looks:
            look(step, status)

    def _in_threads(self) -> Iterator[Answer]:
        live = self.source.live
        captured: Handoff[Frame] = Handoff(1 if live else 2, newest_only=live)
        answered: Handoff[Answer] = Handoff(1)
        self.tally.watch_drops(lambda: captured.dropped)

        def capture() -> None:
            for frame in self._frames():
                if not captured.put(frame):
                    return

        def infer() -> None:
            for frame in captured.read(self.stop.is_set):
                if not answered.put((frame, *self.engine.timed(frame.image))):
                    return

        workers = [_worker(capture, captured), _worker(infer, answered)]
        for worker in workers:
            worker.start()
        try:
            yield from answered.read(self.stop.is_set)
        finally:
            captured.close()
            answered.close()
            if live:  # a camera that gives no pictures would hold its reader for ever
                self.source.close()
            for worker in workers:
                worker.join()

    def _frames(self) -> Iterator[Frame]:
        """Yield the source's frames, not before their own time where the run is paced."""
        anchor_s: float | None = None
        stopped, delivered = self.stop.is_set, self.tally.delivered
        live = self.source.live
        paced = self.paced and not live
        for frame in self.source:
            if stopped():
                return
            due_s = frame.time_s
            if due_s is None and self.pace_hz:
                due_s = frame.index / self.pace_hz
            if paced and due_s is not None:
                now_s = time.monotonic()
                # Where the network is slower than the source, the clock is set anew instead
                # of racing through the frames that are late.
                if anchor_s is None or now_s > anchor_s + due_s:
                    anchor_s = now_s - due_s
                if self.stop.wait(max(0.0, anchor_s + due_s - now_s)):
                    return
            if live:
                delivered(frame.captured_s)
            yield frame

    def _take_all(self, answers: Iterator[Answer]) -> None:
        variant = self.engine.variant.name
        tally, draw, clock, stopped = self.tally, self.draw, time.monotonic, self.stop.is_set
        writes = [sink.write for sink in self.sinks if sink.every_frame]
        looks = [sink.write for sink in self.sinks if not sink.every_frame]
        shown: Status | None = None
        for frame, result, prepare_ms, invoke_ms, decode_ms in answers:
            tally.score(frame, result)
            canvas, overlay_ms = None, 0.0
            if draw is not None:
                started_s = clock()
                canvas = draw(frame, result, tally.status(started_s), self.controls, started_s)
                overlay_ms = (clock() - started_s) * 1e3
            now_s = clock()
            timings = Timings(
                frame.capture_ms,
                prepare_ms,
                invoke_ms,
                decode_ms,
                overlay_ms,
                (now_s - frame.captured_s) * 1e3,
            )
            tally.add(timings, now_s)
            status = tally.status(now_s)
            if writes:
                step = Step(frame, result, timings, variant, canvas)
                for write in writes:
                    write(step, status)
            if status is not shown:
                shown = status
                for look in looks:
                    look(Step(frame, result, timings, variant, canvas), status)
            if self.keys is not None:
                self._obey(self.keys)
            if stopped():
                break
        if shown is not None:
            for look in looks:
                look(Step(frame, result, timings, variant, canvas), tally.final_status())

    def _obey(self, keys: Callable[[], Sequence[str]]) -> None:
        """Follow the keys; a pause holds the whole line, since every stage waits for the next."""
        while True:
            for key in keys():
                self.controls = press(self.controls, key)
            if self.controls.quit:
                self.stop.set()
            if not self.controls.paused or self.stop.wait(0.03):
                return


def _worker(work: Callable[[], None], end: Handoff[Frame] | Handoff[Answer]) -> threading.Thread:
    """Make a thread whose end or fault is always posted."""

    def body() -> None:
        fault: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # noqa: BLE001 - handed to main, which raises it
            fault = caught
        finally:
            end.finish(fault)

    return threading.Thread(target=body, name=work.__name__, daemon=True)

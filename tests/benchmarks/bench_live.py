"""Figures of a live run: python -m tests.benchmarks.bench_live.

A camera of 30 images per second replaces libcamera; everything above it is the app.

age         age of an image when its result is drawn, with a network of 50 ms
recording   length of a recording against wall time, with a network of 5 to 250 ms
view        rate of shown images while a key turns the recording on and off again
growth      memory, queues and ages over --minutes, with everything on
"""

from __future__ import annotations

import math
import random
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import pytest

from edge_app.channel import Channel
from edge_app.controls import Action
from edge_app.frame import Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.catalog import resolve_model
from edge_app.model.engine import Engine, EngineKey, load_engine, warm_up
from edge_app.overlay import Overlay
from edge_app.pipeline.controller import thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.run import Run
from edge_app.process import prepare_process
from edge_app.session.memory import resident_bytes
from edge_app.sinks.metrics_log import MetricsLog
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.recording import Recording
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.timing import Latency
from tests.benchmarks.script import bench_parser, say, verdict
from tests.benchmarks.timed import SIZE_WH, Sensor, SlowEngine
from tests.support.runs import make_run

_HZ = 30.0


class TimedScreen:
    """A display that records when each image is shown, and the age of each result.

    press: returns the keys to press at a time of the run, in seconds.
    """

    wants_canvas = True
    every_frame = True

    def __init__(self, press: Callable[[float], Sequence[str]]) -> None:
        self._press = press
        self.started_s: float | None = None  # when the first image came
        self._last: Any = None
        self.shown_s: deque[float] = deque(maxlen=100_000)
        self.ages_ms: deque[float] = deque(maxlen=100_000)
        self.invokes_ms: deque[float] = deque(maxlen=100_000)

    def write(self, step: Step, status: Status) -> None:
        """Record an image; a copy takes as long as showing it in a window."""
        now_s = time.monotonic()
        if self.started_s is None:
            self.started_s = now_s
        self.shown_s.append(now_s - self.started_s)
        if step.timings is not self._last:
            self._last = step.timings
            self.ages_ms.append(step.timings.end_to_end_ms)
            self.invokes_ms.append(step.timings.invoke_ms)
        if step.canvas is not None:
            step.canvas.copy()

    def keys(self) -> Sequence[str]:
        """Return the keys that are due."""
        if self.started_s is None:  # a busy machine may take longer than a part for the first
            return ()
        return self._press(time.monotonic() - self.started_s)

    def close(self) -> None:
        """Do nothing."""


def run_live(
    engine: Any,
    screen: TimedScreen,
    *,
    rate_hz: float = _HZ,
    sinks: Sequence[Any] = (),
    lag_ms: float = 0.0,
    recording: Recording | None = None,
    pool: EnginePool | None = None,
) -> Run:
    """Run the camera with an engine until a key ends it, and return the run."""
    with ExitStack() as stack:
        Sensor(rate_hz, lag_ms).install(stack.enter_context(pytest.MonkeyPatch.context()))
        options = CameraOptions(size_wh=SIZE_WH, fps=rate_hz)
        source = stack.enter_context(open_source("picamera", camera=options))
        every: list[Any] = [*([recording] if recording else []), *sinks, screen]
        run = make_run(
            source,
            engine,
            every,
            draw=Overlay(engine.spec.labels).draw,
            keys=screen.keys,
            previews=True,
            pool=pool,
            handlers={Action.RECORD: recording.switch} if recording else None,
        )
        run.go()
    return run


def until(seconds: float) -> Callable[[float], Sequence[str]]:
    """Return a `press` that ends a run after some seconds."""
    return lambda now_s: ["q"] if now_s >= seconds else []


def age(seconds: float) -> None:
    """Print the age of images, without and with the delay of the sensor."""
    spec = resolve_model("street")
    for lag_ms in (0.0, 1e3 / _HZ):
        screen = TimedScreen(until(seconds))
        run = run_live(SlowEngine(spec, lambda: 50.0), screen, lag_ms=lag_ms)
        ages, invokes = Latency.of(screen.ages_ms), Latency.of(screen.invokes_ms)
        assert ages is not None
        assert invokes is not None
        bound_ms = 2e3 / _HZ + invokes.mean_ms
        say(
            f"age, delay of the sensor {lag_ms:.0f} ms: p50 {ages.p50_ms:.1f}  p90 "
            f"{ages.p90_ms:.1f}  max {ages.max_ms:.1f} ms of {ages.n} results; two frame times "
            f"and the network {bound_ms:.0f} ms: {verdict(ages.p90_ms < bound_ms)}; "
            f"dropped {run.stats.summary().dropped}"
        )


def recording(seconds: float) -> None:
    """Print the length of a recording, and the wall time it took."""
    spec = resolve_model("street")
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.mp4"
        with _recording(path, on=True) as taken:
            engine = SlowEngine(spec, lambda: rng.uniform(5, 250))
            screen = TimedScreen(until(seconds))
            run_live(engine, screen, recording=taken)
            taken.close()
            wall_s = time.monotonic() - (screen.started_s or 0.0)
        record = taken.recording
        with av.open(str(path)) as container:
            length_s = (container.duration or 0) / 1e6
    error = length_s / wall_s - 1
    say(
        f"recording, network of 5 to 250 ms: {length_s:.2f} s for {wall_s:.2f} s of wall, "
        f"{error:+.2%}: {verdict(abs(error) <= 0.01)}; dropped {record.dropped if record else 0}"
    )


def view(turn_s: float, turns: int, rate_hz: float) -> None:
    """Print the rate of shown images without and with a recording, in turns of one run."""
    pressed = [0]

    def press(now_s: float) -> Sequence[str]:
        if now_s >= turns * turn_s:
            return ["q"]
        if now_s >= (pressed[0] + 1) * turn_s:
            pressed[0] += 1
            return ["r"]
        return []

    engine = _street()
    with tempfile.TemporaryDirectory() as folder:
        with _recording(Path(folder) / "out.mp4", on=False) as taken:
            screen = TimedScreen(press)
            run_live(engine, screen, rate_hz=rate_hz, recording=taken)
        record = taken.recording
    # The first half second of a turn does not count: a file is opened or closed in it.
    counts = [
        sum(turn * turn_s + 0.5 <= shown_s < (turn + 1) * turn_s for shown_s in screen.shown_s)
        for turn in range(turns)
    ]
    without, with_it = (statistics.fmean(counts[first::2]) / (turn_s - 0.5) for first in (0, 1))
    change = with_it / without - 1 if without else math.nan
    say(
        f"view of a camera of {rate_hz:g} Hz: {without:.2f} images per second, "
        f"{with_it:.2f} while recording "
        f"({change:+.1%}): {verdict(with_it >= 0.9 * without)}; recorded "
        f"{record.frames if record else 0} images, dropped {record.dropped if record else 0}"
    )


def growth(minutes: float) -> None:
    """Print memory, queues and ages, twenty times over some minutes, with everything on."""
    lines: list[tuple[float, float]] = []
    period_s = minutes * 60 / 20
    queues: list[Channel[Any]] = []

    def look(now_s: float) -> None:
        waiting = [len(queue._items) for queue in queues]
        recent = Latency.of(list(screen.ages_ms)[-300:])
        # The time of the network shows how busy the machine is.
        network = Latency.of(list(screen.invokes_ms)[-300:])
        lines.append((resident_bytes() / 1e6, recent.p90_ms if recent else 0.0))
        say(
            f"{now_s:6.0f} s: resident {lines[-1][0]:.1f} MB, age p90 {lines[-1][1]:.1f} ms, "
            f"network p50 {network.p50_ms if network else 0:.1f} ms, "
            f"waiting {waiting}, threads {threading.active_count()}"
        )

    def press(now_s: float) -> Sequence[str]:
        if now_s >= minutes * 60:
            return ["q"]
        if now_s >= (len(lines) + 1) * period_s:
            look(now_s)
            return ["v"]
        return []

    screen = TimedScreen(press)
    engine = _street()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(Channel, "__init__", _collecting(Channel.__init__, queues))
        pool = stack.enter_context(EnginePool(engine, _load, keep=2, partner=partner))
        pool.compare(True)
        log = stack.enter_context(MetricsLog(Path(folder)))
        taken = stack.enter_context(_recording(Path(folder) / "out.mp4", on=True))
        run = run_live(engine, screen, sinks=[log], recording=taken, pool=pool)
    # The first fifth does not count: every variant is loaded for the first time in it.
    fifth = len(lines) // 5
    early, late = lines[fifth : 2 * fifth + 1], lines[-fifth - 1 :]
    for what, place in (("resident MB", 0), ("age p90 ms", 1)):
        one, other = (statistics.fmean(line[place] for line in part) for part in (early, late))
        say(f"growth, {what}: {one:.1f} early, {other:.1f} late ({other / one - 1:+.1%})")
    say(f"frames {run.stats.frames}, dropped {run.stats.summary().dropped}")


def _collecting(init_: Callable[..., None], made: list[Any]) -> Callable[..., None]:
    """Return an `__init__` that also collects the objects."""

    def init(self: Any, *args: Any, **more: Any) -> None:
        init_(self, *args, **more)
        made.append(self)

    return init


def _load(key: EngineKey) -> Engine:
    engine = load_engine(key.spec, key.variant, threads=key.threads)
    warm_up(engine)
    return engine


def _street() -> Engine:
    spec = resolve_model("street")
    return _load(EngineKey(spec, "int8", thread_choices()[-1]))


def _recording(path: Path, *, on: bool) -> Recording:
    def make(path: Path, spent_bytes: int) -> Recorder:
        return Recorder(path, rate_hz=_HZ, live=True, spent_bytes=spent_bytes)

    return Recording(make, path, on=on)


def main() -> None:
    """Measure one part, or all but growth."""
    prepare_process()
    parser = bench_parser(__doc__)
    parser.add_argument("part", nargs="?", choices=("age", "recording", "view", "growth"))
    parser.add_argument("--seconds", type=float, default=24.0, help="of each part (default: 24)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of growth (default: 10)")
    options = parser.parse_args()
    seconds, minutes = (2.0, 0.05) if options.smoke else (options.seconds, options.minutes)
    if options.part in {None, "age"}:
        age(seconds / 2)
    if options.part in {None, "recording"}:
        recording(seconds)
    if options.part in {None, "view"}:
        for rate_hz in (_HZ, 4 * _HZ):  # the rate of the camera, and as fast as this machine can
            view(max(1.0, seconds / 8), 2 if options.smoke else 8, rate_hz)
    if options.part == "growth" or options.smoke:
        growth(minutes)


if __name__ == "__main__":
    main()

"""A run delivers every frame of a file, the newest of a camera, and every error."""

import threading
from typing import Any

import numpy as np
import pytest
from msgspec import to_builtins

from edge_app.controls import Controls
from edge_app.errors import ModelError, SinkError, SourceError
from edge_app.frame import Frame, Image
from edge_app.pipeline.run import Run
from edge_app.timing import STAGES
from tests.support.fakes import Collector, FakeEngine, FakeSource
from tests.support.runs import make_run
from tests.support.whole_runs import HANG_S


def draw(frame: Frame, *_: Any, **__: Any) -> Image:
    """Return the image itself as canvas."""
    return frame.image


def run_of(source: FakeSource, engine: FakeEngine, **more: Any) -> tuple[Run, Collector]:
    """Return a run and the sink that collects its steps."""
    collector = Collector()
    return make_run(source, engine, [collector], **more), collector


def leftover_threads() -> list[str]:
    """Return the names of the run's threads that are still alive."""
    return [thread.name for thread in threading.enumerate() if thread.name in {"capture", "infer"}]


@pytest.mark.parametrize("elements", [784, 512 * 256 * 3], ids=["inline", "in threads"])
def test_all_frames_of_a_file_arrive_in_order(elements: int) -> None:
    """Every frame arrives once, in order, with the result of its own image."""
    run, collector = run_of(FakeSource(300), FakeEngine(elements=elements))
    run.go()
    assert [step.frame.index for step in collector.steps] == list(range(300))
    assert all(
        int(step.result.class_map[0, 0]) == step.frame.index % 256 % 19 for step in collector.steps
    )
    assert run.stats.frames == 300
    assert leftover_threads() == []


def test_a_live_source_keeps_its_newest_frame_and_counts_the_others() -> None:
    """While the network is busy, frames of a camera are dropped, not queued."""
    busy, all_out = threading.Event(), threading.Event()

    def before(index: int) -> None:
        if index == 1:
            busy.wait(HANG_S)
        if index == 19:
            all_out.set()

    def during(value: int) -> None:
        if value == 0:
            busy.set()
            all_out.wait(HANG_S)

    run, collector = run_of(FakeSource(20, live=True, before=before), FakeEngine(during))
    run.go()
    seen = [step.frame.index for step in collector.steps]
    assert seen[0] == 0
    assert seen[-1] == 19
    assert len(seen) + run.stats.summary().dropped == 20
    assert run.stats.summary().dropped >= 16
    assert run.stats.status(0).policy == "newest frame"


@pytest.mark.parametrize("where", ["source", "engine", "sink"])
def test_an_error_anywhere_is_raised_and_leaves_no_thread(where: str) -> None:
    """The error of a worker or a sink comes out of `go`, after the frames before it."""

    def broken_source(index: int) -> None:
        if where == "source" and index == 3:
            raise SourceError("unplugged")

    def broken_engine(value: int) -> None:
        if where == "engine" and value == 3:
            raise ModelError("broken")

    class BrokenSink(Collector):
        def write(self, step: Any, status: Any) -> None:
            if where == "sink" and step.frame.index == 3:
                raise SinkError("disk full")
            super().write(step, status)

    collector = BrokenSink()
    source = FakeSource(10, before=broken_source)
    run = make_run(source, FakeEngine(broken_engine), [collector])
    with pytest.raises({"source": SourceError, "engine": ModelError, "sink": SinkError}[where]):
        run.go()
    assert [step.frame.index for step in collector.steps] == [0, 1, 2]
    assert leftover_threads() == []


def test_one_broken_sink_leaves_the_others_complete() -> None:
    """They have the frame at which it broke, and the status has the final count."""

    class BrokenSink(Collector):
        def write(self, step: Any, status: Any) -> None:
            if step.frame.index == 3:
                raise SinkError("disk full")

    log, shown = Collector(), Collector()
    shown.every_frame = False
    run = make_run(FakeSource(10), FakeEngine(), [BrokenSink(), shown, log])
    with pytest.raises(SinkError, match="disk full"):
        run.go()
    assert len(log.steps) == run.stats.frames == shown.statuses[-1].frames == 4


def test_a_stop_ends_the_run_after_the_current_frame() -> None:
    """All three threads follow the event."""
    stop = threading.Event()

    class Stopping(Collector):
        def write(self, step: Any, status: Any) -> None:
            super().write(step, status)
            if step.frame.index == 7:
                stop.set()

    collector = Stopping()
    make_run(FakeSource(100_000), FakeEngine(), [collector], stop=stop).go()
    assert [step.frame.index for step in collector.steps] == list(range(8))
    assert leftover_threads() == []


def test_a_stop_is_noticed_while_the_source_is_silent() -> None:
    """A camera that delivers nothing does not delay the end."""
    stop, silent = threading.Event(), threading.Event()

    def before(index: int) -> None:
        if index == 2:
            stop.set()
            silent.wait(0.5)

    run, collector = run_of(FakeSource(3, before=before), FakeEngine(), stop=stop)
    run.go()
    assert len(collector.steps) <= 2


def test_canvases_are_drawn_only_with_a_drawing_function() -> None:
    """Without one, steps carry no canvas."""
    run, collector = run_of(FakeSource(2), FakeEngine())
    run.go()
    assert [step.canvas for step in collector.steps] == [None, None]
    run, collector = run_of(FakeSource(2), FakeEngine(), draw=draw)
    run.go()
    assert [int(step.canvas[0, 0, 0]) for step in collector.steps] == [0, 1]


def test_keys_pause_go_on_and_quit() -> None:
    """A pause takes keys only; the frame after it is the next one of the file."""
    script = iter([(2, "space"), (2, "space"), (4, "q")])
    following = next(script)

    def keys() -> list[str]:
        nonlocal following
        frames, key = following
        if len(collector.steps) < frames:  # the network may be slower than the keys are polled
            return []
        following = next(script, following)
        return [key]

    run, collector = run_of(FakeSource(50), FakeEngine(), keys=keys)
    run.go()
    assert run.controller.controls == Controls()
    assert run.stop.is_set()
    assert [step.frame.index for step in collector.steps] == [0, 1, 2, 3]


def test_a_viewer_who_comes_in_a_pause_sees_the_last_frame() -> None:
    """Nothing was drawn while unwatched; the canvas is drawn for the viewer."""

    class Watched(Collector):
        def keys(self) -> list[str]:
            if not self.steps:
                return []
            if self.wants_canvas:
                return ["q"] if self.steps[-1].canvas is not None else []
            self.wants_canvas = True
            return ["space"]

    display = Watched()
    run = make_run(
        FakeSource(50),
        FakeEngine(),
        [display],
        draw=draw,
        is_watched=lambda: display.wants_canvas,
        keys=display.keys,
    )
    run.go()
    first, last = display.steps[0], display.steps[-1]
    assert first.canvas is None
    assert last.canvas is not None
    assert run.stats.frames == 1


def test_paced_frames_wait_for_their_own_time() -> None:
    """The waits on the stop event add up to the file's own clock."""

    class Waits(threading.Event):
        total_s = 0.0

        def wait(self, timeout: float | None = None) -> bool:
            Waits.total_s += timeout or 0.0
            return super().wait(timeout)

    run, _ = run_of(FakeSource(6), FakeEngine(), paced=True, stop=Waits())
    run.go()
    assert 0.1 < Waits.total_s <= 5 / 25 + 0.001


def test_frames_with_truth_are_scored() -> None:
    """Frames carry their truth, and the summary has the score."""
    truth = np.zeros((12, 16), np.uint8)
    run, _ = run_of(FakeSource(4, truth=truth, truth_labels="cityscapes"), FakeEngine())
    run.go()
    quality = run.stats.summary().quality
    assert quality is not None
    assert quality.per_class is not None
    assert quality.frames == 4
    assert quality.pixel_accuracy == 0.25
    # Class 0 was found in one frame of four; 1, 2 and 3 were predicted and never true.
    assert quality.miou == 0.25 / 4
    assert quality.per_class["road"] == 0.25
    assert quality.per_class["car"] is None


def test_the_summary_keeps_its_contract() -> None:
    """Scripts find every field where it was promised."""
    run, _ = run_of(FakeSource(10), FakeEngine())
    run.go()
    figures = run.stats.summary()
    assert figures.fps.network == pytest.approx(1000.0)
    summary = to_builtins(figures)
    assert summary["frames"] == 10
    assert summary["quality"] is None
    assert set(summary["fps"]) == {"source", "network", "shown"}
    assert tuple(summary["stages"]) == STAGES
    assert set(summary["stages"]["invoke"]) == {
        "n", "mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms",
    }  # fmt: skip
    for field in ("dropped", "task", "model", "variant", "runtime", "threads"):
        assert field in summary


def test_a_sink_of_the_status_gets_the_last_frame() -> None:
    """It sees few of the frames, and the last one with the final figures."""
    status_only = Collector()
    status_only.every_frame = False
    run = make_run(FakeSource(400), FakeEngine(elements=784), [status_only])
    run.go()
    assert len(status_only.steps) < 400
    assert status_only.steps[-1].frame.index == 399
    assert status_only.statuses[-1].frames == 400


@pytest.mark.parametrize("key", ["space", "."])
def test_images_stay_until_a_key(key: str) -> None:
    """Each key shows one more image, none is lost, and the key after the last one ends the run."""
    shown: list[int] = []
    keys_sent = 0

    def keys() -> list[str]:
        nonlocal keys_sent
        # The run is idle here: whatever came before was shown.
        if idle() and len(shown) == keys_sent + 1:
            keys_sent += 1
            return [key]
        return []

    def idle() -> bool:
        shown[:] = [step.frame.index for step in collector.steps]
        return bool(shown)

    run, collector = run_of(FakeSource(4), FakeEngine(), draw=draw, keys=keys, images_stay=True)
    run.go()
    assert [step.frame.index for step in collector.steps] == [0, 1, 2, 3]
    assert keys_sent == 4
    assert not run.controller.controls.paused
    assert leftover_threads() == []


def test_an_image_that_stays_holds_up_no_error_and_no_end() -> None:
    """A sink that fails, a quit and another task end a run that waits for a key."""

    class Broken(Collector):
        def write(self, step: Any, status: Any) -> None:
            raise SinkError("the disk is full; free some space")

    run = make_run(FakeSource(4), FakeEngine(), [Broken()], draw=draw, images_stay=True)
    with pytest.raises(SinkError, match="disk is full"):
        run.go()
    asked: list[str] = []

    def quit_later() -> list[str]:
        asked.append("")
        return ["q"] if len(asked) > 5 else []

    run, collector = run_of(
        FakeSource(4), FakeEngine(), draw=draw, keys=quit_later, images_stay=True
    )
    run.go()
    assert len(collector.steps) == 1
    run, collector = run_of(FakeSource(4), FakeEngine(), draw=draw, images_stay=True)
    run.should_end = lambda: bool(collector.steps)
    run.go()
    assert len(collector.steps) == 1
    assert leftover_threads() == []

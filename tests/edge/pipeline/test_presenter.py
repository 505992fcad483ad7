"""Every prediction is drawn and counted once; a still view is drawn again when it must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.frame import Comparison, Frame, Image, Segmentation, Status
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import engine_info
from edge_app.pipeline.controller import Controller
from edge_app.pipeline.presenter import Presenter
from edge_app.pipeline.workers import Prediction
from edge_app.state import State, StateKind
from tests.support.engines import EngineFactory
from tests.support.fakes import Collector, FakeEngine, FakeSource
from tests.support.runs import make_run
from tests.support.steps import texts


class Display(Collector):
    """Sink that takes canvases and has keys, as a window does."""

    def __init__(self) -> None:
        super().__init__(wants_canvas=True)

    def keys(self) -> list[str]:
        """Return no key."""
        return []


class Pane:
    """Draws canvases of 16x12 for a window, and notes of which frames."""

    def __init__(self) -> None:
        self.drawn: list[int] = []
        self.resized = False

    def draw(self, frame: Frame, *rest: Any) -> Image:
        """Return a canvas that is as dark as the number of the frame."""
        self.drawn.append(frame.index)
        return np.full((12, 16, 3), frame.index, np.uint8)

    def is_resized(self) -> bool:
        """Return what the test has set."""
        return self.resized


class Stage:
    """A presenter with a clock of its own, its sinks, and a log of what it drew."""

    def __init__(
        self, sinks: Sequence[Any], *, live: bool = False, window: Pane | None = None
    ) -> None:
        self.factory = EngineFactory()
        engine = self.factory.load(self.factory.key("int8"))
        self.info = engine_info(engine)
        self.controller = Controller({}, clock=lambda: self.now_s)
        source = FakeSource(live=live)
        self.stats = RunStats(self.info, source, states=self.controller.states)
        self.drawn: list[tuple[int, int, Status]] = []
        self.controls_drawn: list[Controls] = []
        self.watched, self.small = True, False
        self.now_s = 1000.0
        self.presenter = Presenter(
            sinks,
            self.stats,
            lambda: self.controller.controls,
            draw=self.draw,
            window=window,
            is_watched=lambda: self.watched,
            for_small=lambda: self.small,
            clock=lambda: self.now_s,
        )

    def draw(
        self,
        frame: Frame,
        result: Any,
        status: Status,
        controls: Controls,
        now_s: float,
        comparison: Comparison | None = None,
    ) -> Image:
        """Log whose result was drawn over which frame."""
        self.drawn.append((frame.index, int(result.class_map[0, 0]), status))
        self.controls_drawn.append(controls)
        return frame.image.copy()

    def frame(self, index: int, captured_s: float | None = None) -> Frame:
        """Return a numbered frame, captured now unless said otherwise."""
        image = np.full((6, 8, 3), index, np.uint8)
        at_s = self.now_s if captured_s is None else captured_s
        return Frame(image, index, at_s, 0.1, f"frame {index}")

    def present(self, index: int, *, value: int = 0, captured_s: float | None = None) -> None:
        """Present the prediction of a numbered frame."""
        self.presenter.present(self.prediction(index, value=value, captured_s=captured_s))

    def prediction(
        self, index: int, *, value: int = 0, captured_s: float | None = None
    ) -> Prediction:
        """Return the prediction of a numbered frame: every pixel has class `value`."""
        result = Segmentation(np.full((3, 4), value, np.uint8))
        return Prediction(self.frame(index, captured_s), result, 0.1, 1.0, 0.1, self.info)


def test_a_prediction_is_drawn_counted_and_published() -> None:
    """Every sink gets the same step."""
    window, log = Display(), Collector()
    stage = Stage([window, log])
    for index in range(3):
        stage.present(index, value=index)
    assert [one[:2] for one in stage.drawn] == [(0, 0), (1, 1), (2, 2)]
    assert window.steps == log.steps
    assert [step.frame.index for step in log.steps] == [0, 1, 2]
    assert {step.variant for step in log.steps} == {"int8"}
    assert stage.stats.frames == 3
    assert stage.presenter.last is log.steps[-1]


def test_nothing_is_drawn_unwatched() -> None:
    """A snapshot draws the canvas later."""
    log = Collector()
    stage = Stage([log])
    stage.watched = False
    assert stage.presenter.snapshot() is None
    stage.present(4)
    assert stage.drawn == []
    assert log.steps[0].canvas is None
    shown = stage.presenter.snapshot()
    assert shown is not None
    assert shown[0].canvas is not None
    assert shown[0].frame.index == 4
    assert shown[1].frames == 1


def test_a_snapshot_shows_what_stays() -> None:
    """Messages, chips and the help are gone a moment later; a lost camera is part of the image."""
    lost = State(StateKind.RECONNECTING, "reconnecting (attempt 1)")
    stage = Stage([Display()])
    stage.controller.status_providers = [lambda: (lost,)]
    stage.controller.controls = Controls(paused=True, help=True, swap_red_blue=True)
    stage.controller.note("kept street-int8-000003.png")
    stage.present(4)
    assert stage.presenter.snapshot() is not None
    (*_, before), (*_, kept) = stage.drawn
    assert len(before.states) == 4
    assert texts(kept.states) == ("reconnecting (attempt 1)", "red and blue swapped")
    assert [controls.help for controls in stage.controls_drawn] == [True, False]


def test_a_slow_network_leaves_the_view_fluid() -> None:
    """Newer frames are shown with the last result; only displays get them, and none is counted."""
    window, log = Display(), Collector()
    stage = Stage([window, log], live=True)
    stage.present(0, value=7)
    stage.now_s += 1  # the network is busy for a second
    stage.presenter.preview(stage.frame(1))
    stage.presenter.preview(stage.frame(2))
    assert [one[:2] for one in stage.drawn] == [(0, 7), (1, 7), (2, 7)]
    assert [step.frame.index for step in window.steps] == [0, 1, 2]
    assert [step.frame.index for step in log.steps] == [0]
    assert stage.stats.frames == 1


def test_a_fast_network_needs_no_previews() -> None:
    """A frame soon after a prediction waits for the next one."""
    stage = Stage([Display()], live=True)
    stage.presenter.preview(stage.frame(0))  # before the first prediction there is nothing to draw
    stage.present(1)
    stage.presenter.preview(stage.frame(2))
    assert [one[0] for one in stage.drawn] == [1]


def test_a_late_prediction_is_drawn_over_the_newest_frame() -> None:
    """The view never goes back in time; the log has the frame of the prediction."""
    window, log = Display(), Collector()
    stage = Stage([window, log], live=True)
    stage.present(0)
    stage.now_s += 1
    stage.presenter.preview(stage.frame(5))
    stage.present(3, value=9)
    assert stage.drawn[-1][:2] == (5, 9)
    assert log.steps[-1].frame.index == 3


def test_a_still_view_is_drawn_again_after_a_key() -> None:
    """Displays get it with the controls as they are now; it is counted once."""
    window, log = Display(), Collector()
    stage = Stage([window, log])
    stage.presenter.redraw(changed=True)  # nothing to show yet
    stage.present(0)
    stage.presenter.redraw(changed=True)
    assert [step.frame.index for step in window.steps] == [0, 0]
    assert [step.frame.index for step in log.steps] == [0]
    assert stage.stats.frames == 1
    assert stage.drawn[-1][2].frames == 1


def test_a_still_view_follows_the_states() -> None:
    """It is drawn again if they have changed, and only then."""
    window = Display()
    stage = Stage([window])
    stage.present(0)
    stage.presenter.redraw(changed=True)
    drawn = len(stage.drawn)
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert len(stage.drawn) == drawn
    stage.controller.note("kept an image")
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert len(stage.drawn) == drawn + 1
    assert "kept an image" in texts(window.statuses[-1].states)


def test_a_window_has_a_canvas_of_its_own() -> None:
    """Others get theirs only while somebody takes it; a snapshot has that of the frame."""
    shown, pane = Display(), Pane()
    stage = Stage([shown], window=pane)
    stage.watched = False
    stage.present(3)
    assert (pane.drawn, stage.drawn) == ([3], [])
    assert shown.steps[-1].canvas is None
    assert shown.steps[-1].window_canvas is not None
    assert shown.steps[-1].window_canvas.shape == (12, 16, 3)
    snapshot = stage.presenter.snapshot()
    assert snapshot is not None
    assert snapshot[0].canvas is not None
    assert snapshot[0].canvas.shape == (6, 8, 3)
    stage.watched = True  # a recording begins
    stage.present(4)
    assert pane.drawn == [3, 4]
    assert shown.steps[-1].canvas is not None
    assert shown.steps[-1].canvas.shape == (6, 8, 3)


def test_a_still_view_follows_the_size_of_its_window() -> None:
    """Pulled larger during a pause, it is drawn again in the new size."""
    pane = Pane()
    stage = Stage([Display()], window=pane)
    stage.present(0)
    stage.presenter.redraw(changed=True)
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert pane.drawn == [0, 0]
    pane.resized = True
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert pane.drawn == [0, 0, 0]


def test_a_canvas_that_is_out_of_date_is_not_kept() -> None:
    """Whoever begins to watch later is shown what a key has changed meanwhile."""
    shown = Display()
    stage = Stage([shown])
    stage.present(0)
    stage.watched = False
    stage.presenter.redraw(changed=True)
    assert shown.steps[-1].canvas is None
    stage.watched = True
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert shown.steps[-1].canvas is not None


def test_frames_do_not_age_in_a_pause() -> None:
    """A frame that waited in it is as old as it was before."""
    stage = Stage([Display()])
    stage.presenter.note_pause(stage.now_s - 100, stage.now_s - 1)
    stage.present(0, captured_s=stage.now_s - 101)
    assert stage.presenter.last is not None
    assert stage.presenter.last.timings.end_to_end_ms == pytest.approx(2000)


def test_each_engine_is_counted_separately() -> None:
    """The status names the engine from its first frame on."""
    log = Collector()
    stage = Stage([log])
    stage.present(0)
    other = engine_info(stage.factory.load(stage.factory.key("float32")))
    stage.presenter.present(stage.prediction(1)._replace(info=other))
    assert [step.variant for step in log.steps] == ["int8", "float32"]
    assert log.statuses[-1].variant == "float32"
    summary = stage.stats.summary()
    assert {name: part.frames for name, part in summary.variants.items()} == {
        "int8": 1,
        "float32": 1,
    }


@pytest.mark.parametrize("keys", [["space"], ["."]], ids=["pause", "one frame"])
def test_a_pause_goes_frame_by_frame(keys: list[str]) -> None:
    """Each `.` brings the next frame of the file and holds again; space goes on to the end."""
    log, at_rest = Collector(), []
    script = [keys, [], [], ["."], [], [], ["."], [], [], [], ["space"]]

    def press() -> list[str]:
        at_rest.append(len(log.steps))
        return script.pop(0) if script else []

    run = make_run(FakeSource(20), FakeEngine(), [log], keys=press)
    run.go()
    # The number of frames shown at each poll of the keys.
    first = 1 if keys == ["space"] else 2
    expected = [1, first, first, first, first + 1, first + 1, first + 1, first + 2]
    assert at_rest[:8] == expected
    assert [step.frame.index for step in log.steps] == list(range(20))
    assert not run.controller.controls.paused


def test_small_pages_alone_get_an_image_without_panels() -> None:
    """Snapshots have them, and a still image is drawn again for a larger page."""
    stage = Stage([Display()])
    stage.small = True
    stage.present(0)
    stage.presenter.snapshot()
    assert [one.panels for one in stage.controls_drawn] == [False, True]
    stage.small = False
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert [one.panels for one in stage.controls_drawn] == [False, True, True]
    stage.now_s += 1
    stage.presenter.redraw(changed=False)
    assert len(stage.controls_drawn) == 3


def test_a_window_keeps_its_panels_and_shares_its_canvas() -> None:
    """Without panels, the others would need a second drawing."""
    stage = Stage([Display()], window=Pane())
    stage.small = True
    stage.present(0)
    assert {one.panels for one in stage.controls_drawn} == {True}

"""Every answer is drawn and counted once; a picture that stands still is drawn when it must be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edge_app.frame import Frame, Segmentation, Status
from edge_app.metrics.run_stats import RunStats
from edge_app.model.engine import engine_info
from edge_app.pipeline.controller import Controller
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pipeline.presenter import Presenter
from edge_app.pipeline.run import Run
from edge_app.pipeline.workers import Prediction
from tests.support.engines import EngineFactory
from tests.support.fakes import Collector, FakeEngine, FakeSource
from tests.support.steps import texts


class Looker(Collector):
    """Look at canvases and hear keys, as a window does."""

    def __init__(self) -> None:
        super().__init__(wants_canvas=True)

    def keys(self) -> list[str]:
        """Nobody presses any."""
        return []


class Stage:
    """Hold a show, what looks on, and what was drawn."""

    def __init__(self, sinks: Sequence[Any], *, live: bool = False) -> None:
        self.factory = EngineFactory()
        self.engine = self.factory.load(self.factory.key("int8"))
        self.info = engine_info(self.engine)
        self.stats = RunStats(self.info, FakeSource(live=live))
        self.controller = Controller(EnginePool(self.engine, self.factory.load))
        self.stats.states = self.controller.states
        self.drawn: list[tuple[int, int, Status]] = []
        self.wanted = True
        self.show = Presenter(sinks, self.draw, lambda: self.wanted, self.stats, self.controller)

    def draw(self, frame: Frame, result: Any, status: Status, *_: Any) -> Any:
        """Note whose answer was drawn over which frame."""
        self.drawn.append((frame.index, int(result.class_map[0, 0]), status))
        return frame.image.copy()

    def answer(self, index: int, *, said: int = 0, captured_s: float | None = None) -> Prediction:
        """Return the answer to a numbered frame."""
        result = Segmentation(np.full((3, 4), said, np.uint8))
        return Prediction(frame(index, captured_s), result, 0.1, 1.0, 0.1, self.info)


def frame(index: int, captured_s: float | None = None) -> Frame:
    """Return a numbered frame that was taken just now."""
    image = np.full((6, 8, 3), index, np.uint8)
    at_s = time.monotonic() if captured_s is None else captured_s
    return Frame(image, index, at_s, 0.1, f"frame {index}")


def test_an_answer_is_drawn_counted_and_handed_on() -> None:
    """Every sink has the same step."""
    window, log = Looker(), Collector()
    stage = Stage([window, log])
    for index in range(3):
        stage.show.finish(stage.answer(index, said=index))
    assert [one[:2] for one in stage.drawn] == [(0, 0), (1, 1), (2, 2)]
    assert window.steps == log.steps
    assert [step.frame.index for step in log.steps] == [0, 1, 2]
    assert {step.variant for step in log.steps} == {"int8"}
    assert stage.stats.frames == 3
    assert stage.show.last is log.steps[-1]


def test_nothing_is_drawn_where_nobody_looks() -> None:
    """A picture is made later, if one is asked for."""
    log = Collector()
    stage = Stage([log])
    stage.wanted = False
    assert stage.show.with_canvas() is None
    stage.show.finish(stage.answer(4))
    assert stage.drawn == []
    assert log.steps[0].canvas is None
    shown = stage.show.with_canvas()
    assert shown is not None
    assert shown[0].canvas is not None
    assert shown[0].frame.index == 4
    assert shown[1].frames == 1


def test_a_slow_network_leaves_the_picture_moving() -> None:
    """Newer frames are shown with the last answer; only displays get them, and none is counted."""
    window, log = Looker(), Collector()
    stage = Stage([window, log], live=True)
    stage.show.finish(stage.answer(0, said=7))
    stage.show._answered_s -= 1  # the network has been busy for a second
    stage.show.glance(frame(1))
    stage.show.glance(frame(2))
    assert [one[:2] for one in stage.drawn] == [(0, 7), (1, 7), (2, 7)]
    assert [step.frame.index for step in window.steps] == [0, 1, 2]
    assert [step.frame.index for step in log.steps] == [0]
    assert stage.stats.frames == 1


def test_a_quick_network_needs_no_frames_between() -> None:
    """What comes within a moment of an answer is left to the next one."""
    stage = Stage([Looker()], live=True)
    stage.show.glance(frame(0))  # before the first answer there is nothing to draw
    stage.show.finish(stage.answer(1))
    stage.show._answered_s += 60
    stage.show.glance(frame(2))
    assert [one[0] for one in stage.drawn] == [1]


def test_a_late_answer_is_drawn_over_the_newest_frame() -> None:
    """The picture never goes back in time; the log tells whose answer it was."""
    window, log = Looker(), Collector()
    stage = Stage([window, log], live=True)
    stage.show.finish(stage.answer(0))
    stage.show._answered_s -= 1
    stage.show.glance(frame(5))
    stage.show.finish(stage.answer(3, said=9))
    assert stage.drawn[-1][:2] == (5, 9)
    assert log.steps[-1].frame.index == 3


def test_a_still_picture_is_drawn_again_after_a_key() -> None:
    """Displays see it with the controls as they are now; it is counted once."""
    window, log = Looker(), Collector()
    stage = Stage([window, log])
    stage.show.again(anew=True)  # nothing to show yet
    stage.show.finish(stage.answer(0))
    stage.show.again(anew=True)
    assert [step.frame.index for step in window.steps] == [0, 0]
    assert [step.frame.index for step in log.steps] == [0]
    assert stage.stats.frames == 1
    assert stage.drawn[-1][2].frames == 1


def test_a_still_picture_follows_the_states() -> None:
    """It is drawn anew where they have changed, and left alone where nothing has."""
    window = Looker()
    stage = Stage([window])
    stage.show.finish(stage.answer(0))
    stage.show.again(anew=True)
    drawn = len(stage.drawn)
    stage.show._drawn_s -= 1
    stage.show.again(anew=False)
    assert len(stage.drawn) == drawn
    stage.controller.note("kept a picture")
    stage.show._drawn_s -= 1
    stage.show.again(anew=False)
    assert len(stage.drawn) == drawn + 1
    assert "kept a picture" in texts(window.statuses[-1].states)


def test_frames_do_not_age_in_a_pause() -> None:
    """What lay in hand during it is as old as it was before."""
    stage = Stage([Looker()])
    now_s = time.monotonic()
    stage.show.paused(now_s - 100, now_s - 1)
    stage.show.finish(stage.answer(0, captured_s=now_s - 101))
    assert stage.show.last is not None
    assert 1000 < stage.show.last.timings.end_to_end_ms < 50_000


def test_another_engine_is_counted_for_itself() -> None:
    """The status names the one that answered, from its first frame on."""
    log = Collector()
    stage = Stage([log])
    stage.show.finish(stage.answer(0))
    other = engine_info(stage.factory.load(stage.factory.key("float32")))
    stage.show.finish(stage.answer(1)._replace(info=other))
    assert [step.variant for step in log.steps] == ["int8", "float32"]
    assert log.statuses[-1].variant == "float32"
    told = stage.stats.summary()
    assert {name: part["frames"] for name, part in told["variants"].items()} == {
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

    run = Run(FakeSource(20), FakeEngine(), [log], keys=press)  # type: ignore[arg-type]
    run.go()
    # Every look at the keys, with the number of frames shown by then.
    first = 1 if keys == ["space"] else 2
    expected = [1, first, first, first, first + 1, first + 1, first + 1, first + 2]
    assert at_rest[:8] == expected
    assert [step.frame.index for step in log.steps] == list(range(20))
    assert not run.controls.paused

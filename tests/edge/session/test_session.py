"""Keys change the task, take snapshots and record, in one session of the shipped models."""

from __future__ import annotations

import gc
import io
import json
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
from rich.console import Console

from edge_app.controls import CONTROLS_ONLY, Action
from edge_app.model.card import read_card
from edge_app.model.catalog import sample
from edge_app.model.engine import load_engine
from edge_app.session.memory import affordable
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.outputs import Outputs
from edge_app.session.session import Session
from edge_app.session.tasks import TaskSpec, tasks_from
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from tests.support.fakes import Collector
from tests.support.steps import texts

Script = Callable[["Seen"], Sequence[str]]


class Seen(Collector):
    """Sink that takes every canvas."""

    def __init__(self) -> None:
        super().__init__(wants_canvas=True)

    @property
    def models(self) -> list[str]:
        """The models in the order of their first results."""
        return list(dict.fromkeys(status.model for status in self.statuses))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write recordings and snapshots into a folder of the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def options_for(assets: Path, model: str, source: str) -> RunOptions:
    """Return options without a window, for keys from the test."""
    spec = read_card(assets / "models" / model)
    return RunOptions(
        TaskSpec(spec, source),
        "int8",
        OutputOptions(headless=True, keys=False),
        threads=1,
        loop=True,
        as_fast_as_possible=True,
    )


def run_session(options: RunOptions, script: Script) -> tuple[Seen, Session]:
    """Run with keys pressed by a script; return what was shown, and the session."""
    seen = Seen()
    with ExitStack() as stack:
        source = stack.enter_context(open_source(options.task.source, loop=options.loop))
        engine = load_engine(options.task.spec, options.variant, threads=1)
        outputs = Outputs(options, source, Console(file=io.StringIO(), width=200), stack)
        outputs.sinks.append(seen)
        outputs.keys = lambda: script(seen)
        session = Session(options, source, engine, outputs, 1, threading.Event())
        stack.enter_context(session)
        for run in session.runs():
            run.go()
        outputs.recording.close()
    assert session.quit_pressed
    return seen, session


def after(frames: int, *keys: str) -> Script:
    """Press keys one by one, a number of frames after one another, and then quit."""
    left = [*keys, "q"]
    at = [frames]

    def press(seen: Seen) -> Sequence[str]:
        if len(seen.steps) < at[0] or not left:
            return []
        at[0] = len(seen.steps) + frames
        return [left.pop(0)]

    return press


def test_a_key_takes_a_snapshot_with_its_figures(assets: Path, folder: Path) -> None:
    """The PNG has the size of the view, and the figures are those of its frame."""
    seen, session = run_session(options_for(assets, "street", "synthetic:320x180"), after(3, "s"))
    [path] = (folder / "snapshots").glob("[!.]*.png")
    figures = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert figures["variant"] == "int8"
    shown = seen.steps[figures["frame"]["index"]]
    image = cv2.imread(str(path))
    assert image is not None
    assert shown.canvas is not None
    assert image.shape == shown.canvas.shape
    assert any(str(path.name) in text for text in texts(session.controller.states()))


def test_a_key_records_what_is_shown(assets: Path, folder: Path) -> None:
    """From one press to the next, under the name of the model."""
    options = options_for(assets, "street", "synthetic:320x180")
    run_session(options, after(4, "r", "r"))
    [path] = (folder / "recordings").iterdir()
    assert path.name == "street-1.mp4"
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 4


@pytest.mark.parametrize("first", ["street", "mnist"])
def test_a_key_changes_the_task_and_back(assets: Path, first: str) -> None:
    """The other model runs on its own sample, and is counted separately."""
    spec = read_card(assets / "models" / first)
    seen, session = run_session(
        options_for(assets, first, sample(spec)[0]), _there_and_back(spec.title, list)
    )
    assert seen.models[0] == spec.title
    assert len(seen.models) == 2
    assert seen.statuses[-1].model == spec.title
    variants = session.stats.summary().variants
    assert len(variants) == 2
    assert sum(part.frames for part in variants.values()) == len(seen.steps)


def test_a_source_that_a_key_left_is_not_kept(
    assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of days, with many changes, has the truth and buffers of one source."""
    spec = read_card(assets / "models" / "mnist")
    opened: list[weakref.ref[Source]] = []
    kept: list[bool] = []

    def remember(*arguments: Any, **options: Any) -> Source:
        source = open_source(*arguments, **options)
        opened.append(weakref.ref(source))
        return source

    monkeypatch.setattr("edge_app.session.tasks.open_source", remember)
    script = _there_and_back(spec.title, lambda: kept.append(opened[0]() is not None))
    run_session(options_for(assets, "mnist", sample(spec)[0]), script)
    assert len(opened) == 2
    assert kept == [False]


def _there_and_back(first: str, on_return: Callable[[], object]) -> Script:
    """Change the task twice and quit; first: title of the first model."""
    begun: list[int] = []

    def press(seen: Seen) -> Sequence[str]:
        if len(begun) < len(seen.models) < 3 and seen.statuses[-1].model == seen.models[-1]:
            begun.append(len(seen.steps))
            return ["m"]
        if len(begun) == 2 and seen.statuses[-1].model == first:
            gc.collect()
            on_return()
            return ["q"]
        return []

    return press


def test_frames_of_each_task_are_in_order(assets: Path) -> None:
    """The task changes between two frames, and the new source starts at its first."""
    spec = read_card(assets / "models" / "mnist")
    seen, _ = run_session(options_for(assets, "mnist", sample(spec)[0]), _once_other("m"))
    change = next(
        number for number, step in enumerate(seen.steps) if hasattr(step.result, "class_map")
    )
    assert [step.frame.index for step in seen.steps[:change]] == list(range(change))
    rest = [step.frame.index for step in seen.steps[change:]]
    assert rest == list(range(len(rest)))


def _once_other(key: str) -> Script:
    """Press a key after some frames, and quit some frames after the model has changed."""
    pressed: list[bool] = []

    def press(seen: Seen) -> Sequence[str]:
        if len(seen.steps) >= 3 and not pressed:
            pressed.append(True)
            return [key]
        if len(seen.models) == 2 and seen.statuses[-1].model == seen.models[1]:
            return ["q"]
        return []

    return press


def test_tasks_are_that_of_the_options_and_a_shipped_model_of_each_other_task(assets: Path) -> None:
    """Street and digits, whichever comes first."""
    tasks = tasks_from(options_for(assets, "mnist", "digits").task)
    assert [task.spec.name for task in tasks] == ["mnist", "street"]
    assert tasks[0].source == "digits"
    assert tasks[1].source.endswith("street.mp4")
    tasks = tasks_from(options_for(assets, "street", "drive.mp4").task)
    assert [task.spec.name for task in tasks] == ["street", "mnist"]


def test_more_engines_are_cached_if_memory_is_ample() -> None:
    """At least two, and never more than there are."""
    assert affordable(1, 4) == 4
    assert affordable(1 << 60, 4) == 2
    assert affordable(0, 3) == 3


def test_every_action_has_a_handler_or_changes_the_controls(assets: Path) -> None:
    """The table is complete from the start, with or without a window."""
    options = options_for(assets, "street", "synthetic:320x180")
    with ExitStack() as stack:
        source = stack.enter_context(open_source(options.task.source))
        engine = load_engine(options.task.spec, options.variant, threads=1)
        outputs = Outputs(options, source, Console(file=io.StringIO()), stack)
        session = Session(options, source, engine, outputs, 1, threading.Event())
        stack.enter_context(session)
        assert set(session.controller.handlers) == set(Action) - CONTROLS_ONLY

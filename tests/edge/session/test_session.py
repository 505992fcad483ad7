"""Keys change the task, keep pictures and record them, in one run of the shipped models."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
from rich.console import Console

from edge_app.model.card import read_card
from edge_app.model.catalog import sample
from edge_app.model.engine import load_engine
from edge_app.pipeline.run import Run
from edge_app.session.options import RunOptions
from edge_app.session.outputs import Outputs
from edge_app.session.run_session import _legs
from edge_app.session.session import Session, affordable, tasks_of
from edge_app.sources.factory import open_source
from tests.support.fakes import Collector
from tests.support.steps import texts

Script = Callable[["Seen"], Sequence[str]]


class Seen(Collector):
    """Look at every picture of a run."""

    def __init__(self) -> None:
        super().__init__(wants_canvas=True)
        self.legs: Any = None

    @property
    def models(self) -> list[str]:
        """The models that answered, in the order of their first answers."""
        return list(dict.fromkeys(status.model for status in self.statuses))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let recordings and snapshots be kept in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def order_for(assets: Path, model: str, source: str, **more: Any) -> RunOptions:
    """Return an order without a window, whose keys come from the test."""
    spec = read_card(assets / "models" / model)
    told = RunOptions(spec, "int8", source, headless=True, keys=False, threads=1, loop=True)
    return replace(told, as_fast_as_possible=True, **more)


def carry_out(order: RunOptions, script: Script) -> tuple[Seen, Run, str]:
    """Run an order with keys pressed by a script; return what was seen, and what was said."""
    seen, said = Seen(), io.StringIO()
    with ExitStack() as stack:
        source = stack.enter_context(open_source(order.source, loop=order.loop))
        engine = load_engine(order.spec, order.variant, threads=1)
        console = Console(file=said, width=200)
        outputs = Outputs(order, source, console, stack)
        outputs.sinks.append(seen)
        outputs.keys = lambda: script(seen)
        legs = seen.legs = Session(order, source, engine, outputs, 1)
        stack.enter_context(legs.pool)
        run = legs.first(threading.Event())
        for run in _legs(legs, run, stack):  # noqa: B020 - the last one is returned
            run.go()
        outputs.recording.close()
    return seen, run, said.getvalue()


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


def test_a_key_keeps_a_picture_and_its_figures(assets: Path, folder: Path) -> None:
    """The PNG has the size of the view, and the figures are those of its frame."""
    seen, run, _ = carry_out(order_for(assets, "street", "synthetic:320x180"), after(3, "s"))
    [path] = (folder / "snapshots").glob("*.png")
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert told["variant"] == "int8"
    shown = seen.steps[told["frame"]["index"]]
    image = cv2.imread(str(path))
    assert image is not None
    assert shown.canvas is not None
    assert image.shape == shown.canvas.shape
    assert any(str(path.name) in text for text in texts(run.controller.states()))


def test_a_key_records_what_is_seen(assets: Path, folder: Path) -> None:
    """From one press to the next, under the name of the model."""
    order = order_for(assets, "street", "synthetic:320x180")
    carry_out(order, after(4, "r", "r"))
    [path] = (folder / "recordings").iterdir()
    assert path.name == "street-1.mp4"
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 4


@pytest.mark.parametrize("first", ["street", "mnist"])
def test_a_key_changes_the_task_and_back(assets: Path, first: str) -> None:
    """The other model runs on its own sample, and its figures are kept apart."""
    spec = read_card(assets / "models" / first)
    begun: list[int] = []

    def press(seen: Seen) -> Sequence[str]:
        if len(begun) < len(seen.models) < 3 and seen.statuses[-1].model == seen.models[-1]:
            begun.append(len(seen.steps))
            return ["m"]
        if len(begun) == 2 and seen.statuses[-1].model == spec.title:
            return ["q"]
        return []

    seen, run, _ = carry_out(order_for(assets, first, sample(spec)[0]), press)
    assert seen.models[0] == spec.title
    assert len(seen.models) == 2
    assert seen.statuses[-1].model == spec.title
    variants = run.stats.summary()["variants"]
    assert len(variants) == 2
    assert sum(part["frames"] for part in variants.values()) == len(seen.steps)


def test_frames_of_each_task_are_in_order(assets: Path) -> None:
    """The change is made between two frames, and the new source begins at its first."""
    spec = read_card(assets / "models" / "mnist")
    seen, _, _ = carry_out(order_for(assets, "mnist", sample(spec)[0]), _once_other("m"))
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


def test_the_tasks_are_the_order_and_a_shipped_model_of_each_other_task(assets: Path) -> None:
    """Street and digits, whichever was asked for first."""
    told = tasks_of(order_for(assets, "mnist", "digits"))
    assert [task.spec.name for task in told] == ["mnist", "street"]
    assert told[0].source == "digits"
    assert told[1].source.endswith("street.mp4")
    told = tasks_of(order_for(assets, "street", "drive.mp4"))
    assert [task.spec.name for task in told] == ["street", "mnist"]


def test_more_engines_are_kept_where_memory_is_ample() -> None:
    """Two in any case, and never more than there are."""
    assert affordable(1, 4) == 4
    assert affordable(1 << 60, 4) == 2
    assert affordable(0, 3) == 3

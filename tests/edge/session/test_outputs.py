"""A run opens what it was asked to write to and be seen in, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.model.card import read_card
from edge_app.session.options import RunOptions
from edge_app.session.outputs import Outputs, _joined, first_controls
from edge_app.sinks.display import display_verdict
from edge_app.sinks.metrics_log import FRAMES_NAME
from tests.support import media_files as made
from tests.support.fakes import FakeSource
from tests.support.steps import status, step


class Opened:
    """Open outputs for orders, and close them at the end of the test."""

    def __init__(self, assets: Path, stack: ExitStack) -> None:
        self._spec = read_card(assets / "models" / "mnist")
        self._stack = stack
        self.said = io.StringIO()
        self.order: RunOptions

    def __call__(self, **more: Any) -> Outputs:
        """Open what an order without window and keyboard asks for."""
        given = {"headless": True, "keys": False, **more}
        self.order = RunOptions(self._spec, "int8", "digits", **given)
        console = Console(file=self.said, width=200)
        display = None if self.order.headless else display_verdict()
        return Outputs(self.order, FakeSource(), console, self._stack, display)


@pytest.fixture
def opened(assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Open outputs in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Opened(assets, stack)


def test_a_headless_run_asks_for_no_pictures(opened: Opened, tmp_path: Path) -> None:
    """Nothing is opened that nobody looks at, and no folder is made."""
    outputs = opened()
    assert not outputs.looked_at()
    assert not outputs.displays
    assert outputs.keys is None
    outputs.follow_fullscreen(Controls(fullscreen=True))  # does nothing without a window
    assert list(tmp_path.iterdir()) == []


def test_controls_begin_as_ordered(opened: Opened, tmp_path: Path) -> None:
    """A run that is for a recording begins with the key already pressed, and all figures."""
    outputs = opened(record=tmp_path / "out.mp4", alpha=0.3)
    told = first_controls(opened.order, outputs, flip=True)
    assert told == Controls(record=True, alpha=0.3, flip=True)
    assert outputs.looked_at()


def test_a_recording_of_a_key_is_named_after_the_model(opened: Opened, tmp_path: Path) -> None:
    """It lies in a folder of its own, where earlier ones stay as they are."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "mnist-4.mp4").write_bytes(b"kept")
    outputs = opened()
    assert outputs.recording.switch(Controls()) == "recording to recordings/mnist-5.mp4"
    assert outputs.looked_at()
    outputs.recording.write(step(0), status())
    outputs.recording.switch(Controls())
    assert (tmp_path / "recordings" / "mnist-4.mp4").read_bytes() == b"kept"
    assert not outputs.looked_at()


def test_a_place_that_cannot_be_written_is_told(opened: Opened, tmp_path: Path) -> None:
    """The message says why, and the next press tries again."""
    outputs = opened()
    (tmp_path / "recordings").write_text("in the way")
    with pytest.raises(SinkError, match="choose another folder"):
        outputs.recording.switch(Controls(record=True))
    assert not outputs.looked_at()
    (tmp_path / "recordings").unlink()
    assert outputs.recording.switch(Controls()) == "recording to recordings/mnist-1.mp4"


def test_segments_number_themselves(opened: Opened, tmp_path: Path) -> None:
    """Their recorder counts, so the name is not numbered twice."""
    outputs = opened(record=tmp_path / "out.mp4", segment_s=60.0)
    outputs.recording.write(step(0), status())
    outputs.recording.close()
    assert [path.name for path in tmp_path.iterdir()] == ["out-0001.mp4"]


def test_the_log_is_opened_where_it_was_asked_for(opened: Opened, tmp_path: Path) -> None:
    """It sees every frame, and needs no picture."""
    outputs = opened(metrics=tmp_path / "log")
    assert (tmp_path / "log" / FRAMES_NAME).exists()
    assert not outputs.looked_at()


def test_another_source_begins_another_file(opened: Opened, tmp_path: Path) -> None:
    """The pictures of one task are not mixed with those of another."""
    outputs = opened(record=tmp_path / "out.mp4")
    outputs.recording.write(step(0), status())
    other = FakeSource(name="other")
    outputs.begin(other, "Other")
    assert outputs.source is other
    outputs.recording.write(step(1, made.numbered_image(1, (32, 24))), status())
    outputs.recording.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-1.mp4", "out.mp4"]


def test_browsers_are_told_where_to_look(opened: Opened) -> None:
    """Their page has the figures and the keys, so the picture carries few."""
    pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    outputs = opened(serve=("127.0.0.1", 0))
    assert "http://127.0.0.1:" in opened.said.getvalue()
    assert outputs.displays
    assert not outputs.hints
    assert outputs.keys is not None
    assert first_controls(opened.order, outputs, flip=False).hud == 1


def test_keys_of_several_are_heard_in_turn() -> None:
    """Window, browsers and terminal may all press some."""
    assert _joined([lambda: ["1"], list, lambda: ["c", "q"]])() == ["1", "c", "q"]


def test_a_kiosk_without_a_screen_is_a_fault(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that went on unseen would never be started again once the desktop is there."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SinkError, match="no window"):
        opened(headless=False, kiosk=True)


def test_a_kiosk_begins_on_the_whole_screen(opened: Opened) -> None:
    """Nobody has a keyboard there."""
    outputs = opened()
    assert first_controls(replace(opened.order, kiosk=True), outputs, flip=False).fullscreen
    assert not first_controls(opened.order, outputs, flip=False).fullscreen

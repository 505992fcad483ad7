"""A run opens the sinks of its options, and nothing else."""

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
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.outputs import Outputs, first_controls, joined_keys
from edge_app.session.tasks import TaskSpec
from edge_app.sinks.answers import Answers
from edge_app.sinks.display import display_verdict
from edge_app.sinks.metrics_log import FRAMES_NAME
from tests.support import media_files as made
from tests.support.fakes import FakeSource
from tests.support.steps import status, step


class Opener:
    """Open outputs, and close them at the end of the test.

    printed: what the console got. options: of the last outputs.
    """

    def __init__(self, assets: Path, stack: ExitStack) -> None:
        self.spec = read_card(assets / "models" / "mnist")
        self._stack = stack
        self.printed = io.StringIO()
        self.options = OutputOptions()

    def __call__(self, *, source: FakeSource | None = None, **more: Any) -> Outputs:
        """Open outputs without a window and a keyboard, but for the options given."""
        self.options = OutputOptions(**{"headless": True, "keys": False, **more})
        options = RunOptions(TaskSpec(self.spec, "digits"), "int8", self.options)
        console = Console(file=self.printed, width=200)
        display = None if self.options.headless else display_verdict()
        return Outputs(options, source or FakeSource(), console, self._stack, display)


@pytest.fixture
def open_outputs(assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Open outputs in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Opener(assets, stack)


def test_a_headless_run_draws_nothing(open_outputs: Opener, tmp_path: Path) -> None:
    """No canvas is wanted, no key is read, and no folder is made."""
    outputs = open_outputs()
    assert not outputs.is_watched()
    assert not outputs.displays
    assert outputs.keys is None
    assert list(tmp_path.iterdir()) == []


def test_answers_are_printed_of_images_only(open_outputs: Opener) -> None:
    """A key that changes to the sample clip ends them."""
    images, clip = FakeSource(rate_hz=None, has_clock=False), FakeSource()
    outputs = open_outputs(source=images)
    answers = next(sink for sink in outputs.sinks if isinstance(sink, Answers))
    answers.write(step(name="a.png"), status())
    outputs.begin(clip, open_outputs.spec)
    answers.write(step(name="b.png"), status())
    assert open_outputs.printed.getvalue().count("a.png: ") == 1
    assert "b.png" not in open_outputs.printed.getvalue()
    assert not any(isinstance(sink, Answers) for sink in open_outputs(source=clip).sinks)


def test_controls_start_as_the_options_say(open_outputs: Opener, tmp_path: Path) -> None:
    """A run with --record starts as if its key were pressed, with all figures."""
    outputs = open_outputs(record=tmp_path / "out.mp4", alpha=0.3)
    controls = first_controls(open_outputs.options, outputs, swap_red_blue=True)
    assert controls == Controls(record=True, alpha=0.3, swap_red_blue=True)
    assert outputs.is_watched()


def test_a_recording_by_key_has_the_models_name(open_outputs: Opener, tmp_path: Path) -> None:
    """It is in a folder of its own, and overwrites no earlier one."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "mnist-4.mp4").write_bytes(b"kept")
    outputs = open_outputs()
    assert outputs.recording.switch(Controls()) == "recording to recordings/mnist-5.mp4"
    assert outputs.is_watched()
    outputs.recording.write(step(0), status())
    outputs.recording.switch(Controls())
    assert (tmp_path / "recordings" / "mnist-4.mp4").read_bytes() == b"kept"
    assert not outputs.is_watched()


def test_a_folder_that_cannot_be_written_is_reported(open_outputs: Opener, tmp_path: Path) -> None:
    """The message says why, and the next press tries again."""
    outputs = open_outputs()
    (tmp_path / "recordings").write_text("in the way")
    assert outputs.recording.switch(Controls(record=True)) == "nothing recorded"
    assert "choose another folder" in str(outputs.recording.states[0])
    assert not outputs.is_watched()
    (tmp_path / "recordings").unlink()
    assert outputs.recording.switch(Controls()) == "recording to recordings/mnist-1.mp4"


def test_segments_number_themselves(open_outputs: Opener, tmp_path: Path) -> None:
    """Their recorder counts, so the name is not numbered twice."""
    outputs = open_outputs(record=tmp_path / "out.mp4", segment_s=60.0)
    outputs.recording.write(step(0), status())
    outputs.recording.close()
    assert [path.name for path in tmp_path.iterdir()] == ["out-0001.mp4"]


def test_the_log_is_opened_for_its_option(open_outputs: Opener, tmp_path: Path) -> None:
    """It takes every frame, and needs no canvas."""
    outputs = open_outputs(metrics=tmp_path / "log")
    assert (tmp_path / "log" / FRAMES_NAME).exists()
    assert not outputs.is_watched()


def test_another_source_starts_another_file(open_outputs: Opener, tmp_path: Path) -> None:
    """The images of two tasks are not mixed."""
    outputs = open_outputs(record=tmp_path / "out.mp4")
    outputs.recording.write(step(0), status())
    other = FakeSource(name="other")
    outputs.begin(other, open_outputs.spec)
    outputs.recording.write(step(1, made.numbered_image(1, (32, 24))), status())
    outputs.recording.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-1.mp4", "out.mp4"]


def test_a_recording_by_key_is_named_after_the_current_model(
    open_outputs: Opener, assets: Path, tmp_path: Path
) -> None:
    """A key that changes the task changes the name; one that an option gives stays."""
    street = read_card(assets / "models" / "street")
    outputs = open_outputs()
    outputs.rename(street)
    assert outputs.recording.switch(Controls()) == "recording to recordings/street-1.mp4"
    named = open_outputs(record=tmp_path / "out.mp4")
    named.begin(FakeSource(), street)
    named.recording.write(step(0), status())
    named.recording.close()
    assert (tmp_path / "out-1.mp4").exists()


def test_the_browsers_address_is_printed(open_outputs: Opener) -> None:
    """Its page has the figures and the keys, so the image has few."""
    pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")
    outputs = open_outputs(serve=("127.0.0.1", 0))
    assert "http://127.0.0.1:" in open_outputs.printed.getvalue()
    assert outputs.displays
    assert not outputs.hints
    assert outputs.keys is not None
    assert first_controls(open_outputs.options, outputs, swap_red_blue=False).hud == 1


def test_keys_of_several_are_read() -> None:
    """Window, browsers and terminal may all have some."""
    assert joined_keys([lambda: ["1"], list, lambda: ["c", "q"]])() == ["1", "c", "q"]


def test_a_kiosk_without_a_display_fails(
    open_outputs: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that ran unseen would not be started again when the desktop is there."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SinkError, match="no window"):
        open_outputs(headless=False, kiosk=True)


def test_a_kiosk_starts_in_full_screen(open_outputs: Opener) -> None:
    """It may have no keyboard."""
    outputs = open_outputs()
    kiosk = replace(open_outputs.options, headless=False, kiosk=True)
    assert first_controls(kiosk, outputs, swap_red_blue=False).fullscreen
    assert not first_controls(open_outputs.options, outputs, swap_red_blue=False).fullscreen


def test_images_are_for_small_pages_unless_something_else_takes_them(
    open_outputs: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording has its panels whoever watches."""
    views = pytest.importorskip("edge_app.sinks.serve.browser_view")
    monkeypatch.setattr(views.BrowserView, "only_small", True)
    assert not open_outputs().for_small()
    assert open_outputs(serve=("127.0.0.1", 0)).for_small()
    recorded = open_outputs(serve=("127.0.0.1", 0), record=tmp_path / "run.mp4")
    assert recorded.recording.wants_canvas
    assert not recorded.for_small()

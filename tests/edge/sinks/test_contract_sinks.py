"""What every sink promises, tested for all of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest
from rich.console import Console

from edge_app.errors import SinkError
from edge_app.sinks.answers import Answers
from edge_app.sinks.display import DisplayVerdict
from edge_app.sinks.metrics_log import MetricsLog
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.sink import Sink
from edge_app.sinks.terminal import Terminal
from edge_app.sinks.window import Window
from tests.support.fake_toolkit import FakeToolkit
from tests.support.steps import digit, status, step

Make = Callable[[Path], Sink]


SINKS: dict[str, Make] = {
    "recorder of a file": lambda folder: Recorder(folder / "out.mp4", rate_hz=25, live=False),
    "recorder of a camera": lambda folder: Recorder(folder / "out.mp4", rate_hz=25, live=True),
    "metrics log": MetricsLog,
    "answers": lambda _: Answers(Console(file=io.StringIO())),
    "terminal in a pipe": lambda _: Terminal(Console(file=io.StringIO())),
    "terminal on a screen": lambda _: Terminal(Console(file=io.StringIO(), force_terminal=True)),
    "window": lambda _: Window("contract", DisplayVerdict(True)),
}
if find_spec("aiohttp"):
    from edge_app.sinks.serve.browser_view import BrowserView

    SINKS["browser"] = lambda _: BrowserView("127.0.0.1", 0)


@pytest.fixture(autouse=True)
def toolkit(monkeypatch: pytest.MonkeyPatch) -> FakeToolkit:
    """Replace OpenCV's windows."""
    fake = FakeToolkit((800, 480))
    fake.install(monkeypatch)
    return fake


@pytest.fixture(params=SINKS)
def make(request: pytest.FixtureRequest) -> Make:
    """Return a function that opens one of the sinks."""
    return SINKS[request.param]


def test_it_is_a_context_that_takes_frames(make: Make, tmp_path: Path) -> None:
    """Frames of both tasks are taken, and it says whether it wants a canvas."""
    with make(tmp_path) as sink:
        assert isinstance(sink.wants_canvas, bool)
        sink.write(step(0), status())
        sink.write(digit(3, 4, index=1), status(task="classification"))


def test_it_is_closed_twice_without_harm(make: Make, tmp_path: Path) -> None:
    """The pipeline and the context manager both close it."""
    with make(tmp_path) as sink:
        sink.write(step(), status())
        sink.close()
    sink.close()


def test_it_is_closed_before_its_first_frame(make: Make, tmp_path: Path) -> None:
    """A source that fails at once leaves sinks without frames."""
    with make(tmp_path):
        pass


def test_writing_after_closing_raises(make: Make, tmp_path: Path) -> None:
    """A frame that would be lost is reported, with what to do."""
    with make(tmp_path) as sink:
        sink.write(step(), status())
    with pytest.raises(SinkError, match="was closed; open a new one"):
        sink.write(step(1), status())


def test_an_exception_inside_still_closes_it(make: Make, tmp_path: Path) -> None:
    """The exception goes on, and the sink is closed."""
    with pytest.raises(RuntimeError, match="the network fell over"), make(tmp_path) as sink:
        fail(sink)
    with pytest.raises(SinkError, match="was closed"):
        sink.write(step(2), status())


def fail(sink: Sink) -> None:
    """Write a frame and raise."""
    sink.write(step(), status())
    raise RuntimeError("the network fell over")


def test_nothing_taken_is_lost_after_an_exception(tmp_path: Path, toolkit: FakeToolkit) -> None:
    """Video, log, terminal and window are finished as usual."""
    out = io.StringIO()
    for sink in (
        Recorder(tmp_path / "out.mp4", rate_hz=25, live=False),
        MetricsLog(tmp_path),
        Terminal(Console(file=out, force_terminal=True)),
        Window("gone", DisplayVerdict(True)),
    ):
        with pytest.raises(RuntimeError), sink:
            fail(sink)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(list(container.decode(video=0))) == 1
    assert (tmp_path / "frames.jsonl").read_text().count("\n") == 1
    assert "\x1b[?25h" in out.getvalue()
    assert toolkit.titles == []


@pytest.mark.parametrize(
    "make",
    [SINKS["recorder of a file"], SINKS["recorder of a camera"], SINKS["window"]],
    ids=["file", "camera", "window"],
)
def test_a_missing_canvas_is_reported(make: Make, tmp_path: Path) -> None:
    """A sink for images needs one."""
    from dataclasses import replace

    with make(tmp_path) as sink:
        assert sink.wants_canvas
        with pytest.raises(SinkError, match="let the overlay draw one"):
            sink.write(replace(step(), canvas=None), status())


def test_the_canvas_is_not_changed(make: Make, tmp_path: Path) -> None:
    """No sink draws into it."""
    canvas = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    before = canvas.copy()
    with make(tmp_path) as sink:
        for index in range(3):
            sink.write(step(index, canvas), status())
    assert (canvas == before).all()

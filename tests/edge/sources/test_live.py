"""Cameras and streams behave as sources, and reconnect when they are lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Frame
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.sources.live import LiveSource, RetryPolicy
from edge_app.sources.source import Source
from edge_app.state import CLOSED, RUNNING, StateKind
from tests.support import fake_picamera2, fake_v4l2
from tests.support.fake_stream import NetworkCamera
from tests.support.fakes import Collector, FakeEngine
from tests.support.runs import make_run

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


@dataclass
class Rig:
    """A camera that can be unplugged and plugged in again."""

    text: str
    lose: Callable[[], None]
    bring_back: Callable[[], None]

    def open(self, **more: Any) -> LiveSource:
        source = open_source(self.text, **{"retry": QUICK, **more})
        assert isinstance(source, LiveSource)
        return source


def _picamera(stack: ExitStack, patch: pytest.MonkeyPatch, folder: Path) -> Rig:
    hardware = fake_picamera2.Hardware()
    hardware.install(patch)

    def plugged(value: bool) -> Callable[[], None]:
        return lambda: setattr(hardware, "plugged", value)

    return Rig("picamera", plugged(False), plugged(True))


def _usb(stack: ExitStack, patch: pytest.MonkeyPatch, folder: Path) -> Rig:
    kernel = fake_v4l2.Kernel(folder)
    kernel.install(patch)
    node = fake_v4l2.Node()
    kernel.plug("video0", node, by_id="usb-HD_Webcam-index0")

    def come_back_elsewhere() -> None:
        kernel.plug("video2", node, by_id="usb-HD_Webcam-index0")

    return Rig("0", lambda: kernel.unplug("video0"), come_back_elsewhere)


def _dying_stream(stack: ExitStack, patch: pytest.MonkeyPatch, folder: Path) -> Rig:
    camera = stack.enter_context(NetworkCamera())

    def change(mode: str) -> Callable[[], None]:
        return lambda: setattr(camera, "mode", mode)

    return Rig(f"http://127.0.0.1:{camera.port}/live", change("refuses"), change("plays"))


def _stalling_stream(stack: ExitStack, patch: pytest.MonkeyPatch, folder: Path) -> Rig:
    rig = _dying_stream(stack, patch, folder)
    camera_modes = rig.lose.__closure__
    assert camera_modes is not None
    camera = next(
        cell.cell_contents for cell in camera_modes if hasattr(cell.cell_contents, "mode")
    )
    return Rig(rig.text, lambda: setattr(camera, "mode", "stalls"), rig.bring_back)


RIGS = [_picamera, _usb, _dying_stream, _stalling_stream]


@pytest.fixture(params=RIGS, ids=lambda make: make.__name__[1:])
def rig(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """Return one kind of camera."""
    with ExitStack() as stack:
        yield request.param(stack, monkeypatch, tmp_path)


def read_until(frames: Iterator[Frame], done: Callable[[], bool]) -> Frame:
    """Read frames until a condition holds; return the last one."""
    for frame in islice(frames, 3000):
        if done():
            return frame
    pytest.fail("it never came to that")


def test_frames_are_bgr_images_in_order(rig: Rig) -> None:
    """Each frame is uint8 (H, W, 3) BGR, contiguous, numbered from 0, with increasing times."""
    with rig.open() as source:
        frames = list(islice(source, 5))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.shape[2:] == (3,)
        assert frame.image.flags.c_contiguous
        left = frame.image[:, : frame.image.shape[1] // 4].reshape(-1, 3).mean(0)
        assert left == pytest.approx((30, 90, 210), abs=12)
        assert frame.capture_ms >= 0
        assert frame.truth is None
    assert frames[0].time_s == 0
    assert all(late.captured_s >= early.captured_s for early, late in pairwise(frames))


def test_attributes_are_set_before_the_first_frame(rig: Rig) -> None:
    """A camera has a name, is live, and has no frame count."""
    with rig.open() as opened:
        source: Source = opened
        assert source.name
        assert source.live is True
        assert source.frame_count is None
        assert source.truth_labels is None
        assert (source.damaged, source.notes) == (0, [])
        assert opened.state.kind is StateKind.OPENING


def test_iterating_again_counts_from_zero(rig: Rig) -> None:
    """The second pass has new images, numbered from 0."""
    with rig.open(loop=True) as source:
        passes = [[frame.index for frame in islice(source, 3)] for _ in range(2)]
    assert passes == [[0, 1, 2], [0, 1, 2]]


def test_max_frames_ends_the_run(rig: Rig) -> None:
    """There are no more frames than `max_frames`, which is at least 1."""
    with rig.open(max_frames=3) as source:
        assert source.frame_count == 3
        assert len(list(source)) == 3
    with pytest.raises(UsageError, match="give 1 or more"):
        rig.open(max_frames=0)


def test_closing_twice_is_safe_and_final(rig: Rig) -> None:
    """A closed camera ends its iteration and refuses another."""
    source = rig.open()
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    assert list(frames) == []
    assert source.state == CLOSED
    with pytest.raises(SourceError, match="closed"):
        iter(source)


def test_a_lost_camera_comes_back(rig: Rig) -> None:
    """The state shows the loss while no frame comes; then the numbering continues."""
    with rig.open() as source:
        frames = iter(source)
        next(frames)
        assert source.state == RUNNING
        states = []

        def watch() -> None:
            while "attempt 2" not in source.state.text:
                states.append(source.state)
                stop.wait(0.002)
            states.append(source.state)
            rig.bring_back()

        stop = threading.Event()
        watcher = threading.Thread(target=watch, daemon=True)
        rig.lose()
        watcher.start()
        last = read_until(frames, lambda: not watcher.is_alive())
        after = next(frames)
        assert source.state == RUNNING
    assert after.index == last.index + 1
    assert after.captured_s >= last.captured_s
    assert states[-1].text == "reconnecting (attempt 2)"
    assert len(source.notes) == 1
    assert "was lost" in source.notes[0]


def test_a_camera_that_stays_lost_is_given_up_after_the_attempts(rig: Rig) -> None:
    """After the last attempt the run ends with the reason and advice."""
    retry = RetryPolicy(10, 0.3, 0.01, 0.04, attempts=2)
    with rig.open(retry=retry) as source:
        frames = iter(source)
        next(frames)
        rig.lose()
        with pytest.raises(SourceError, match=r"did not come back in 2 attempts .*; check"):
            read_until(frames, lambda: False)


def test_closing_ends_the_wait_for_a_lost_camera(rig: Rig) -> None:
    """A reader that waits for a lost camera ends when another thread closes the source."""
    retry = RetryPolicy(10, 0.3, first_delay_s=60, longest_delay_s=60)
    with rig.open(retry=retry) as source:
        frames = iter(source)
        next(frames)
        ends: list[int] = []
        reader = threading.Thread(target=lambda: ends.append(len(list(frames))))
        rig.lose()
        reader.start()
        while source.state.kind is not StateKind.RECONNECTING:
            threading.Event().wait(0.002)
        source.close()
        reader.join(30)
        assert len(ends) == 1


def test_a_run_can_be_stopped_while_its_camera_is_lost(rig: Rig) -> None:
    """A signal ends a run that waits for images."""
    retry = RetryPolicy(10, 0.3, first_delay_s=60, longest_delay_s=60)
    with rig.open(retry=retry) as source:
        collector = Collector()
        run = make_run(source, FakeEngine(), [collector])

        def lose_and_stop() -> None:
            while not collector.steps:
                threading.Event().wait(0.002)
            rig.lose()
            while source.state.kind is not StateKind.RECONNECTING:
                threading.Event().wait(0.002)
            run.stop.set()

        threading.Thread(target=lose_and_stop, daemon=True).start()
        run.go()
        assert collector.statuses[0].policy == "newest frame"
        assert source.state == CLOSED


def test_images_can_be_rotated(rig: Rig) -> None:
    """90 degrees clockwise put the left half on top."""
    with rig.open(camera=CameraOptions(rotation=90)) as source:
        image = next(iter(source)).image
    assert image[: image.shape[0] // 4].mean() > 60 > image[-image.shape[0] // 4 :].mean()
    assert image.shape[0] > image.shape[1]


def test_truth_is_refused(rig: Rig) -> None:
    """Live images have no truth."""
    truth: Any = object()
    with pytest.raises(SourceError, match="leave out --truth"):
        open_source(rig.text, truth=truth)


class Hanging:
    """Open once, then hang in `where` until the test ends."""

    def __init__(self, where: str, release: threading.Event) -> None:
        from edge_app.sources.capture_thread import DeviceInfo

        self.info = DeviceInfo("hanging camera")
        self._where = where
        self._release = release
        self._hang("open")

    def _hang(self, where: str) -> None:
        if where == self._where:
            self._release.wait(60)

    def read(self) -> Any:
        self._hang("read")
        raise SourceError("nothing to see; look elsewhere")

    def close(self) -> None:
        self._hang("close")


@pytest.mark.parametrize("where", ["read", "close"])
def test_a_driver_that_hangs_does_not_hang_the_run(where: str) -> None:
    """A read or close that never returns is abandoned, and the next attempt is made."""
    release = threading.Event()
    retry = RetryPolicy(0.2, 0.05, 0.01, 0.01, attempts=3)
    with LiveSource(lambda: Hanging(where, release), retry) as source:
        with pytest.raises(SourceError, match="did not come back in 3 attempts"):
            next(iter(source))
        release.set()


def test_a_driver_that_hangs_in_opening_is_an_error() -> None:
    """The first opening has a time-out as well."""
    release = threading.Event()
    with pytest.raises(SourceError, match=r"did not open within 0\.1 s; check"):
        LiveSource(lambda: Hanging("open", release), RetryPolicy(open_s=0.1))
    release.set()


def test_delays_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempts come soon, later ones every few seconds."""
    release = threading.Event()
    source = LiveSource(lambda: Hanging("never", release), RetryPolicy(attempts=6))
    delays: list[float] = []

    class Ending(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            delays.append(timeout or 0)
            return False

    monkeypatch.setattr(source, "_ending", Ending())
    with source, pytest.raises(SourceError, match="6 attempts"):
        next(iter(source))
    assert delays == [0.5, 1, 2, 4, 5, 5]

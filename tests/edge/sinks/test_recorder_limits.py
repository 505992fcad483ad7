"""Recordings stop before the disk is full, split without loss, and never delay a camera."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge_app.results.run_summary import RecordedFile, RecordingSummary
from edge_app.sinks.encoder_thread import EncoderThread
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.segments import last_number
from edge_app.state import StateKind
from tests.edge.sinks.test_recorder import numbers, times_s
from tests.support.clock import Clock
from tests.support.steps import status, step

ROOT = Path(__file__).parents[3]
NOISE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)


def write_noise(recorder: Recorder, count: int) -> None:
    """Write images that compress badly."""
    for index in range(count):
        recorder.write(step(index, np.roll(NOISE, index, 0)), status())


def length_s(path: Path) -> float:
    """Return the duration that a file states."""
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / 1e6


@pytest.mark.parametrize("live", [False, True])
def test_a_recording_stops_at_its_size(live: bool, tmp_path: Path) -> None:
    """The closed file is not larger than the limit, has what fits, and plays."""
    path, wall = tmp_path / "out.mp4", Clock(1000.0)
    recorder = Recorder(path, rate_hz=25, live=live, clock=wall, max_mb=1)
    for index in range(100):
        wall.now_s += 0.04
        recorder.write(step(index, np.roll(NOISE, index, 0)), status())
    assert recorder.stopped == "it reached 1 MB"
    assert recorder.state.kind is StateKind.RECORDING_STOPPED
    recorder.close()
    assert 850_000 < path.stat().st_size <= 1_000_000
    assert recorder.recording is not None
    assert recorder.recording.stopped == "it reached 1 MB"
    assert len(times_s(path)) == recorder.recording.frames < 100
    assert length_s(path) == pytest.approx(recorder.recording.seconds)
    assert recorder.notes == [
        f"the recording stopped at {recorder.recording.seconds:.1f} s: it reached 1 MB"
    ]


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    """Segments count together."""
    with Recorder(
        tmp_path / "out.mp4", rate_hz=25, live=False, max_mb=2, segment_s=0.2
    ) as recorder:
        write_noise(recorder, 100)
    sizes = [path.stat().st_size for path in tmp_path.glob("out-*.mp4")]
    assert len(sizes) > 2
    assert 1_700_000 < sum(sizes) <= 2_000_000
    assert recorder.size_bytes == sum(sizes)


def test_a_size_below_one_image_leaves_no_file(tmp_path: Path) -> None:
    """No file that cannot be played is left, and the view is not disturbed."""
    with Recorder(tmp_path / "out.mp4", rate_hz=25, live=False, max_mb=0.01) as recorder:
        write_noise(recorder, 5)
    assert list(tmp_path.iterdir()) == []
    assert recorder.recording is None
    assert "it reached 0.01 MB" in recorder.notes[0]


@pytest.mark.parametrize(
    ("total", "low"), [(64_000_000_000, 199_000_000), (1_000_000_000, 19_000_000)]
)
def test_a_recording_stops_before_the_disk_is_full(total: int, low: int, tmp_path: Path) -> None:
    """Below 200 MB or 2 % the file is finished; the disk is checked once a second."""
    path, wall, asked = tmp_path / "out.mp4", Clock(1000.0), []

    def free(folder: Path) -> tuple[int, int]:
        asked.append(folder)
        return total, low if len(asked) > 3 else low + 2_000_000

    with Recorder(path, rate_hz=25, live=True, clock=wall, disk_space=free) as recorder:
        for index in range(300):
            recorder.write(step(index), status())
            wall.now_s += 0.04
    assert set(asked) == {tmp_path}
    assert len(asked) == 4
    assert recorder.stopped == f"only {low / 1e6:.0f} MB were free on its disk"
    assert 2.5 <= length_s(path) < 4.5  # the clock runs ahead of the encoder
    assert len(recorder.notes) == 1


def test_segments_lose_nothing_at_the_seams(tmp_path: Path) -> None:
    """Each file starts at zero and plays alone; together they have every frame once."""
    with Recorder(tmp_path / "out.mp4", rate_hz=5, live=False, segment_s=1) as recorder:
        for index in range(18):
            recorder.write(step(index), status())
    paths = [tmp_path / f"out-{number:04}.mp4" for number in (1, 2, 3, 4)]
    assert sorted(tmp_path.iterdir()) == paths
    assert [numbers(path) for path in paths] == [
        [0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14], [15, 16, 17],
    ]  # fmt: skip
    assert [times_s(path)[0] for path in paths] == [0, 0, 0, 0]
    assert [length_s(path) for path in paths] == pytest.approx([1, 1, 1, 0.6])
    files = tuple(map(str, paths))
    parts = tuple(
        RecordedFile(path=path, frames=frames, seconds=frames / 5)
        for path, frames in zip(files, (5, 5, 5, 3), strict=True)
    )
    expected = RecordingSummary(path=files[0], frames=18, seconds=3.6, files=files, parts=parts)
    assert recorder.recording == expected


def test_segments_of_a_camera_last_as_long_as_it_took(tmp_path: Path) -> None:
    """A still image continues in the next file, and no slot is missing or doubled."""
    wall = Clock(1000.0)
    with Recorder(
        tmp_path / "out.mp4", rate_hz=10, live=True, clock=wall, segment_s=0.5
    ) as recorder:
        for index, stamp_s in enumerate([0.0, 0.3, 1.2, 1.3]):
            wall.now_s = 1000 + stamp_s
            recorder.write(step(index), status())
        wall.now_s = 1002.0
    found = [numbers(path) for path in sorted(tmp_path.iterdir())]
    assert found == [[0, 0, 0, 1, 1], [1] * 5, [1, 1, 2, 3, 3], [3] * 5]
    assert recorder.recording is not None
    assert recorder.recording.seconds == 2


def test_segments_follow_the_files_own_times(tmp_path: Path) -> None:
    """Frames at uneven times go where they belong; a gap makes no empty file."""
    stamps_s = [0.0, 0.7, 0.99, 1.0, 1.8, 5.5, 5.6]
    with Recorder(tmp_path / "out.mp4", rate_hz=10, live=False, segment_s=1) as recorder:
        for index, stamp_s in enumerate(stamps_s):
            recorder.write(step(index, time_s=stamp_s), status())
    found = [numbers(path) for path in sorted(tmp_path.iterdir())]
    assert found == [[0, 1, 2], [3, 4], [5, 6]]


def test_segments_are_numbered_after_earlier_ones(tmp_path: Path) -> None:
    """The files written before a power cut are not overwritten."""
    for _ in range(2):
        with Recorder(tmp_path / "a.b.mp4", rate_hz=1, live=False, segment_s=2) as recorder:
            for index in range(3):
                recorder.write(step(index), status())
    names = [path.name for path in sorted(tmp_path.iterdir())]
    assert names == [f"a.b-{number:04}.mp4" for number in (1, 2, 3, 4)]
    assert last_number(tmp_path / "a.b.mp4") == 4
    assert last_number(tmp_path / "a.mp4") == 0


KILLED = """
import sys
from edge_app.sinks.recorder import Recorder
from tests.support.steps import status, step
with Recorder(sys.argv[1], rate_hz=25, live=False, segment_s=2) as recorder:
    for index in range(100_000):
        recorder.write(step(index), status())
        print(index, flush=True)
"""


def test_a_kill_leaves_all_segments(tmp_path: Path) -> None:
    """After SIGKILL the files before are whole, and the last one plays to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path / "out.mp4"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        for text in child.stdout:
            if int(text) == 130:
                child.send_signal(signal.SIGKILL)
                break
        printed = [int(text) for text in child.stdout.read().split("\n")[:-1]]
    written = max([130, *printed]) + 1
    paths = sorted(tmp_path.glob("out-*.mp4"))
    lengths = [len(times_s(path)) for path in paths[:-1]]
    assert lengths[:2] == [50, 50]
    assert set(lengths) == {50}
    try:
        lengths.append(len(times_s(paths[-1])))
    except av.FFmpegError:  # killed between its creation and its first image
        assert paths[-1].stat().st_size < 2000
    assert sum(lengths) >= written - 3


class Gate:
    """Slow disk: no check returns until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked = threading.Event()

    def __call__(self, folder: Path) -> tuple[int, int]:
        self.asked.set()
        assert self.open.wait(60)
        return 10**12, 10**12


class Running(Clock):
    """Clock that moves on with every call."""

    def __call__(self) -> float:
        self.now_s += 0.001
        return self.now_s


def test_a_slow_encoder_does_not_delay_a_camera(tmp_path: Path) -> None:
    """Images beyond the queue are counted and repeated over, and the length stays right."""
    wall, gate = Running(1000.0), Gate()
    path = tmp_path / "out.mp4"
    recorder = Recorder(path, rate_hz=10, live=True, clock=wall, queue=2, disk_space=gate)
    for index in range(15):
        recorder.write(step(index), status())
        assert gate.asked.wait(60)
        wall.now_s += 0.1
    assert recorder.dropped == 12  # one is in hand, two wait
    gate.open.set()
    recorder.close()
    assert recorder.recording is not None
    assert recorder.recording.dropped == 12
    assert recorder.recording.seconds == pytest.approx(wall.now_s - 1000, abs=0.11)
    assert times_s(path)[-1] == pytest.approx(recorder.recording.seconds - 0.1)


def test_a_file_waits_for_the_encoder(tmp_path: Path) -> None:
    """No frame of a file is lost, however slow the encoder is."""
    gate = Gate()
    recorder = Recorder(tmp_path / "out.mp4", rate_hz=25, live=False, queue=1, disk_space=gate)

    def write_all() -> None:
        for index in range(10):
            recorder.write(step(index), status())

    writer = threading.Thread(target=write_all)
    writer.start()
    assert gate.asked.wait(60)
    gate.open.set()
    writer.join(60)
    recorder.close()
    assert numbers(tmp_path / "out.mp4") == list(range(10))
    assert recorder.dropped == 0


def test_the_state_has_a_text(tmp_path: Path) -> None:
    """While it runs, after an early stop, and after the end."""
    recorder = Recorder(tmp_path / "out.mp4", rate_hz=25, live=False, max_mb=1)
    assert str(recorder.state) == "recording 0:00, 0.0 MB"
    write_noise(recorder, 60)
    assert str(recorder.state) == "recording stopped: it reached 1 MB"
    recorder.close()
    recorder.close()
    assert str(recorder.state) == "recording stopped: it reached 1 MB"
    assert len(recorder.notes) == 1


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_a_fault_in_the_thread_is_raised_once(error: BaseException) -> None:
    """By the next call, whichever it is; the items queued after it are discarded."""

    def work(item: int) -> None:
        done.append(item)
        raise error

    def put_until_it_breaks(thread: EncoderThread[int]) -> None:
        while thread.put(7):
            pass

    done: list[int] = []
    thread = EncoderThread(work, 1, name="test")
    with pytest.raises(type(error)):
        put_until_it_breaks(thread)
    thread.finish()
    assert not thread.put(8)
    assert done == [7]


def test_the_queue_keeps_its_order_and_its_end() -> None:
    """Everything that was taken is worked off before `finish` returns, and no thread stays."""
    done: list[Any] = []
    add: Callable[[Any], None] = done.append
    thread = EncoderThread(add, 3, name="queue under test")
    assert all(thread.put(number) for number in range(100))
    thread.finish()
    thread.finish()
    assert done == list(range(100))
    assert "queue under test" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("error", [None, RuntimeError("broken")])
def test_the_thread_releases_what_its_work_uses(error: RuntimeError | None) -> None:
    """It does so itself, after the last item or the first error, before `finish` returns."""

    def work(_: int) -> None:
        if error:
            raise error

    def release() -> None:
        released.append(threading.current_thread().name)

    released: list[str] = []
    thread = EncoderThread(work, 1, release=release, name="the owner")
    thread.put(1)
    with suppress(RuntimeError):
        thread.finish()
    thread.finish()
    assert released == ["the owner"]


def test_a_fault_of_the_release_is_raised() -> None:
    """A file that cannot be closed is an error like any other."""

    def release() -> None:
        raise OSError("the disk is gone")

    done: list[int] = []
    thread = EncoderThread(done.append, 1, release=release)
    thread.put(1)
    with pytest.raises(OSError, match="the disk is gone"):
        thread.finish()
    assert done == [1]


def test_the_figures_can_be_read_while_files_are_opened_and_closed(tmp_path: Path) -> None:
    """Main reads whole values, of one moment, while the encoder's thread changes its files."""
    ended = threading.Event()
    seen: list[RecordingSummary] = []

    def read_figures() -> None:
        while not ended.is_set():
            assert recorder.state.text.startswith("recording ")
            if found := recorder.recording:
                seen.append(found)

    recorder = Recorder(tmp_path / "out.mp4", rate_hz=25, live=False, segment_s=0.04)
    with ThreadPoolExecutor() as pool, recorder:
        reader = pool.submit(read_figures)
        for index in range(300):
            recorder.write(step(index), status())
        ended.set()
        reader.result()
    assert len(seen) > 100
    assert {one.frames for one in seen if one.seconds != pytest.approx(one.frames / 25)} == set()
    assert {one.frames for one in seen if len(one.files) != one.frames} == set()
    assert {part.frames for one in seen for part in one.parts} == {1}
    assert recorder.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_segments_are_even_whatever_the_rate(tmp_path: Path) -> None:
    """Thirty tenths of a second are thirty files, though 0.3 is no exact float."""
    with Recorder(tmp_path / "out.mp4", rate_hz=10, live=False, segment_s=0.1) as recorder:
        for index in range(30):
            recorder.write(step(index, time_s=index / 10), status())
    assert len(list(tmp_path.iterdir())) == 30

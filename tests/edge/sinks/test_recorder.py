"""Recordings have every frame at its time, and survive a kill and a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge_app.errors import SinkError
from edge_app.results.run_summary import RecordingSummary
from edge_app.sinks.recorder import Recorder, exact_rate
from edge_app.sources.video import VideoFile
from tests.support import media_files as made
from tests.support.clock import Clock
from tests.support.steps import status, step

ROOT = Path(__file__).parents[3]


def record(path: Path, steps: Sequence[Any], rate_hz: float | Fraction | None = 25) -> Recorder:
    """Record the steps of a file."""
    with Recorder(path, rate_hz=rate_hz, live=False) as recorder:
        for one in steps:
            recorder.write(one, status())
    return recorder


def write_all(recorder: Recorder, count: int) -> None:
    """Write numbered images."""
    for index in range(count):
        recorder.write(step(index), status())


def record_live(path: Path, stamps_s: Sequence[float], until_s: float, rate_hz: float) -> Recorder:
    """Record one numbered image at each moment, and stop at another."""
    wall = Clock(1000.0)
    with Recorder(path, rate_hz=rate_hz, live=True, clock=wall) as recorder:
        for index, stamp_s in enumerate(stamps_s):
            wall.now_s = 1000.0 + stamp_s
            recorder.write(step(index), status())
        wall.now_s = 1000.0 + until_s
    return recorder


def images(path: Path) -> list[Any]:
    """Decode all images of a file."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def times_s(path: Path) -> list[float]:
    """Return when each image of a file is shown."""
    return [float(image.time) for image in images(path)]


def numbers(path: Path) -> list[int]:
    """Read the numbers of the images back."""
    return [made.number_of(image.to_ndarray(format="bgr24")) for image in images(path)]


def test_a_file_gives_one_image_per_frame(tmp_path: Path) -> None:
    """As many images as frames, in order, and the file lasts as long as its source."""
    path = tmp_path / "new" / "folder" / "out.mp4"
    recorder = record(path, [step(index) for index in range(20)])
    assert numbers(path) == list(range(20))
    assert recorder.recording == RecordingSummary(path=str(path), frames=20, seconds=0.8)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate) == (20, Fraction(25))
        assert container.duration == 800_000
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


def test_frames_keep_their_own_times(tmp_path: Path) -> None:
    """Uneven stamps are kept, counted from the first; an equal one is moved on."""
    stamps_s = [5.0, 5.04, 5.5, 5.52, 7.0, 7.0, 7.1]
    steps = [step(index, time_s=stamp_s) for index, stamp_s in enumerate(stamps_s)]
    recorder = record(tmp_path / "out.mp4", steps)
    found_s = times_s(tmp_path / "out.mp4")
    assert found_s == pytest.approx([stamp_s - 5 for stamp_s in stamps_s], abs=2e-4)
    assert (np.diff(found_s) > 0).all()
    assert recorder.recording is not None
    assert recorder.recording.seconds == pytest.approx(2.14, abs=2e-4)


@pytest.mark.parametrize(
    ("rate_hz", "exact"),
    [
        (25.0, Fraction(25)),
        (29.97, Fraction(30000, 1001)),
        (30000 / 1001, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (30.0, Fraction(30)),
        (475 / 33, Fraction(475, 33)),
        (Fraction(15000, 1001), Fraction(15000, 1001)),
        (12.5, Fraction(25, 2)),
        (0.5, Fraction(1, 2)),
        (None, Fraction(25)),
        (float("nan"), Fraction(25)),
        (0.0, Fraction(25)),
        (90000.0, Fraction(25)),
    ],
)
def test_rates_stay_fractional(
    rate_hz: float | Fraction | None, exact: Fraction, tmp_path: Path
) -> None:
    """The file has the exact rate, and no tick is lost over time."""
    assert exact_rate(rate_hz) == exact
    record(tmp_path / "out.mp4", [step(index) for index in range(31)], rate_hz)
    found = images(tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].average_rate == exact
    assert found[30].pts * found[30].time_base == 30 / exact


def test_colours_come_back(tmp_path: Path) -> None:
    """A colour chart is within a few levels after playing, and the file names its colours."""
    chart = np.zeros((96, 128, 3), np.uint8)
    for number, colour in enumerate(np.random.default_rng(3).integers(0, 256, (48, 3))):
        y, x = 16 * (number // 8), 16 * (number % 8)
        chart[y : y + 16, x : x + 16] = colour
    record(tmp_path / "out.mp4", [step(index, chart) for index in range(3)])
    for frame in VideoFile(tmp_path / "out.mp4"):
        difference = np.abs(frame.image.astype(int) - chart)[8::16, 8::16]
        assert difference.max() <= 8
        assert difference.mean() <= 2
    first = images(tmp_path / "out.mp4")[0]
    tags = (first.colorspace, first.color_range, first.color_primaries, first.color_trc)
    assert [int(tag) for tag in tags] == [1, 1, 1, 1]  # BT.709, narrow


@pytest.mark.parametrize("step_s", [1 / 30, 0.3, 2.0])
def test_a_keyframe_comes_each_second(step_s: float, tmp_path: Path) -> None:
    """However fast the frames come, players can start in every second of the file."""
    steps = [step(index, time_s=index * step_s) for index in range(100)]
    record(tmp_path / "out.mp4", steps, 30)
    keys_s = [float(one.time) for one in images(tmp_path / "out.mp4") if one.key_frame]
    assert keys_s[0] == 0
    assert np.diff([*keys_s, 99 * step_s]).max() <= max(1.0, step_s) + 1e-3


@pytest.mark.parametrize("network_hz", [3.0, 17.0, 25.0, 61.0])
def test_a_live_recording_lasts_as_long_as_it_took(network_hz: float, tmp_path: Path) -> None:
    """Four seconds are a hundred images, whatever the rate of the network."""
    stamps_s = np.arange(0, 4, 1 / network_hz)
    recorder = record_live(tmp_path / "out.mp4", list(stamps_s), 4.0, 25)
    assert times_s(tmp_path / "out.mp4") == pytest.approx([n / 25 for n in range(100)])
    assert recorder.recording is not None
    assert recorder.recording.frames == 100
    assert recorder.recording.seconds == 4


def test_a_live_recording_shows_what_the_screen_showed(tmp_path: Path) -> None:
    """Slots without a new image repeat the last one; a second image in a slot is skipped."""
    stamps_s = [0.0, 0.11, 0.31, 0.32, 0.4, 0.75]
    record_live(tmp_path / "out.mp4", stamps_s, 1.0, 10)
    assert numbers(tmp_path / "out.mp4") == [0, 1, 1, 2, 4, 4, 4, 5, 5, 5]


def test_a_long_pause_is_bridged(tmp_path: Path) -> None:
    """A pause of an hour costs one image per second and lasts an hour."""
    recorder = record_live(tmp_path / "out.mp4", [0.0, 3600.0], 3600.5, 30)
    assert recorder.recording is not None
    assert recorder.recording.seconds == 3600.5
    assert recorder.recording.frames < 3700
    found_s = times_s(tmp_path / "out.mp4")
    assert np.diff(found_s).max() <= 1.0001
    assert made.number_of(images(tmp_path / "out.mp4")[-1].to_ndarray(format="bgr24")) == 1


def test_another_size_is_refused(tmp_path: Path) -> None:
    """The message has both sizes, and what was recorded before plays."""
    path = tmp_path / "out.mp4"
    with Recorder(path, rate_hz=25, live=False) as recorder:
        for index in range(3):
            recorder.write(step(index), status())
        with pytest.raises(SinkError, match=r"32x24 does not fit .* 64x48; record"):
            recorder.write(step(3, made.numbered_image(3, (32, 24))), status())
    assert numbers(path) == [0, 1, 2]


@pytest.mark.parametrize("size_wh", [(65, 49), (66, 50), (64, 48), (63, 51), (16, 18), (2, 2)])
def test_every_size_is_recorded_whole(size_wh: tuple[int, int], tmp_path: Path) -> None:
    """Odd sizes are padded to even by repeating the last row and column."""
    image = made.numbered_image(2, size_wh)
    image[:, -1] = image[-1] = 230
    record(tmp_path / "out.mp4", [step(0, image)])
    width, height = size_wh
    found = images(tmp_path / "out.mp4")[0].to_ndarray(format="gray").astype(int)
    assert found.shape == (height + height % 2, width + width % 2)
    padded = np.pad(image[..., 0], ((0, height % 2), (0, width % 2)), "edge")
    assert np.abs(found - padded).max() <= 12


KILLED = """
import sys
from edge_app.sinks.recorder import Recorder
from tests.support.steps import status, step
with Recorder(sys.argv[1], rate_hz=25, live=False) as recorder:
    for index in range(100_000):
        recorder.write(step(index), status())
        print(index, flush=True)
"""


def test_a_kill_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    """After SIGKILL the file plays, and lacks only images that were queued or not yet on disk."""
    path = tmp_path / "out.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for text in child.stdout:
            if int(text) == 130:
                child.send_signal(signal.SIGKILL)
                break
        printed = [int(text) for text in child.stdout.read().split("\n")[:-1]]
    written = max([130, *printed]) + 1
    assert child.returncode == -signal.SIGKILL
    assert len(images(path)) >= written - 3
    assert numbers(path)[:60] == [index % 20 for index in range(60)]
    frames = list(VideoFile(path))
    assert frames[50].time_s == pytest.approx(2.0)


FULL = """
import resource, sys
import numpy as np
from edge_app.errors import SinkError
from edge_app.sinks.recorder import Recorder
from tests.support.steps import status, step
path, count, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
recorder = Recorder(path, rate_hz=25, live=False)
try:
    for index in range(count):
        recorder.write(step(index, np.roll(noise, index, 0)), status())
    recorder.close()
except SinkError as fault:
    print(fault)
recorder.close()
print(recorder.recording.frames)
"""


def record_limited(path: Path, count: int, limit: int) -> list[str]:
    """Record noise in a process whose files have a largest size; return its output."""
    command = [sys.executable, "-c", FULL, str(path), str(count), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("where", ["in the middle", "in the index"])
def test_a_full_disk_leaves_what_was_written(where: str, tmp_path: Path) -> None:
    """The error says what to do, and the file plays to the frame that is counted."""
    path = tmp_path / "out.mp4"
    assert record_limited(path, 20, 0) == ["20"]
    whole = path.stat().st_size
    fault, frames = record_limited(path, 20, whole // 2 if where == "in the middle" else whole - 99)
    assert "cannot be written: the file is as large as this disk allows" in fault
    assert "use another disk" in fault
    assert len(images(path)) == int(frames) >= 5
    assert len(images(path)) < 20


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """The message is about the disk, and closing afterwards is quiet."""
    path = tmp_path / "out.mp4"
    path.symlink_to("/dev/full")
    recorder = Recorder(path, rate_hz=25, live=False)
    with pytest.raises(SinkError, match="the disk is full; free some space"):
        write_all(recorder, 5)
    with pytest.raises(SinkError, match="has ended"):
        recorder.write(step(5), status())
    recorder.close()
    assert recorder.recording is None
    assert Path("/dev/full").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.avi", "give a name that ends in .mp4, like out.mp4"),
        ("out", "give a name that ends in .mp4, like out.mp4"),
        ("folder.mp4", "it is a folder; give the name of a file"),
        ("file.txt/out.mp4", "something above it is a file; choose another folder"),
    ],
)
def test_an_impossible_path_is_refused_at_once(name: str, message: str, tmp_path: Path) -> None:
    """Before the first frame, with what to do instead."""
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "file.txt").touch()
    with pytest.raises(SinkError, match=message):
        Recorder(tmp_path / name, rate_hz=25, live=False)


def test_a_recording_without_frames_leaves_no_file(tmp_path: Path) -> None:
    """It does not touch an earlier recording either."""
    fresh, old = tmp_path / "fresh.mp4", tmp_path / "old.mp4"
    old.write_bytes(b"precious")
    for path in (fresh, old):
        recorder = record(path, [])
        assert recorder.recording is None
    assert not fresh.exists()
    assert old.read_bytes() == b"precious"


def test_an_image_too_large_for_the_encoder_is_reported(tmp_path: Path) -> None:
    """H.264 ends at 16384 pixels; no empty file and no lock is left."""
    path = tmp_path / "out.mp4"
    with pytest.raises(SinkError, match=r"20000x16 cannot be encoded.*record another size"):
        record(path, [step(0, made.numbered_image(0, (20_000, 16)))])
    assert not list(tmp_path.iterdir())


def test_an_older_recording_is_overwritten(tmp_path: Path) -> None:
    """Nothing of the longer one is left."""
    path = tmp_path / "out.mp4"
    record(path, [step(index) for index in range(60)])
    record(path, [step(7)])
    assert numbers(path) == [7]


def test_a_recording_goes_where_its_link_leads(tmp_path: Path) -> None:
    """The link stays; another name of the file keeps the older recording."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.mp4").write_bytes(b"old")
    os.link(tmp_path / "real" / "a.mp4", tmp_path / "backup.mp4")
    (tmp_path / "out.mp4").symlink_to("real/a.mp4")
    record(tmp_path / "out.mp4", [step(index) for index in range(3)])
    assert (tmp_path / "out.mp4").is_symlink()
    assert numbers(tmp_path / "real" / "a.mp4") == [0, 1, 2]
    assert (tmp_path / "backup.mp4").read_bytes() == b"old"


def test_nothing_but_the_recording_is_left(tmp_path: Path) -> None:
    """No folder of a detour, and none of a recording without an image."""
    record(tmp_path / "a" / ".." / "b" / "c.mp4", [step(0)])
    record(tmp_path / "new" / "d.mp4", [])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b", "c.mp4"]


def test_segments_overwrite_nothing(tmp_path: Path) -> None:
    """Neither what another recording is about to write, nor what it has written meanwhile."""
    with Recorder(tmp_path / "seg.mp4", rate_hz=25, live=False, segment_s=0.04) as recorder:
        write_all(recorder, 1)
        (tmp_path / "seg-0002.mp4").write_bytes(b"other")
        recorder.write(step(1), status())
    assert (tmp_path / "seg-0002.mp4").read_bytes() == b"other"
    assert numbers(tmp_path / "seg-0001.mp4") == [0]
    assert numbers(tmp_path / "seg-0003.mp4") == [1]


def test_the_encoder_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No message of libx264 or FFmpeg reaches the terminal."""
    record(tmp_path / "out.mp4", [step(index) for index in range(3)])
    assert capfd.readouterr() == ("", "")


def test_a_real_drive_comes_back_whole(tmp_path: Path, shared: Path) -> None:
    """38 frames in are 38 frames out, the same to the eye, and as long as the source."""
    source = VideoFile(shared / "video" / "udacity_vehicle_test_video.mp4")
    frames = list(source)
    steps = [step(frame.index, frame.image, time_s=frame.time_s) for frame in frames]
    record(tmp_path / "out.mp4", steps, source.rate_hz)
    again = list(VideoFile(tmp_path / "out.mp4"))
    assert len(again) == 38
    for frame, copy in zip(frames, again, strict=True):
        assert copy.time_s == pytest.approx(frame.time_s, abs=1e-4)
        assert np.abs(copy.image.astype(int) - frame.image).mean() < 3

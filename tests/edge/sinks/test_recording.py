"""Keys start and stop recordings, and a full disk does not end the view."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge_app.controls import Action, Controls
from edge_app.errors import SinkError
from edge_app.frame import Frame, Image
from edge_app.pipeline.run import Run
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.recording import Recording, free_path
from tests.support import media_files as made
from tests.support.fakes import FakeEngine, FakeSource
from tests.support.runs import make_run
from tests.support.steps import status, step, texts

ON = Controls(record=True)


def open_recorder(path: Path, spent_bytes: int = 0) -> Recorder:
    """Open a recorder for a file source."""
    return Recorder(path, rate_hz=25, live=False, spent_bytes=spent_bytes)


def numbers(path: Path) -> list[int]:
    """Read the numbers of the images of a recording."""
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [made.number_of(np.asarray(image, np.uint8)) for image in images]


def write(recording: Recording, *indices: int) -> None:
    """Write numbered images."""
    for index in indices:
        recording.write(step(index), status())


def test_nothing_is_recorded_before_a_key_starts_it(tmp_path: Path) -> None:
    """No file is created, and no canvas is wanted."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=False) as recording:
        assert not recording.wants_canvas
        write(recording, 0, 1)
        assert recording.states == ()
    assert recording.recording is None
    assert list(tmp_path.iterdir()) == []


def test_each_start_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Frames between a stop and a start are in no file, and the totals add up."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=False) as recording:
        first = recording.switch(ON)
        assert recording.wants_canvas
        assert str(recording.states[0]).startswith("recording 0:00")
        write(recording, 0, 1, 2)
        assert recording.switch(Controls()) == f"recorded 0.1 s: {tmp_path / 'out-1.mp4'}"
        assert not recording.wants_canvas
        write(recording, 3, 4)
        recording.switch(ON)
        write(recording, 5, 6)
    assert first == f"recording to {tmp_path / 'out-1.mp4'}"
    assert numbers(tmp_path / "out-1.mp4") == [0, 1, 2]
    assert numbers(tmp_path / "out-2.mp4") == [5, 6]
    totals = recording.recording
    assert totals is not None
    assert totals.frames == 5
    assert totals.seconds == pytest.approx(5 / 25)
    assert totals.files == tuple(str(tmp_path / name) for name in ("out-1.mp4", "out-2.mp4"))
    assert [(part.path, part.frames) for part in totals.parts] == list(
        zip(totals.files, (3, 2), strict=True)
    )


def test_a_recording_given_as_an_option_starts_at_once(tmp_path: Path) -> None:
    """It has the given name, and a key may continue in another file."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=True) as recording:
        write(recording, 0, 1)
        recording.switch(Controls())
        recording.switch(ON)
        write(recording, 2)
    assert numbers(tmp_path / "out.mp4") == [0, 1]
    assert numbers(tmp_path / "out-1.mp4") == [2]


def test_a_start_without_an_image_leaves_no_file(tmp_path: Path) -> None:
    """The message says that nothing was recorded."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=False) as recording:
        recording.switch(ON)
        assert recording.switch(Controls()) == "nothing recorded"
    assert list(tmp_path.iterdir()) == []


def test_another_view_continues_in_another_file(tmp_path: Path) -> None:
    """Side by side is wider, and one file has one size."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=True) as recording:
        image = made.numbered_image(1)
        for canvas in (image, image, np.hstack([image, image]), np.hstack([image, image])):
            recording.write(replace(step(0, canvas), frame=step(0, image).frame), status())
    sizes = []
    for name in ("out.mp4", "out-1.mp4"):
        with av.open(str(tmp_path / name)) as container:
            stream = container.streams.video[0]
            sizes.append((stream.width, stream.height))
    assert sizes == [(64, 48), (128, 48)]


def test_a_source_whose_images_change_size_is_refused(tmp_path: Path) -> None:
    """It ends a run whose purpose is the recording."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=True) as recording:
        write(recording, 0)
        with pytest.raises(SinkError, match="all of one size"):
            recording.write(step(1, made.numbered_image(1, (32, 24))), status())


def test_another_source_continues_in_another_file(tmp_path: Path) -> None:
    """A change of task renews a running recording and starts none."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=True) as recording:
        write(recording, 0)
        recording.renew()
        recording.write(step(1, made.numbered_image(1, (32, 24))), status())
        recording.switch(Controls())
        recording.renew()
        assert not recording.wants_canvas
    assert numbers(tmp_path / "out-1.mp4") == [1]


def open_small_recorder(path: Path, spent_bytes: int = 0) -> Recorder:
    """Open a recorder that stops before a tenth of a megabyte."""
    return Recorder(path, rate_hz=25, live=False, max_mb=0.1, spent_bytes=spent_bytes)


def test_a_recording_that_stopped_by_itself_wants_no_canvas(tmp_path: Path) -> None:
    """Its state has the reason until a key starts another one."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    with Recording(open_small_recorder, tmp_path / "out.mp4", on=True) as recording:
        index = 0
        while recording.wants_canvas and index < 500:
            recording.write(replace(step(index), canvas=noise), status())
            index += 1
        assert index < 500
        assert not recording.wants_canvas
        assert texts(recording.states) == ("recording stopped: it reached 0.1 MB",)
        assert len(recording.notes) == 1
        recording.renew()  # another source, or another view, does not go past the size
        assert not recording.wants_canvas
        assert recording.switch(Controls()).startswith("recording to ")
        assert recording.wants_canvas
        assert str(recording.states[0]).startswith("recording 0:00")
        write(recording, 0)
    assert (tmp_path / "out.mp4").stat().st_size <= 100_000
    assert numbers(tmp_path / "out-1.mp4") == [0]


def test_a_limit_holds_for_all_files_from_start_to_stop(tmp_path: Path) -> None:
    """A view that changes every few images starts new files, but no new limit."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    with Recording(open_small_recorder, tmp_path / "out.mp4", on=True) as recording:
        index = 0
        while recording.wants_canvas and index < 500:
            wide = index // 2 % 2
            canvas = np.hstack([noise] * (1 + wide))
            recording.write(replace(step(index), canvas=canvas), status())
            index += 1
        assert 2 < index < 500
        assert [note.endswith(": it reached 0.1 MB") for note in recording.notes] == [True]
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 1
    assert 50_000 < sum(sizes) <= 100_000


def test_no_canvas_is_drawn_after_a_recording_stopped_by_itself(tmp_path: Path) -> None:
    """A run without a window then costs no more than the network."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    drawn: list[int] = []

    def draw(*_: Any, **__: Any) -> Image:
        drawn.append(len(drawn))
        return noise

    with Recording(open_small_recorder, tmp_path / "out.mp4", on=True) as recording:
        run = make_run(
            FakeSource(400),
            FakeEngine(),
            [recording],
            draw=draw,
            is_watched=lambda: recording.wants_canvas,
        )
        run.go()
    assert run.stats.frames == 400
    assert 0 < len(drawn) < 200


class FullDisk(Recorder):
    """Recorder that fails at the third image, as a full disk does."""

    def __init__(self, path: Path, spent_bytes: int = 0) -> None:
        super().__init__(path, rate_hz=25, live=False, spent_bytes=spent_bytes)
        self.left = 2

    def write(self, step: Any, status: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise SinkError(f"{self.path} cannot be written: the disk is full; free some space")
        super().write(step, status)


def test_a_full_disk_stops_a_recording_started_by_a_key_and_nothing_else(tmp_path: Path) -> None:
    """The reason is shown until the next start, and what was recorded before plays."""
    with Recording(FullDisk, tmp_path / "out.mp4", on=False) as recording:
        recording.switch(ON)
        write(recording, 0, 1, 2, 3)
        assert not recording.wants_canvas
        message = f"recording stopped: {tmp_path / 'out-1.mp4'} cannot be written: the disk is full"
        assert str(recording.states[0]).startswith(message)
        assert recording.notes == list(texts(recording.states))
        recording.switch(Controls())
        assert str(recording.states[0]).startswith("recording 0:00")
    assert numbers(tmp_path / "out-1.mp4") == [0, 1]


def test_a_recording_that_a_key_cannot_start_ends_nothing(tmp_path: Path) -> None:
    """Neither at the key nor when another source continues it; the reason is shown."""
    refused = SinkError("cannot be written: the disk is full; free some space")
    opened = [open_recorder(tmp_path / "a.mp4")]

    def open_once(path: Path, spent_bytes: int) -> Recorder:
        if not opened:
            raise refused
        return opened.pop()

    with Recording(open_once, tmp_path / "out.mp4", on=False) as recording:
        recording.switch(ON)
        write(recording, 0, 1)
        recording.renew()
        assert texts(recording.states) == (f"recording stopped: {refused}",)
        write(recording, 2)
        assert recording.switch(ON) == "nothing recorded"
        assert texts(recording.states) == (f"recording stopped: {refused}",)
        assert recording.recording is not None


def test_a_full_disk_ends_a_run_whose_purpose_is_the_recording(tmp_path: Path) -> None:
    """A service must not run for hours without its file."""
    with Recording(FullDisk, tmp_path / "out.mp4", on=True) as recording:
        write(recording, 0, 1)
        with pytest.raises(SinkError, match="the disk is full"):
            write(recording, 2)


def run_with(
    recording: Recording, count: int, press: Callable[[int], list[str]]
) -> tuple[Run, list[int]]:
    """Run numbered images with a recording; press gives keys by the number of frames shown."""
    shown: list[int] = []

    class Screen:
        wants_canvas = True
        every_frame = True

        def write(self, step: Any, status: Any) -> None:
            shown.append(step.frame.index)

        def close(self) -> None:
            pass

    class Numbered(FakeSource):
        def __iter__(self) -> Any:
            for frame in super().__iter__():
                yield replace(frame, image=made.numbered_image(frame.index))

    def draw(frame: Frame, *_: Any, **__: Any) -> Image:
        return frame.image

    run = make_run(
        Numbered(count),
        FakeEngine(),
        [recording, Screen()],
        draw=draw,
        keys=lambda: press(len(shown)),
        handlers={Action.RECORD: recording.switch},
        status_providers=[lambda: recording.states],
    )
    run.go()
    return run, shown


def test_a_key_records_until_it_is_pressed_again(tmp_path: Path) -> None:
    """The file has the frames shown between the two presses, and no others."""
    pressed: set[int] = set()

    def press(shown: int) -> list[str]:
        if shown in {3, 9} and shown not in pressed:
            pressed.add(shown)
            return ["r"]
        return []

    with Recording(open_recorder, tmp_path / "out.mp4", on=False) as recording:
        _, shown = run_with(recording, 15, press)
    assert shown == list(range(15))
    assert numbers(tmp_path / "out-1.mp4") == [3, 4, 5, 6, 7, 8]


def test_the_view_continues_when_the_disk_is_full(tmp_path: Path) -> None:
    """Every frame is shown, and the status has the reason."""
    pressed: set[int] = set()

    def press(shown: int) -> list[str]:
        if shown == 2 and shown not in pressed:
            pressed.add(shown)
            return ["r"]
        return []

    with Recording(FullDisk, tmp_path / "out.mp4", on=False) as recording:
        run, shown = run_with(recording, 12, press)
    assert shown == list(range(12))
    assert any("the disk is full" in text for text in texts(run.controller.states()))


def test_new_files_are_numbered_after_the_last_one(tmp_path: Path) -> None:
    """Gaps are not filled, and other files do not count."""
    path = tmp_path / "out.mp4"
    assert free_path(tmp_path / "missing" / "out.mp4").name == "out-1.mp4"
    assert free_path(path).name == "out-1.mp4"
    for name in ("out-2.mp4", "out-7.mp4", "out-x.mp4", "other-9.mp4", "out-8.mkv"):
        (tmp_path / name).touch()
    assert free_path(path).name == "out-8.mp4"


def test_an_ended_recording_holds_no_image(tmp_path: Path) -> None:
    """A camera that records for weeks, file after file, keeps figures and nothing else."""
    with Recording(open_recorder, tmp_path / "out.mp4", on=True) as recording:
        image = made.numbered_image(1)
        canvas = weakref.ref(image)
        recording.write(step(1, image), status())
        recording.switch(Controls())
        del image
        gc.collect()
        assert canvas() is None
        assert recording.recording is not None
        assert recording.recording.frames == 1


def test_the_figures_of_all_recordings_add_up(tmp_path: Path) -> None:
    """Also what was dropped, and why the last one ended."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    with Recording(open_small_recorder, tmp_path / "out.mp4", on=True) as recording:
        write(recording, 0)
        recording.renew()
        while recording.wants_canvas:
            recording.write(replace(step(1), canvas=noise), status())
        total = recording.recording
    assert total is not None
    assert (len(total.files), total.stopped) == (2, "it reached 0.1 MB")


def test_a_later_recording_may_have_another_name(tmp_path: Path) -> None:
    """The one that is running keeps its own."""
    with Recording(open_recorder, tmp_path / "street.mp4", on=False) as recording:
        recording.switch(ON)
        recording.name_after(tmp_path / "mnist.mp4")
        write(recording, 0)
        recording.renew()
        write(recording, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mnist-1.mp4", "street-1.mp4"]

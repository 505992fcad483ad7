"""A recording that keys start and stop: every start has a new file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from edge_app.closeable import Closeable
from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.frame import Status, Step
from edge_app.results.run_summary import RecordedFile, RecordingSummary
from edge_app.sinks.recorder import Recorder, recording_stopped
from edge_app.sinks.segments import last_number
from edge_app.state import State


class OpenRecorder(Protocol):
    """Opener of recorders: a limit on the size holds for all files from a start to its stop."""

    def __call__(self, path: Path, spent_bytes: int) -> Recorder:
        """Return a recorder for a path, which continues files of so many bytes."""
        ...


class Recording(Closeable):
    """Pass steps to a recorder while there is one.

    path: of the first file; those after it are numbered, `name-1.mp4` and so on, and never
        overwrite an existing one.
    on: whether to start at once; a fault of the disk then ends the run, whose purpose the
        recording is. One that a key started stops alone, and `states` has the reason.
    numbered: False for recorders that number their files themselves.

    A recording that stops by itself, at its size or before the disk is full, wants no canvas any
    more: if no other sink wants one, none is drawn until a key starts another recording.
    """

    every_frame = True

    def __init__(
        self, open_recorder: OpenRecorder, path: Path, *, on: bool, numbered: bool = True
    ) -> None:
        self._open_recorder = open_recorder
        self._path = path
        self._numbered = numbered
        self._is_purpose = on
        self._recorder = open_recorder(path, 0) if on else None
        # Values of the ended ones: a recorder would hold on to its buffers.
        self._done: list[RecordingSummary] = []
        self._notes: list[str] = []
        self._sizes: tuple[object, object] | None = None
        self._stopped: State | None = None
        self._spent_bytes = 0

    @property
    def wants_canvas(self) -> bool:
        """Whether it records now."""
        return self._recorder is not None

    def switch(self, controls: Controls) -> str:  # noqa: ARG002 - called by a key
        """Start a recording or stop the running one; return what was done."""
        self._stopped = None
        if self._recorder is not None:
            return self._stop(self._recorder)
        self._spent_bytes = 0
        self._is_purpose = False
        with self._stopping_alone():
            return f"recording to {self._start()}"
        return "nothing recorded"

    def name_after(self, path: Path) -> None:
        """Change the path after which files are named from now on."""
        self._path = path

    def renew(self) -> None:
        """Continue in a new file, for another source; does nothing if nothing is recorded."""
        recorder = self._recorder
        if recorder is None:
            return
        self._stop(recorder)
        if recorder.stopped is None:
            self._spent_bytes += recorder.size_bytes
            with self._stopping_alone():
                self._start()
        else:  # at one of its last images, noticed only now
            self._stopped = recorder.state

    def _start(self) -> Path:
        path = free_path(self._path) if self._numbered else self._path
        self._recorder, self._sizes = self._open_recorder(path, self._spent_bytes), None
        return path

    def _stop(self, recorder: Recorder) -> str:
        """Close a recorder and keep its figures. Raises SinkError."""
        self._recorder = None
        try:
            recorder.close()
        finally:
            done = recorder.recording
            self._done += [done] if done else []
            self._notes += recorder.notes
        return f"recorded {done.seconds:.1f} s: {recorder.path}" if done else "nothing recorded"

    def write(self, step: Step, status: Status) -> None:
        """Record one canvas. Raises SinkError if the recording is the purpose of the run."""
        if self._recorder is None or step.canvas is None:
            return
        sizes = (step.frame.image.shape, step.canvas.shape)
        if self._sizes and sizes[0] == self._sizes[0] and sizes[1] != self._sizes[1]:
            self.renew()  # the view changed, not the source
        self._sizes = sizes
        recorder = self._recorder
        if recorder is None:
            return
        with self._stopping_alone():
            recorder.write(step, status)
            if recorder.stopped is not None:
                self._stopped = recorder.state
                self._stop(recorder)

    @contextmanager
    def _stopping_alone(self) -> Iterator[None]:
        """Stop only the recording at a fault, if a key started it."""
        try:
            yield
        except SinkError as fault:
            if self._is_purpose:
                raise
            self._stopped = recording_stopped(str(fault))
            if self._recorder is not None:
                with suppress(SinkError):  # its fault is known
                    self._stop(self._recorder)
            self._notes.append(str(self._stopped))

    @property
    def states(self) -> tuple[State, ...]:
        """State of the recording; empty if nothing was recorded since the last key."""
        if self._recorder is not None:
            return (self._recorder.state,)
        return (self._stopped,) if self._stopped else ()

    @property
    def notes(self) -> list[str]:
        """Why recordings stopped before they were meant to."""
        return self._notes + (self._recorder.notes if self._recorder else [])

    @property
    def recording(self) -> RecordingSummary | None:
        """What was recorded so far; several recordings add up."""
        now = self._recorder.recording if self._recorder else None
        parts = [*self._done, now] if now else self._done
        if len(parts) < 2:
            return parts[0] if parts else None
        return RecordingSummary(
            path=parts[0].path,
            frames=sum(part.frames for part in parts),
            seconds=sum(part.seconds for part in parts),
            dropped=sum(part.dropped for part in parts),
            stopped=parts[-1].stopped,
            files=tuple(path for part in parts for path in part.files or (part.path,)),
            parts=tuple(
                file
                for part in parts
                for file in part.parts
                or (RecordedFile(path=part.path, frames=part.frames, seconds=part.seconds),)
            ),
        )

    def close(self) -> None:
        """Finish the open file."""
        if self._recorder is not None:
            self._stop(self._recorder)


def free_path(path: Path) -> Path:
    """Return the first of `name-1.mp4`, `name-2.mp4` and so on that does not exist."""
    return path.with_stem(f"{path.stem}-{last_number(path, digits=1) + 1}")

"""Record while it is wished: a new file for every start."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_app.closeable import Closeable
from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.frame import Status, Step
from edge_app.sinks.recorder import Recorder, recording_stopped
from edge_app.state import State

Make = Callable[[Path, int], Recorder]


class Recording(Closeable):
    """Hand steps to a recorder while there is one.

    make: opens a recorder for a path, told how many bytes the files have that it goes on from: a
        limit holds for all files between one start and its end.
    path: of the first file; those after it are numbered, `name-1.mp4` and so on, and never
        overwrite one that is there.
    on: whether to begin at once; then a fault of the disk ends the run, as for a recording that
        the run is for. One that was begun by a key ends alone, and `states` says why.
    numbered: False for recorders that number their files themselves.

    One that ends by itself, at its size or before the disk is full, asks for no canvas from then
    on: where nobody else looks on, none is drawn until a key begins another.
    """

    every_frame = True

    def __init__(self, make: Make, path: Path, *, on: bool, numbered: bool = True) -> None:
        self._make = make
        self._path = path
        self._numbered = numbered
        self._recorder: Recorder | None = None
        self._done: list[Recorder] = []
        self._is_purpose = on
        self._sizes: tuple[object, object] | None = None
        self._fault: State | None = None
        self._ended: State | None = None
        self._spent_bytes = 0
        if on:
            self._recorder = make(path, 0)

    @property
    def wants_canvas(self) -> bool:
        """Whether it looks at canvases now."""
        return self._recorder is not None

    def switch(self, controls: Controls) -> str:  # noqa: ARG002 - called by a key
        """Begin a recording or end the one that runs; say in words what was done."""
        self._fault = self._ended = None
        if self._recorder is not None:
            return self._end()
        self._spent_bytes = 0
        self._is_purpose = False
        return f"recording to {self._begin()}"

    def renew(self) -> None:
        """Go on in a new file, for another source; nothing to do where none is recorded."""
        recorder = self._recorder
        if recorder is None:
            return
        self._end()
        if recorder.state.stopped is not None:  # at one of its last pictures, seen only now
            self._ended = recorder.state.shown
            return
        self._spent_bytes += recorder.size_bytes
        self._begin()

    def _begin(self) -> Path:
        path = free_path(self._path) if self._numbered else self._path
        self._recorder, self._sizes = self._make(path, self._spent_bytes), None
        return path

    def _end(self) -> str:
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return ""
        self._done.append(recorder)
        recorder.close()
        told = recorder.recording
        return f"recorded {told['seconds']:.1f} s: {recorder.path}" if told else "nothing recorded"

    def write(self, step: Step, status: Status) -> None:
        """Record one canvas. Raises SinkError where the run is for the recording."""
        if self._recorder is None or step.canvas is None:
            return
        sizes = (step.frame.image.shape, step.canvas.shape)
        if self._sizes and sizes[0] == self._sizes[0] and sizes[1] != self._sizes[1]:
            self.renew()  # the view changed, not the source
        self._sizes = sizes
        try:
            if self._recorder is not None:
                self._recorder.write(step, status)
        except SinkError as fault:
            if self._is_purpose:
                raise
            self._fault = recording_stopped(str(fault))
            recorder, self._recorder = self._recorder, None
            if recorder is not None:
                self._done.append(recorder)
        else:
            self._let_go_of_stopped()

    def _let_go_of_stopped(self) -> None:
        """Keep what a recorder that ended by itself has to tell, and need it no more."""
        recorder = self._recorder
        if recorder is not None and recorder.state.stopped is not None:
            self._ended = recorder.state.shown
            self._end()

    @property
    def states(self) -> tuple[State, ...]:
        """How the recording stands; empty where nothing was recorded since the last key."""
        if self._recorder is not None:
            return (self._recorder.state.shown,)
        ended = self._fault or self._ended
        return (ended,) if ended else ()

    @property
    def notes(self) -> list[str]:
        """What ended recordings before they were meant to end."""
        told = [note for recorder in self._all() for note in recorder.notes]
        return [*told, str(self._fault)] if self._fault else told

    @property
    def recording(self) -> dict[str, Any] | None:
        """What was recorded so far, as `Recorder.recording`; several files add up."""
        parts = [told for recorder in self._all() if (told := recorder.recording)]
        if len(parts) < 2:
            return parts[0] if parts else None
        return {
            "path": parts[0]["path"],
            "frames": sum(part["frames"] for part in parts),
            "seconds": sum(part["seconds"] for part in parts),
            "files": [path for part in parts for path in part.get("files", [part["path"]])],
        }

    def _all(self) -> list[Recorder]:
        return self._done + ([self._recorder] if self._recorder else [])

    def close(self) -> None:
        """Finish the file in hand."""
        if self._recorder is not None:
            self._done.append(self._recorder)
            self._recorder = None
        for recorder in self._done:
            recorder.close()


def free_path(path: Path) -> Path:
    """Return the first of `name-1.mp4`, `name-2.mp4` and so on that does not exist."""
    form = re.compile(rf"{re.escape(path.stem)}-(\d+){re.escape(path.suffix)}")
    taken = [0]
    if path.parent.is_dir():
        matches = (form.fullmatch(entry.name) for entry in path.parent.iterdir())
        taken += [int(match[1]) for match in matches if match]
    return path.with_name(f"{path.stem}-{max(taken) + 1}{path.suffix}")
